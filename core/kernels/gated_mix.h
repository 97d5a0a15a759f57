// One pass over both attention branches: their mix by gate, and in the backward pass the gates' gradients with it.
#pragma once

#include "core/kernels/gated_heads.h"

#include <cuda_runtime_api.h>

namespace consa::kernels {

/// A layer's branches. Branch outputs are packed: they hold only the KV heads that were computed. All tensors are
/// bfloat16, contiguous; rows = batch x tokens; each KV head has `group` query heads of `headDim`.
struct GatedMix {
    const void* full = nullptr;     // [rows, fullKvHeads x group, headDim]
    const void* sliding = nullptr;  // [rows, slidingKvHeads x group, headDim]
    int rows = 0;
    int kvHeads = 0;
    int group = 0;
    int headDim = 0;
    int fullKvHeads = 0;
    int slidingKvHeads = 0;
    float z[kMaxKvHeads] = {};
    int fullSlot[kMaxKvHeads] = {};     // place of the KV head among the packed full ones, -1 when not computed
    int slidingSlot[kMaxKvHeads] = {};  // likewise among the sliding ones
};

/// out[r, h, d] = z full + (1 - z) sliding, bfloat16 [rows, kvHeads x group, headDim]. headDim must be even.
void gatedMixForward(const GatedMix& mix, void* out, cudaStream_t stream);

/// gradFull = z gradOut and gradSliding = (1 - z) gradOut, packed like the branches (null where none is computed);
/// gradZ[kvHead] += sum of gradOut (full - sliding) for the KV heads with both branches, float32 [kvHeads].
void gatedMixBackward(const GatedMix& mix, const void* gradOut, void* gradFull, void* gradSliding, float* gradZ,
                      cudaStream_t stream);

}  // namespace consa::kernels
