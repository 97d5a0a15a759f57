// Kernels of rms_norm.h: memory-bound; a warp for each narrow row, a block for each wide one; every thread keeps its
// part of the row in registers.
#include "core/kernels/rms_norm.h"

#include "core/kernels/bfloat_pack.cuh"

namespace consa::kernels {

namespace {

constexpr int kThreads = 128;
constexpr int kPackValues = 8;

/// Sum over the threads that share a row, in each of them: kLanes is 32 or kThreads.
template <int kLanes>
__device__ float rowSum(float value) {
    for (int offset = 16; offset > 0; offset /= 2) value += __shfl_xor_sync(0xffffffffu, value, offset);
    if constexpr (kLanes == 32) return value;
    __shared__ float warpSums[kThreads / 32];
    __syncthreads();  // the sums before have been read
    if (threadIdx.x % 32 == 0) warpSums[threadIdx.x / 32] = value;
    __syncthreads();
    float sum = 0;
    for (float part : warpSums) sum += part;
    return sum;
}

__device__ __forceinline__ const __nv_bfloat16* rowOf(const void* base, long long row, int width) {
    return static_cast<const __nv_bfloat16*>(base) + row * width;
}

__device__ __forceinline__ __nv_bfloat16* rowOf(void* base, long long row, int width) {
    return static_cast<__nv_bfloat16*>(base) + row * width;
}

/// The pack rounded to bfloat16, as it is read back from memory.
__device__ __forceinline__ void roundPack(Pack8& pack) {
#pragma unroll
    for (float& value : pack.values) value = __bfloat162float(__float2bfloat16(value));
}

template <int kLanes, int kPacks>
__global__ void forwardKernel(RmsNorm norm) {
    const int packs = norm.width / kPackValues;
    constexpr int kRows = kThreads / kLanes;
    const int lane = threadIdx.x % kLanes;
    const long long row = static_cast<long long>(blockIdx.x) * kRows + threadIdx.x / kLanes;
    if (row >= norm.rows) return;  // whole warps, or the whole block
    Pack8 x[kPacks];
    float squares = 0;
#pragma unroll
    for (int i = 0; i < kPacks; ++i) {
        const int pack = lane + i * kLanes;
        if (pack >= packs) break;
        x[i] = loadPack(rowOf(norm.x, row, norm.width) + pack * kPackValues);
        if (norm.addend) {
            const Pack8 addend = loadPack(rowOf(norm.addend, row, norm.width) + pack * kPackValues);
#pragma unroll
            for (int d = 0; d < kPackValues; ++d) x[i].values[d] += addend.values[d];
            roundPack(x[i]);
            storePack(rowOf(norm.sum, row, norm.width) + pack * kPackValues, x[i]);
        }
#pragma unroll
        for (float value : x[i].values) squares += value * value;
    }
    const float scale = rsqrtf(rowSum<kLanes>(squares) / static_cast<float>(norm.width) + norm.epsilon);
#pragma unroll
    for (int i = 0; i < kPacks; ++i) {
        const int pack = lane + i * kLanes;
        if (pack >= packs) break;
        const Pack8 weight = loadPack(static_cast<const __nv_bfloat16*>(norm.weight) + pack * kPackValues);
#pragma unroll
        for (int d = 0; d < kPackValues; ++d) x[i].values[d] *= scale * weight.values[d];
        storePack(rowOf(norm.out, row, norm.width) + pack * kPackValues, x[i]);
    }
}

/// With y = x s w, s = (mean x^2 + eps)^(-1/2) and g the gradient by y: the gradient by x is
/// s (g w - x s^2 mean(x g w)), that by w the sum over rows of g x s.
template <int kLanes, int kPacks>
__global__ void backwardKernel(RmsNormGradient norm) {
    const int packs = norm.width / kPackValues;
    constexpr int kRows = kThreads / kLanes;
    const int lane = threadIdx.x % kLanes;
    Pack8 gradWeight[kPacks] = {};
    for (long long row = static_cast<long long>(blockIdx.x) * kRows + threadIdx.x / kLanes; row < norm.rows;
         row += static_cast<long long>(gridDim.x) * kRows) {
        Pack8 x[kPacks], gradient[kPacks];
        float squares = 0, product = 0;
#pragma unroll
        for (int i = 0; i < kPacks; ++i) {
            const int pack = lane + i * kLanes;
            if (pack >= packs) break;
            x[i] = loadPack(rowOf(norm.x, row, norm.width) + pack * kPackValues);
            gradient[i] = loadPack(rowOf(norm.gradOut, row, norm.width) + pack * kPackValues);
            const Pack8 weight = loadPack(static_cast<const __nv_bfloat16*>(norm.weight) + pack * kPackValues);
#pragma unroll
            for (int d = 0; d < kPackValues; ++d) {
                squares += x[i].values[d] * x[i].values[d];
                product += x[i].values[d] * gradient[i].values[d] * weight.values[d];
            }
        }
        const float scale = rsqrtf(rowSum<kLanes>(squares) / static_cast<float>(norm.width) + norm.epsilon);
        const float along = rowSum<kLanes>(product) / static_cast<float>(norm.width) * scale * scale;
#pragma unroll
        for (int i = 0; i < kPacks; ++i) {
            const int pack = lane + i * kLanes;
            if (pack >= packs) break;
            const Pack8 weight = loadPack(static_cast<const __nv_bfloat16*>(norm.weight) + pack * kPackValues);
            Pack8 result = {};
            if (norm.pass) result = loadPack(rowOf(norm.pass, row, norm.width) + pack * kPackValues);
#pragma unroll
            for (int d = 0; d < kPackValues; ++d) {
                result.values[d] += scale * (gradient[i].values[d] * weight.values[d] - x[i].values[d] * along);
                gradWeight[i].values[d] += gradient[i].values[d] * x[i].values[d] * scale;
            }
            storePack(rowOf(norm.gradX, row, norm.width) + pack * kPackValues, result);
        }
    }
    if (!norm.gradWeight) return;
#pragma unroll
    for (int i = 0; i < kPacks; ++i) {
        const int pack = lane + i * kLanes;
        if (pack >= packs) break;
#pragma unroll
        for (int d = 0; d < kPackValues; ++d)
            atomicAdd(norm.gradWeight + pack * kPackValues + d, gradWeight[i].values[d]);
    }
}

/// Calls launch(threads of a row, packs of a thread) for a row of `width` values.
template <typename Launch>
void withPacks(int width, Launch launch) {
    const auto packsOf = [width](int lanes) { return (width / kPackValues + lanes - 1) / lanes; };
    constexpr std::integral_constant<int, 32> warp;
    constexpr std::integral_constant<int, kThreads> block;
    if (packsOf(32) <= 2) return launch(warp, std::integral_constant<int, 2>());
    if (packsOf(32) <= 3) return launch(warp, std::integral_constant<int, 3>());
    if (packsOf(32) <= 4) return launch(warp, std::integral_constant<int, 4>());
    if (packsOf(kThreads) <= 2) return launch(block, std::integral_constant<int, 2>());
    if (packsOf(kThreads) <= 4) return launch(block, std::integral_constant<int, 4>());
    launch(block, std::integral_constant<int, 8>());
}

/// Blocks for all rows.
template <typename Lanes>
long long blocksOf(long long rows, Lanes lanes) {
    constexpr int kRows = kThreads / lanes();
    return (rows + kRows - 1) / kRows;
}

}  // namespace

void rmsNormForward(const RmsNorm& norm, cudaStream_t stream) {
    if (norm.rows == 0) return;
    withPacks(norm.width, [&](auto lanes, auto packs) {
        forwardKernel<lanes(), packs()>
            <<<static_cast<unsigned>(blocksOf(norm.rows, lanes)), kThreads, 0, stream>>>(norm);
    });
}

void rmsNormBackward(const RmsNormGradient& norm, cudaStream_t stream) {
    if (norm.rows == 0) return;
    withPacks(norm.width, [&](auto lanes, auto packs) {
        constexpr long long kBlocksThatSum = 1056;  // eight for each multiprocessor of an H100: few atomic adds
        const long long all = blocksOf(norm.rows, lanes);
        const long long blocks = norm.gradWeight ? min(all, kBlocksThatSum) : all;
        backwardKernel<lanes(), packs()><<<static_cast<unsigned>(blocks), kThreads, 0, stream>>>(norm);
    });
}

}  // namespace consa::kernels
