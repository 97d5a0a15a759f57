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

/// A thread's packs of a row: lane, lane + kLanes, ...
template <int kLanes, int kPacks>
struct RowPart {
    uint4 packs[kPacks];

    __device__ __forceinline__ static int packAt(int i) { return static_cast<int>(threadIdx.x) % kLanes + i * kLanes; }
    /// All of them are on their way before the first is used; zero beyond the end.
    __device__ __forceinline__ void load(const __nv_bfloat16* row, int count) {
#pragma unroll
        for (int i = 0; i < kPacks; ++i)
            packs[i] = packAt(i) < count ? reinterpret_cast<const uint4*>(row)[packAt(i)] : uint4{};
    }
    __device__ __forceinline__ void store(__nv_bfloat16* row, int count) const {
#pragma unroll
        for (int i = 0; i < kPacks; ++i)
            if (packAt(i) < count) reinterpret_cast<uint4*>(row)[packAt(i)] = packs[i];
    }
    __device__ __forceinline__ Pack8 values(int i) const {
        return unpack(packs[i]);
    }
    __device__ __forceinline__ void set(int i, const Pack8& values) {
        storePack(reinterpret_cast<__nv_bfloat16*>(packs + i), values);
    }
};

template <int kLanes, int kPacks>
__global__ void forwardKernel(RmsNorm norm) {
    const int packs = norm.width / kPackValues;
    const long long row = static_cast<long long>(blockIdx.x) * (kThreads / kLanes) + threadIdx.x / kLanes;
    if (row >= norm.rows) return;  // whole warps, or the whole block
    RowPart<kLanes, kPacks> x, addend;
    x.load(rowOf(norm.x, row, norm.width), packs);
    if (norm.addend) {
        addend.load(rowOf(norm.addend, row, norm.width), packs);
#pragma unroll
        for (int i = 0; i < kPacks; ++i) {
            Pack8 sum = x.values(i);
            const Pack8 other = addend.values(i);
#pragma unroll
            for (int d = 0; d < kPackValues; ++d) sum.values[d] += other.values[d];
            x.set(i, sum);  // rounded, as it is read back from memory
        }
        x.store(rowOf(norm.sum, row, norm.width), packs);
    }
    float squares = 0;
#pragma unroll
    for (int i = 0; i < kPacks; ++i)
        for (const float value : x.values(i).values) squares += value * value;
    const float scale = rsqrtf(rowSum<kLanes>(squares) / static_cast<float>(norm.width) + norm.epsilon);
    RowPart<kLanes, kPacks> weight;
    weight.load(static_cast<const __nv_bfloat16*>(norm.weight), packs);
#pragma unroll
    for (int i = 0; i < kPacks; ++i) {
        Pack8 out = x.values(i);
        const Pack8 factor = weight.values(i);
#pragma unroll
        for (int d = 0; d < kPackValues; ++d) out.values[d] *= scale * factor.values[d];
        x.set(i, out);
    }
    x.store(rowOf(norm.out, row, norm.width), packs);
}

/// With y = x s w, s = (mean x^2 + eps)^(-1/2) and g the gradient by y: the gradient by x is
/// s (g w - x s^2 mean(x g w)), that by w the sum over rows of g x s.
template <int kLanes, int kPacks, bool kSumsWeight>
__global__ void backwardKernel(RmsNormGradient norm) {
    using Part = RowPart<kLanes, kPacks>;
    const int packs = norm.width / kPackValues;
    constexpr int kRows = kThreads / kLanes;
    Pack8 gradWeight[kSumsWeight ? kPacks : 1] = {};
    for (long long row = static_cast<long long>(blockIdx.x) * kRows + threadIdx.x / kLanes; row < norm.rows;
         row += static_cast<long long>(gridDim.x) * kRows) {
        Part x, gradient, result = {}, weight;
        x.load(rowOf(norm.x, row, norm.width), packs);
        gradient.load(rowOf(norm.gradOut, row, norm.width), packs);
        if (norm.pass) result.load(rowOf(norm.pass, row, norm.width), packs);
        weight.load(static_cast<const __nv_bfloat16*>(norm.weight), packs);
        float squares = 0, product = 0;
#pragma unroll
        for (int i = 0; i < kPacks; ++i) {
            const Pack8 value = x.values(i), g = gradient.values(i), w = weight.values(i);
#pragma unroll
            for (int d = 0; d < kPackValues; ++d) {
                squares += value.values[d] * value.values[d];
                product += value.values[d] * g.values[d] * w.values[d];
            }
        }
        const float scale = rsqrtf(rowSum<kLanes>(squares) / static_cast<float>(norm.width) + norm.epsilon);
        const float along = rowSum<kLanes>(product) / static_cast<float>(norm.width) * scale * scale;
#pragma unroll
        for (int i = 0; i < kPacks; ++i) {
            const Pack8 value = x.values(i), g = gradient.values(i), w = weight.values(i);
            Pack8 sum = result.values(i);
#pragma unroll
            for (int d = 0; d < kPackValues; ++d) {
                sum.values[d] += scale * (g.values[d] * w.values[d] - value.values[d] * along);
                if constexpr (kSumsWeight) gradWeight[i].values[d] += g.values[d] * value.values[d] * scale;
            }
            result.set(i, sum);
        }
        result.store(rowOf(norm.gradX, row, norm.width), packs);
    }
    if constexpr (kSumsWeight)
#pragma unroll
        for (int i = 0; i < kPacks; ++i)
#pragma unroll
            for (int d = 0; d < kPackValues; ++d)
                if (Part::packAt(i) < packs)
                    atomicAdd(norm.gradWeight + Part::packAt(i) * kPackValues + d, gradWeight[i].values[d]);
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
        const auto blocks = static_cast<unsigned>(blocksOf(norm.rows, lanes));
        if (!norm.gradWeight) return backwardKernel<lanes(), packs(), false><<<blocks, kThreads, 0, stream>>>(norm);
        const unsigned few = min(static_cast<long long>(blocks), kBlocksThatSum);
        backwardKernel<lanes(), packs(), true><<<few, kThreads, 0, stream>>>(norm);
    });
}

}  // namespace consa::kernels
