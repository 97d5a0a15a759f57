// Kernel of cross_entropy.h: one block a row, which shared memory holds for the second pass as far as it goes.
#include "core/kernels/cross_entropy.h"

#include "core/kernels/bfloat_pack.cuh"

#include <algorithm>
#include <cfloat>

namespace consa::kernels {

namespace {

constexpr int kThreads = 512;
constexpr int kWarps = kThreads / 32;
constexpr int kAtOnce = 4;  // packs that a thread reads before it uses the first

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

/// Calls visit(index, pack) for this thread's packs of a row, kAtOnce in flight; beyond the end they are -inf.
template <typename Load, typename Visit>
__device__ __forceinline__ void forEachPack(int packs, Load load, Visit visit) {
    constexpr unsigned kMinusInfinity = 0xff80ff80u;  // twice
    for (int first = threadIdx.x; first < packs; first += kAtOnce * kThreads) {
        uint4 parts[kAtOnce];
#pragma unroll
        for (int i = 0; i < kAtOnce; ++i) {
            const int pack = first + i * kThreads;
            parts[i] =
                pack < packs ? load(pack) : make_uint4(kMinusInfinity, kMinusInfinity, kMinusInfinity, kMinusInfinity);
        }
        visit(first, parts);
    }
}

__device__ __forceinline__ void add(LogSum& own, const uint4* parts) {
    float maximum = own.maximum;
#pragma unroll
    for (int i = 0; i < kAtOnce; ++i)
        for (const float value : unpack(parts[i]).values) maximum = fmaxf(maximum, value);
    float sum = own.sum * __expf(own.maximum - maximum);
#pragma unroll
    for (int i = 0; i < kAtOnce; ++i)
        for (const float value : unpack(parts[i]).values) sum += __expf(value - maximum);
    own = {maximum, sum};
}

/// The first `kept` packs of a row stay in shared memory.
__global__ void __launch_bounds__(kThreads, 2)
    crossEntropyKernel(uint4* logits, const long long* targets, float* losses, int packs, int kept, float gradScale) {
    extern __shared__ uint4 held[];
    uint4* row = logits + static_cast<long long>(blockIdx.x) * packs;
    const int target = static_cast<int>(targets[blockIdx.x]);
    LogSum own{-FLT_MAX, 0.0f};
    forEachPack(
        packs, [&](int pack) { return row[pack]; },
        [&](int first, const uint4* parts) {
            add(own, parts);
#pragma unroll
            for (int i = 0; i < kAtOnce; ++i)
                if (const int pack = first + i * kThreads; pack < kept) held[pack] = parts[i];
        });
    const LogSum all = joinOverBlock(own);
    const float logSum = all.maximum + logf(all.sum);
    if (threadIdx.x == 0)
        losses[blockIdx.x] = logSum - __bfloat162float(reinterpret_cast<const __nv_bfloat16*>(row)[target]);
    if (gradScale == 0.0f) return;
    __syncthreads();  // the target's logit was read
    forEachPack(
        packs, [&](int pack) { return pack < kept ? held[pack] : row[pack]; },
        [&](int first, const uint4* parts) {
#pragma unroll
            for (int i = 0; i < kAtOnce; ++i) {
                const int pack = first + i * kThreads;
                if (pack >= packs) continue;
                Pack8 values = unpack(parts[i]);
#pragma unroll
                for (int j = 0; j < 8; ++j) {
                    const float probability = __expf(values.values[j] - logSum);
                    values.values[j] = gradScale * (pack * 8 + j == target ? probability - 1.0f : probability);
                }
                storePack(reinterpret_cast<__nv_bfloat16*>(row + pack), values);
            }
        });
}

/// Bytes of shared memory that a block may have beside what the kernel itself takes.
int sharedLimit() {
    int device = 0, bytes = 0;
    cudaGetDevice(&device);
    cudaDeviceGetAttribute(&bytes, cudaDevAttrMaxSharedMemoryPerBlockOptin, device);
    return bytes - static_cast<int>(kWarps * sizeof(LogSum));
}

}  // namespace

void crossEntropy(void* logits, const long long* targets, float* losses, int rows, int vocabulary, float gradScale,
                  cudaStream_t stream) {
    if (rows == 0) return;
    constexpr int kPackBytes = sizeof(uint4);
    const int packs = vocabulary / 8, kept = gradScale == 0.0f ? 0 : std::min(packs, sharedLimit() / kPackBytes);
    cudaFuncSetAttribute(crossEntropyKernel, cudaFuncAttributeMaxDynamicSharedMemorySize, kept * kPackBytes);
    crossEntropyKernel<<<static_cast<unsigned>(rows), kThreads, static_cast<std::size_t>(kept * kPackBytes), stream>>>(
        static_cast<uint4*>(logits), targets, losses, packs, kept, gradScale);
}

}  // namespace consa::kernels
