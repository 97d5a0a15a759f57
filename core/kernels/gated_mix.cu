// Kernels of gated_mix.h: memory-bound, a thread for two neighbouring values, a block column for one KV head.
#include "core/kernels/gated_mix.h"

#include <cuda_bf16.h>

namespace consa::kernels {

namespace {

constexpr int kThreads = 256;

/// Index of value pair `pair` of KV head slot `slot` in a packed tensor of `heads` KV heads.
__device__ __forceinline__ long long packedPair(long long row, int slot, int heads, int pairs, int pair) {
    return (row * heads + slot) * pairs + pair;
}

// Grid: x over row tiles, y over KV heads. `pairs` = group x headDim / 2 values of one KV head's query group.
__global__ void forwardKernel(GatedMix mix, __nv_bfloat162* out, int pairs, int rowsPerBlock) {
    const int head = blockIdx.y;
    const int fullSlot = mix.fullSlot[head], slidingSlot = mix.slidingSlot[head];
    const float z = mix.z[head];
    const auto* full = static_cast<const __nv_bfloat162*>(mix.full);
    const auto* sliding = static_cast<const __nv_bfloat162*>(mix.sliding);
    const long long firstRow = static_cast<long long>(blockIdx.x) * rowsPerBlock;
    for (int i = threadIdx.x; i < rowsPerBlock * pairs; i += kThreads) {
        const long long row = firstRow + i / pairs;
        if (row >= mix.rows) break;
        const int pair = i % pairs;
        float2 value = {0, 0};
        if (fullSlot >= 0) {
            const float2 f = __bfloat1622float2(full[packedPair(row, fullSlot, mix.fullKvHeads, pairs, pair)]);
            value = slidingSlot >= 0 ? make_float2(z * f.x, z * f.y) : f;
        }
        if (slidingSlot >= 0) {
            const float2 s = __bfloat1622float2(sliding[packedPair(row, slidingSlot, mix.slidingKvHeads, pairs, pair)]);
            value = fullSlot >= 0 ? make_float2(value.x + (1 - z) * s.x, value.y + (1 - z) * s.y) : s;
        }
        out[packedPair(row, head, mix.kvHeads, pairs, pair)] = __float22bfloat162_rn(value);
    }
}

/// Sum over the block, valid in thread 0.
__device__ float blockSum(float value) {
    __shared__ float warpSums[kThreads / 32];
    for (int offset = 16; offset > 0; offset /= 2) value += __shfl_down_sync(0xffffffffu, value, offset);
    if (threadIdx.x % 32 == 0) warpSums[threadIdx.x / 32] = value;
    __syncthreads();
    float sum = 0;
    if (threadIdx.x == 0)
        for (float part : warpSums) sum += part;
    return sum;
}

__global__ void backwardKernel(GatedMix mix, const __nv_bfloat162* gradOut, __nv_bfloat162* gradFull,
                               __nv_bfloat162* gradSliding, float* gradZ, int pairs, int rowsPerBlock) {
    const int head = blockIdx.y;
    const int fullSlot = mix.fullSlot[head], slidingSlot = mix.slidingSlot[head];
    const bool isMixed = fullSlot >= 0 && slidingSlot >= 0;
    const float z = mix.z[head];
    const auto* full = static_cast<const __nv_bfloat162*>(mix.full);
    const auto* sliding = static_cast<const __nv_bfloat162*>(mix.sliding);
    const long long firstRow = static_cast<long long>(blockIdx.x) * rowsPerBlock;
    float sum = 0;
    for (int i = threadIdx.x; i < rowsPerBlock * pairs; i += kThreads) {
        const long long row = firstRow + i / pairs;
        if (row >= mix.rows) break;
        const int pair = i % pairs;
        const float2 g = __bfloat1622float2(gradOut[packedPair(row, head, mix.kvHeads, pairs, pair)]);
        const long long fullAt = packedPair(row, fullSlot, mix.fullKvHeads, pairs, pair);
        const long long slidingAt = packedPair(row, slidingSlot, mix.slidingKvHeads, pairs, pair);
        const float fullShare = isMixed ? z : 1.0f, slidingShare = isMixed ? 1 - z : 1.0f;
        if (fullSlot >= 0) gradFull[fullAt] = __floats2bfloat162_rn(fullShare * g.x, fullShare * g.y);
        if (slidingSlot >= 0) gradSliding[slidingAt] = __floats2bfloat162_rn(slidingShare * g.x, slidingShare * g.y);
        if (isMixed) {
            const float2 f = __bfloat1622float2(full[fullAt]);
            const float2 s = __bfloat1622float2(sliding[slidingAt]);
            sum += g.x * (f.x - s.x) + g.y * (f.y - s.y);
        }
    }
    if (!isMixed) return;
    sum = blockSum(sum);
    if (threadIdx.x == 0) atomicAdd(gradZ + head, sum);
}

/// Rows a block takes so that every thread has about 16 pairs.
int rowsPerBlock(int pairs) {
    return max(1, 16 * kThreads / pairs);
}

dim3 gridOf(const GatedMix& mix, int rows) {
    return dim3(static_cast<unsigned>((mix.rows + rows - 1) / rows), static_cast<unsigned>(mix.kvHeads));
}

}  // namespace

void gatedMixForward(const GatedMix& mix, void* out, cudaStream_t stream) {
    const int pairs = mix.group * mix.headDim / 2;
    const int rows = rowsPerBlock(pairs);
    forwardKernel<<<gridOf(mix, rows), kThreads, 0, stream>>>(mix, static_cast<__nv_bfloat162*>(out), pairs, rows);
}

void gatedMixBackward(const GatedMix& mix, const void* gradOut, void* gradFull, void* gradSliding, float* gradZ,
                      cudaStream_t stream) {
    const int pairs = mix.group * mix.headDim / 2;
    const int rows = rowsPerBlock(pairs);
    backwardKernel<<<gridOf(mix, rows), kThreads, 0, stream>>>(
        mix, static_cast<const __nv_bfloat162*>(gradOut), static_cast<__nv_bfloat162*>(gradFull),
        static_cast<__nv_bfloat162*>(gradSliding), gradZ, pairs, rows);
}

}  // namespace consa::kernels
