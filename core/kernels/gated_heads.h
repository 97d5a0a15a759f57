// The order of a layer's KV heads by what their gates ask for, and the mix of those with two branches.
#pragma once

#include <cuda_runtime_api.h>

namespace consa::kernels {

inline constexpr int kMaxKvHeads = 64;

/// KV heads in the order full only (z = 1), mixed (0 < z < 1), sliding only (z = 0), so that each kind is one strided
/// block of heads. A slot is a place in that order.
struct HeadOrder {
    int kvHeads = 0;
    int fullOnly = 0;                    // slots [0, fullOnly)
    int mixed = 0;                       // slots [fullOnly, fullOnly + mixed); the rest slides
    float z[kMaxKvHeads] = {};           // gate by slot
    signed char slot[kMaxKvHeads] = {};  // of each KV head
    signed char head[kMaxKvHeads] = {};  // in each slot
};

/// The mixed heads of a layer; rows = batch x tokens. bfloat16; heads lie headDim apart.
struct MixedHeads {
    HeadOrder order;
    const void* full = nullptr;     // [rows, mixed group, headDim] contiguous
    const void* sliding = nullptr;  // likewise
    long long rows = 0;
    int group = 0;
    int headDim = 0;
};

/// out[:, mixed slots] = z full + (1 - z) sliding; out: [rows, kvHeads group, headDim] contiguous, by slot.
void mixHeads(const MixedHeads& heads, void* out, cudaStream_t stream);

/// gradZ[head] += sum of gradOut (full - sliding) over the mixed heads, float32 [kvHeads], by KV head (not by slot).
/// gradOut is shaped like out.
void gateGradients(const MixedHeads& heads, const void* gradOut, float* gradZ, cudaStream_t stream);

}  // namespace consa::kernels
