// Kernels of gated_heads.h: memory-bound, a thread for eight values.
#include "core/kernels/gated_heads.h"

#include "core/kernels/bfloat_pack.cuh"

namespace consa::kernels {

namespace {

constexpr int kThreads = 256;
constexpr int kPack = 8;
constexpr int kPacksPerThread = 8;

/// Where a place's columns come from and how they are scaled.
struct Source {
    int slot;
    float scale;
};

__device__ Source sourceOf(const HeadOrder& order, int place, bool mixes) {
    if (!mixes) return {place, 1};
    const int full = order.fullOnly + order.mixed;
    if (place < full) return {place, place < order.fullOnly ? 1.0f : order.z[place]};
    const int slot = place - order.mixed;
    return {slot, slot < full ? 1 - order.z[slot] : 1.0f};
}

// Grid: x over packs of a place's columns and rows, y over places.
__global__ void weightsKernel(OutputWeights w, __nv_bfloat16* out, bool mixes) {
    const int packs = w.width / kPack, places = static_cast<int>(gridDim.y), place = blockIdx.y;
    const long long index = static_cast<long long>(blockIdx.x) * kThreads + threadIdx.x;
    if (index >= static_cast<long long>(w.rows) * packs) return;
    const long long row = index / packs, value = index % packs * kPack;
    const Source source = sourceOf(w.order, place, mixes);
    const auto* from = static_cast<const __nv_bfloat16*>(w.weights) +
                       (row * w.order.kvHeads + w.order.head[source.slot]) * w.width + value;
    Pack8 pack = loadPack(from);
#pragma unroll
    for (float& one : pack.values) one *= source.scale;
    storePack(out + (row * places + place) * w.width + value, pack);
}

void launchWeights(const OutputWeights& w, void* out, bool mixes, cudaStream_t stream) {
    const long long packs = static_cast<long long>(w.rows) * w.width / kPack;
    const dim3 grid(static_cast<unsigned>((packs + kThreads - 1) / kThreads),
                    static_cast<unsigned>(w.order.kvHeads + (mixes ? w.order.mixed : 0)));
    weightsKernel<<<grid, kThreads, 0, stream>>>(w, static_cast<__nv_bfloat16*>(out), mixes);
}

// Grid: x over packs of a mixed head's rows, y over mixed heads.
__global__ void gradientKernel(GateGradients g) {
    __shared__ float warpSums[kThreads / 32];
    const int packs = g.group * g.headDim / kPack, mixed = blockIdx.y;
    const int fullPlace = g.order.fullOnly + mixed, slidingPlace = fullPlace + g.order.mixed;
    const int places = g.order.kvHeads + g.order.mixed;
    const auto* outputs = static_cast<const __nv_bfloat16*>(g.outputs);
    const auto* gradOut = static_cast<const __nv_bfloat16*>(g.gradOut);
    const long long first = static_cast<long long>(blockIdx.x) * kThreads * kPacksPerThread + threadIdx.x;
    float sum = 0;
#pragma unroll
    for (int i = 0; i < kPacksPerThread; ++i) {
        const long long index = first + i * kThreads;
        if (index >= g.rows * packs) break;
        const long long row = index / packs, pack = index % packs;
        const Pack8 f = loadPack(outputs + ((row * places + fullPlace) * packs + pack) * kPack);
        const Pack8 s = loadPack(outputs + ((row * places + slidingPlace) * packs + pack) * kPack);
        const Pack8 gradient = loadPack(gradOut + ((row * g.order.kvHeads + fullPlace) * packs + pack) * kPack);
#pragma unroll
        for (int d = 0; d < kPack; ++d) sum += gradient.values[d] * (f.values[d] - s.values[d]);
    }
    for (int offset = 16; offset > 0; offset /= 2) sum += __shfl_down_sync(0xffffffffu, sum, offset);
    if (threadIdx.x % 32 == 0) warpSums[threadIdx.x / 32] = sum;
    __syncthreads();
    if (threadIdx.x != 0) return;
    float total = 0;
    for (float part : warpSums) total += part;
    atomicAdd(g.gradZ + g.order.head[fullPlace], total);
}

}  // namespace

void mixingWeights(const OutputWeights& weights, void* out, cudaStream_t stream) {
    launchWeights(weights, out, true, stream);
}

void slotWeights(const OutputWeights& weights, void* out, cudaStream_t stream) {
    launchWeights(weights, out, false, stream);
}

void gateGradients(const GateGradients& gradients, cudaStream_t stream) {
    if (gradients.order.mixed == 0 || gradients.rows == 0) return;
    constexpr long long kPerBlock = kThreads * kPacksPerThread;
    const long long packs = gradients.rows * gradients.group * gradients.headDim / kPack;
    const dim3 grid(static_cast<unsigned>((packs + kPerBlock - 1) / kPerBlock),
                    static_cast<unsigned>(gradients.order.mixed));
    gradientKernel<<<grid, kThreads, 0, stream>>>(gradients);
}

}  // namespace consa::kernels
