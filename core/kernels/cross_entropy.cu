// Kernel of cross_entropy.h: one block a row; the second pass finds the row in the L2 cache.
#include "core/kernels/cross_entropy.h"

#include "core/kernels/bfloat_pack.cuh"

namespace consa::kernels {

namespace {

constexpr int kThreads = 512;
constexpr int kWarps = kThreads / 32;

/// A running maximum and the sum of exponentials below it.
struct LogSum {
    float maximum;
    float sum;
};

__device__ __forceinline__ LogSum join(const LogSum& a, const LogSum& b) {
    const float maximum = fmaxf(a.maximum, b.maximum);
    if (maximum == -INFINITY) return {maximum, 0.0f};
    return {maximum, a.sum * __expf(a.maximum - maximum) + b.sum * __expf(b.maximum - maximum)};
}

__device__ LogSum joinOverBlock(LogSum value) {
    __shared__ LogSum warps[kWarps];
    for (int offset = 16; offset > 0; offset /= 2) {
        const LogSum other{__shfl_xor_sync(0xffffffffu, value.maximum, offset),
                           __shfl_xor_sync(0xffffffffu, value.sum, offset)};
        value = join(value, other);
    }
    if (threadIdx.x % 32 == 0) warps[threadIdx.x / 32] = value;
    __syncthreads();
    value = warps[0];
    for (int i = 1; i < kWarps; ++i) value = join(value, warps[i]);
    return value;
}

__global__ void crossEntropyKernel(__nv_bfloat16* logits, const long long* targets, float* losses, int packs,
                                   float gradScale) {
    __nv_bfloat16* row = logits + static_cast<long long>(blockIdx.x) * packs * 8;
    LogSum own{-INFINITY, 0.0f};
    for (int pack = threadIdx.x; pack < packs; pack += kThreads) {
        const Pack8 values = loadPack(row + pack * 8);
        float maximum = values.values[0];
#pragma unroll
        for (int i = 1; i < 8; ++i) maximum = fmaxf(maximum, values.values[i]);
        LogSum part{maximum, 0.0f};
#pragma unroll
        for (int i = 0; i < 8; ++i) part.sum += __expf(values.values[i] - maximum);
        own = join(own, part);
    }
    const LogSum all = joinOverBlock(own);
    const float logSum = all.maximum + logf(all.sum);
    const int target = static_cast<int>(targets[blockIdx.x]);
    if (threadIdx.x == 0) losses[blockIdx.x] = logSum - __bfloat162float(row[target]);
    if (gradScale == 0.0f) return;
    __syncthreads();  // the target's logit was read
    for (int pack = threadIdx.x; pack < packs; pack += kThreads) {
        Pack8 values = loadPack(row + pack * 8);
#pragma unroll
        for (int i = 0; i < 8; ++i) {
            const float probability = __expf(values.values[i] - logSum);
            values.values[i] = gradScale * (pack * 8 + i == target ? probability - 1.0f : probability);
        }
        storePack(row + pack * 8, values);
    }
}

}  // namespace

void crossEntropy(void* logits, const long long* targets, float* losses, int rows, int vocabulary, float gradScale,
                  cudaStream_t stream) {
    if (rows == 0) return;
    crossEntropyKernel<<<static_cast<unsigned>(rows), kThreads, 0, stream>>>(
        static_cast<__nv_bfloat16*>(logits), targets, losses, vocabulary / 8, gradScale);
}

}  // namespace consa::kernels
