// Queries, keys and values between the projection's order of heads and the order in which attention takes them:
// norms and rotary positions on the way there, their gradients on the way back.
#pragma once

#include "core/kernels/gated_heads.h"

#include <cuda_runtime_api.h>

namespace consa::kernels {

/// A layer's heads. `projected` is [batch, tokens, (queryHeads + 2 kvHeads), headDim] with heads as the weights have
/// them; `slots` has the same shape with the KV heads and their query groups in the order of HeadOrder.
struct HeadSlots {
    HeadOrder order;
    const void* queryNorm = nullptr;  // [headDim], null without q/k norms
    const void* keyNorm = nullptr;    // likewise
    const float* cosine = nullptr;    // [tokens, headDim / 2]
    const float* sine = nullptr;      // likewise
    int batch = 0;
    int tokens = 0;
    int group = 0;    // query heads of a KV head
    int headDim = 0;  // 16, 32, 64, 128 or 256
    float epsilon = 0;
};

/// slots = rotary(norm(projected)) for queries and keys, a copy for values. bfloat16, contiguous; computed in float32.
void fillSlots(const HeadSlots& heads, const void* projected, void* slots, cudaStream_t stream);

/// Gradients by a branch's queries, keys and values, in that order: bfloat16 [batch, tokens, n (group + 2), headDim]
/// for the branch's n KV heads. A mixed head has one of either branch; they are added with the weights z and 1 - z.
struct SlotGradients {
    const void* full = nullptr;     // null without such heads
    const void* sliding = nullptr;  // likewise
    const float* sinks = nullptr;   // float32 [2, batch, sinkTokens, kvHeads, headDim]: more for the keys and values
                                    // of the first tokens, of sliding branches, by slot; null without
    int sinkTokens = 0;
    float* gradQueryNorm = nullptr;  // float32 [headDim], added to; null when not wanted
    float* gradKeyNorm = nullptr;    // likewise
};

/// gradProjected bfloat16, shaped like `projected`, which gives what was normed (only read with q/k norms).
void gatherSlotGradients(const HeadSlots& heads, const SlotGradients& gradients, const void* projected,
                         void* gradProjected, cudaStream_t stream);

}  // namespace consa::kernels
