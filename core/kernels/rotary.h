// Rotary positions of queries and keys in one pass over the joined projection, values copied along.
#pragma once

#include <cuda_runtime_api.h>

namespace consa::kernels {

/// Heads of one kind: where they are read and written. Last dimensions are contiguous; strides count values.
struct RotaryPart {
    const void* in = nullptr;
    void* out = nullptr;
    long long inBatchStride = 0, inTokenStride = 0, inHeadStride = 0;
    long long outBatchStride = 0, outTokenStride = 0, outHeadStride = 0;
    int heads = 0;
    bool isRotated = true;  // else copied
};

/// bfloat16 [batch, tokens, heads, headDim] a part; headDim a multiple of 16, pointers and strides a multiple of 16
/// bytes.
struct Rotary {
    RotaryPart parts[3];            // queries, keys, values; unused ones have no heads
    const float* cosine = nullptr;  // [tokens, headDim / 2]
    const float* sine = nullptr;    // likewise; negated for the backward pass by `isBackward`
    int batch = 0;
    int tokens = 0;
    int headDim = 0;
    bool isBackward = false;  // rotates the other way
};

/// out = (a cos - b sin, b cos + a sin) for the halves a, b of each head, computed in float32.
void rotate(const Rotary& rotary, cudaStream_t stream);

}  // namespace consa::kernels
