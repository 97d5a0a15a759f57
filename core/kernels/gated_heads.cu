// Kernels of gated_heads.h: memory-bound, a thread for eight values, a block column for one mixed KV head.
#include "core/kernels/gated_heads.h"

#include "core/kernels/bfloat_pack.cuh"

namespace consa::kernels {

namespace {

constexpr int kThreads = 256;
constexpr int kPacksPerThread = 8;

/// Pack of eight values `pack` of mixed KV head `mixed` in row `row`.
struct Place {
    long long packed;  // in the branches
    long long out;     // in the layer's output
};

__device__ __forceinline__ Place placeOf(const MixedHeads& heads, long long row, int mixed, int pack, int packs) {
    return {((row * heads.order.mixed + mixed) * packs + pack) * 8,
            ((row * heads.order.kvHeads + heads.order.fullOnly + mixed) * packs + pack) * 8};
}

/// Calls visit(place) for every pack of this block's KV head and rows.
template <typename Visit>
__device__ void forEachPack(const MixedHeads& heads, Visit visit) {
    const int packs = heads.group * heads.headDim / 8, mixed = blockIdx.y;
    const long long first = static_cast<long long>(blockIdx.x) * kThreads * kPacksPerThread + threadIdx.x;
    const long long count = heads.rows * packs;
#pragma unroll
    for (int i = 0; i < kPacksPerThread; ++i) {
        const long long index = first + i * kThreads;
        if (index >= count) return;
        visit(placeOf(heads, index / packs, mixed, static_cast<int>(index % packs), packs));
    }
}

__global__ void mixKernel(MixedHeads heads, __nv_bfloat16* out) {
    const float z = heads.order.z[heads.order.fullOnly + blockIdx.y];
    const auto* full = static_cast<const __nv_bfloat16*>(heads.full);
    const auto* sliding = static_cast<const __nv_bfloat16*>(heads.sliding);
    forEachPack(heads, [&](const Place& place) {
        Pack8 f = loadPack(full + place.packed);
        const Pack8 s = loadPack(sliding + place.packed);
#pragma unroll
        for (int d = 0; d < 8; ++d) f.values[d] = z * f.values[d] + (1 - z) * s.values[d];
        storePack(out + place.out, f);
    });
}

__global__ void gradientKernel(MixedHeads heads, const __nv_bfloat16* gradOut, float* gradZ) {
    __shared__ float warpSums[kThreads / 32];
    const auto* full = static_cast<const __nv_bfloat16*>(heads.full);
    const auto* sliding = static_cast<const __nv_bfloat16*>(heads.sliding);
    float sum = 0;
    forEachPack(heads, [&](const Place& place) {
        const Pack8 f = loadPack(full + place.packed), s = loadPack(sliding + place.packed);
        const Pack8 g = loadPack(gradOut + place.out);
#pragma unroll
        for (int d = 0; d < 8; ++d) sum += g.values[d] * (f.values[d] - s.values[d]);
    });
    for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_down_sync(0xffffffffu, sum, offset);
    if (threadIdx.x % 32 == 0) warpSums[threadIdx.x / 32] = sum;
    __syncthreads();
    if (threadIdx.x != 0) return;
    float total = 0;
    for (float part : warpSums) total += part;
    atomicAdd(gradZ + heads.order.head[heads.order.fullOnly + blockIdx.y], total);
}

dim3 gridOf(const MixedHeads& heads) {
    constexpr long long kPerBlock = kThreads * kPacksPerThread;
    const long long packs = heads.rows * heads.group * heads.headDim / 8;
    return dim3(static_cast<unsigned>((packs + kPerBlock - 1) / kPerBlock), static_cast<unsigned>(heads.order.mixed));
}

}  // namespace

void mixHeads(const MixedHeads& heads, void* out, cudaStream_t stream) {
    if (heads.order.mixed == 0 || heads.rows == 0) return;
    mixKernel<<<gridOf(heads), kThreads, 0, stream>>>(heads, static_cast<__nv_bfloat16*>(out));
}

void gateGradients(const MixedHeads& heads, const void* gradOut, float* gradZ, cudaStream_t stream) {
    if (heads.order.mixed == 0 || heads.rows == 0) return;
    gradientKernel<<<gridOf(heads), kThreads, 0, stream>>>(heads, static_cast<const __nv_bfloat16*>(gradOut), gradZ);
}

}  // namespace consa::kernels
