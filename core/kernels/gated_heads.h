// The order of a layer's KV heads by what their gates ask for, and what depends on it: the output layer's weights and
// the gates' gradients.
#pragma once

#include <cuda_runtime_api.h>

namespace consa::kernels {

inline constexpr int kMaxKvHeads = 64;

/// KV heads in the order full only (z = 1), mixed (0 < z < 1), sliding only (z = 0): what the full branch computes is
/// one strided block of heads, and so is what the sliding branch computes. A slot is a place in that order. The
/// branches' outputs lie behind each other, the full one's first, so that a mixed head has two places: kvHeads + mixed
/// in all.
struct HeadOrder {
    int kvHeads = 0;
    int fullOnly = 0;                    // slots [0, fullOnly)
    int mixed = 0;                       // slots [fullOnly, fullOnly + mixed); the rest slides
    float z[kMaxKvHeads] = {};           // gate by slot
    signed char slot[kMaxKvHeads] = {};  // of each KV head
    signed char head[kMaxKvHeads] = {};  // in each slot

    [[nodiscard]] int full() const { return fullOnly + mixed; }       // KV heads of the full branch: slots [0, full)
    [[nodiscard]] int sliding() const { return kvHeads - fullOnly; }  // of the sliding one: slots [fullOnly, kvHeads)
};

/// The output layer's weights [rows, kvHeads x width], columns by KV head, bfloat16, contiguous; width = query heads of
/// a KV head x headDim, a multiple of 8.
struct OutputWeights {
    HeadOrder order;
    const void* weights = nullptr;
    int rows = 0;
    int width = 0;
};

/// out [rows, (kvHeads + mixed) x width]: columns by the branches' places, those of mixed heads times z in the full
/// branch's and 1 - z in the sliding one's, so that the product with the branches' outputs mixes them.
void mixingWeights(const OutputWeights& weights, void* out, cudaStream_t stream);

/// out [rows, kvHeads x width]: columns by slot.
void slotWeights(const OutputWeights& weights, void* out, cudaStream_t stream);

/// Mixed heads' gradients; rows = batch x tokens. bfloat16; heads lie headDim apart.
struct GateGradients {
    HeadOrder order;
    const void* outputs = nullptr;  // [rows, (kvHeads + mixed) group, headDim], contiguous: the branches' outputs
    const void* gradOut = nullptr;  // [rows, kvHeads group, headDim], contiguous, by slot
    float* gradZ = nullptr;         // [kvHeads] by KV head: the sum of gradOut (full - sliding) is added
    long long rows = 0;
    int group = 0;  // query heads of a KV head
    int headDim = 0;
};

void gateGradients(const GateGradients& gradients, cudaStream_t stream);

}  // namespace consa::kernels
