// Kernels of head_slots.h: memory-bound; neighbouring lanes share a head, each with eight values of either half.
#include "core/kernels/head_slots.h"

#include "core/kernels/bfloat_pack.cuh"

namespace consa::kernels {

namespace {

constexpr int kThreads = 256;
constexpr int kPack = 8;
constexpr int kMaxHeadDim = 256;

enum class Part { Query, Key, Value };

/// One head of one token.
struct Item {
    long long row = 0;
    int token = 0;  // of its text
    int head = 0;   // in the projection's order
    Part part = Part::Query;
    int kvSlot = 0;       // of its KV head
    int withinGroup = 0;  // of a query head, 0 else
    int low = 0;          // the lane's first value of the lower half

    /// The head's place among the slots.
    __device__ int slotHead(const HeadSlots& h) const {
        const int queryHeads = h.order.kvHeads * h.group;
        if (part == Part::Query) return kvSlot * h.group + withinGroup;
        return queryHeads + (part == Part::Value ? h.order.kvHeads : 0) + kvSlot;
    }
    /// Its place among the gradients of a branch of `kvHeads` KV heads, the first in slot `first`.
    __device__ int branchHead(const HeadSlots& h, int first, int kvHeads) const {
        const int slot = kvSlot - first;
        if (part == Part::Query) return slot * h.group + withinGroup;
        return kvHeads * h.group + (part == Part::Value ? kvHeads : 0) + slot;
    }
};

__host__ __device__ __forceinline__ int headsOf(const HeadSlots& h) {
    return h.order.kvHeads * (h.group + 2);
}

__device__ Item itemOf(const HeadSlots& h, unsigned index) {
    const unsigned lanes = h.headDim / (2 * kPack), heads = headsOf(h), row = index / lanes / heads;
    const int queryHeads = h.order.kvHeads * h.group;
    Item item;
    item.low = static_cast<int>(index % lanes) * kPack;
    item.head = static_cast<int>(index / lanes - row * heads);
    item.row = row;
    item.token = static_cast<int>(row % static_cast<unsigned>(h.tokens));
    if (item.head < queryHeads) {
        item.kvSlot = h.order.slot[item.head / h.group];
        item.withinGroup = item.head % h.group;
    } else {
        const int other = item.head - queryHeads;
        item.part = other < h.order.kvHeads ? Part::Key : Part::Value;
        item.kvSlot = h.order.slot[other % h.order.kvHeads];
    }
    return item;
}

/// The two packs of a lane.
struct Halves {
    Pack8 low, high;
};

__device__ __forceinline__ Halves loadHalves(const HeadSlots& h, const void* base, long long head, int low) {
    const auto* from = static_cast<const __nv_bfloat16*>(base) + head * h.headDim + low;
    return {loadPack(from), loadPack(from + h.headDim / 2)};
}

__device__ __forceinline__ void storeHalves(const HeadSlots& h, void* base, long long head, int low, const Halves& x) {
    auto* to = static_cast<__nv_bfloat16*>(base) + head * h.headDim + low;
    storePack(to, x.low);
    storePack(to + h.headDim / 2, x.high);
}

/// Sum over the lanes that share a head; every lane of the warp takes part.
__device__ __forceinline__ float headSum(float value, int lanes) {
    for (int offset = lanes / 2; offset > 0; offset /= 2) value += __shfl_xor_sync(0xffffffffu, value, offset);
    return value;
}

__device__ __forceinline__ float sumOfProducts(const Halves& a, const Halves& b) {
    float sum = 0;
#pragma unroll
    for (int d = 0; d < kPack; ++d) sum += a.low.values[d] * b.low.values[d] + a.high.values[d] * b.high.values[d];
    return sum;
}

/// x <- x scale weight.
__device__ __forceinline__ void scaleBy(Halves& x, const Halves& weight, float scale) {
#pragma unroll
    for (int d = 0; d < kPack; ++d) {
        x.low.values[d] *= scale * weight.low.values[d];
        x.high.values[d] *= scale * weight.high.values[d];
    }
}

__device__ __forceinline__ Pack8 loadFloats(const float* from) {
    Pack8 pack;
#pragma unroll
    for (int i = 0; i < kPack; i += 4) {
        const float4 part = *reinterpret_cast<const float4*>(from + i);
        pack.values[i] = part.x;
        pack.values[i + 1] = part.y;
        pack.values[i + 2] = part.z;
        pack.values[i + 3] = part.w;
    }
    return pack;
}

/// Turns by the token's angles, backwards with direction -1.
__device__ __forceinline__ void turn(const HeadSlots& h, const Item& item, float direction, Halves& x) {
    const long long at = static_cast<long long>(item.token) * (h.headDim / 2) + item.low;
    const Pack8 cosine = loadFloats(h.cosine + at), sine = loadFloats(h.sine + at);
#pragma unroll
    for (int d = 0; d < kPack; ++d) {
        const float c = cosine.values[d], s = direction * sine.values[d];
        const float a = x.low.values[d], b = x.high.values[d];
        x.low.values[d] = a * c - b * s;
        x.high.values[d] = b * c + a * s;
    }
}

__device__ __forceinline__ const void* normOf(const HeadSlots& h, Part part) {
    return part == Part::Query ? h.queryNorm : part == Part::Key ? h.keyNorm : nullptr;
}

__global__ void fillKernel(HeadSlots h, const void* projected, void* slots, unsigned count) {
    const int lanes = h.headDim / (2 * kPack);
    const unsigned index = blockIdx.x * kThreads + threadIdx.x;
    const Item item = itemOf(h, min(index, count - 1));  // the last warp's spare lanes take part in sums
    Halves x = loadHalves(h, projected, item.row * headsOf(h) + item.head, item.low);
    if (h.queryNorm) {
        const float squares = headSum(sumOfProducts(x, x), lanes);
        if (const void* norm = normOf(h, item.part))
            scaleBy(x, loadHalves(h, norm, 0, item.low), rsqrtf(squares / static_cast<float>(h.headDim) + h.epsilon));
    }
    if (item.part != Part::Value) turn(h, item, 1, x);
    if (index < count) storeHalves(h, slots, item.row * headsOf(h) + item.slotHead(h), item.low, x);
}

/// The gradient by a slot's head, both branches' with their gates and the sinks' with them.
__device__ Halves slotGradient(const HeadSlots& h, const SlotGradients& g, const Item& item) {
    const int full = h.order.fullOnly + h.order.mixed, sliding = h.order.kvHeads - h.order.fullOnly;
    const bool slides = item.kvSlot >= h.order.fullOnly, isFull = item.kvSlot < full;
    const float slidingShare = slides && isFull ? 1 - h.order.z[item.kvSlot] : 1.0f;
    Halves x = {};
    if (isFull) x = loadHalves(h, g.full, item.row * full * (h.group + 2) + item.branchHead(h, 0, full), item.low);
    if (slides) {
        const long long row = item.row * sliding * (h.group + 2);
        const Halves s = loadHalves(h, g.sliding, row + item.branchHead(h, h.order.fullOnly, sliding), item.low);
        const float fullShare = 1 - slidingShare;  // 0 for heads that only slide
#pragma unroll
        for (int d = 0; d < kPack; ++d) {
            x.low.values[d] = fullShare * x.low.values[d] + slidingShare * s.low.values[d];
            x.high.values[d] = fullShare * x.high.values[d] + slidingShare * s.high.values[d];
        }
    }
    if (!slides || item.part == Part::Query || item.token >= g.sinkTokens) return x;
    const long long batch = item.row / h.tokens + (item.part == Part::Value ? h.batch : 0);
    const long long head = (batch * g.sinkTokens + item.token) * h.order.kvHeads + item.kvSlot;
    const float* sink = g.sinks + head * h.headDim + item.low;
#pragma unroll
    for (int d = 0; d < kPack; ++d) {
        x.low.values[d] += slidingShare * sink[d];
        x.high.values[d] += slidingShare * sink[h.headDim / 2 + d];
    }
    return x;
}

/// Sums of the norms' weight gradients, of queries and then of keys.
struct NormSums {
    float values[2 * kMaxHeadDim];
};

__device__ void addNormGradient(const HeadSlots& h, const Item& item, const Halves& g, const Halves& x, float scale,
                                NormSums& sums) {
    float* at = sums.values + (item.part == Part::Key ? kMaxHeadDim : 0) + item.low;
#pragma unroll
    for (int d = 0; d < kPack; ++d) {
        atomicAdd(at + d, g.low.values[d] * x.low.values[d] * scale);
        atomicAdd(at + h.headDim / 2 + d, g.high.values[d] * x.high.values[d] * scale);
    }
}

__global__ void gatherKernel(HeadSlots h, SlotGradients g, const void* projected, void* gradProjected, unsigned count) {
    __shared__ NormSums sums;
    const int lanes = h.headDim / (2 * kPack);
    if (g.gradQueryNorm) {
        for (int i = threadIdx.x; i < 2 * kMaxHeadDim; i += kThreads) sums.values[i] = 0;
        __syncthreads();
    }
    for (unsigned base = blockIdx.x * kThreads; base < count; base += gridDim.x * kThreads) {
        const unsigned index = base + threadIdx.x;
        const Item item = itemOf(h, min(index, count - 1));
        Halves gradient = slotGradient(h, g, item);
        if (item.part != Part::Value) turn(h, item, -1, gradient);
        const long long head = item.row * headsOf(h) + item.head;
        if (h.queryNorm) {
            const void* norm = normOf(h, item.part);
            const Halves x = loadHalves(h, projected, head, item.low);
            const float squares = headSum(sumOfProducts(x, x), lanes);
            const float scale = rsqrtf(squares / static_cast<float>(h.headDim) + h.epsilon);
            if (norm && g.gradQueryNorm && index < count) addNormGradient(h, item, gradient, x, scale, sums);
            if (norm) scaleBy(gradient, loadHalves(h, norm, 0, item.low), 1);
            const float along = headSum(sumOfProducts(gradient, x), lanes) / static_cast<float>(h.headDim);
            if (norm) {
#pragma unroll
                for (int d = 0; d < kPack; ++d) {
                    gradient.low.values[d] = scale * (gradient.low.values[d] - x.low.values[d] * along * scale * scale);
                    gradient.high.values[d] =
                        scale * (gradient.high.values[d] - x.high.values[d] * along * scale * scale);
                }
            }
        }
        if (index < count) storeHalves(h, gradProjected, head, item.low, gradient);
    }
    if (!g.gradQueryNorm) return;
    __syncthreads();
    for (int d = threadIdx.x; d < h.headDim; d += kThreads) {
        atomicAdd(g.gradQueryNorm + d, sums.values[d]);
        atomicAdd(g.gradKeyNorm + d, sums.values[kMaxHeadDim + d]);
    }
}

/// Fits 32 bits with room for a block: as many as don't would fill 128 GiB.
unsigned lanesOf(const HeadSlots& h) {
    return static_cast<unsigned>(h.batch) * h.tokens * headsOf(h) * (h.headDim / (2 * kPack));
}

}  // namespace

void fillSlots(const HeadSlots& heads, const void* projected, void* slots, cudaStream_t stream) {
    const unsigned count = lanesOf(heads);
    if (count == 0) return;
    fillKernel<<<(count - 1) / kThreads + 1, kThreads, 0, stream>>>(heads, projected, slots, count);
}

void gatherSlotGradients(const HeadSlots& heads, const SlotGradients& gradients, const void* projected,
                         void* gradProjected, cudaStream_t stream) {
    const unsigned count = lanesOf(heads);
    if (count == 0) return;
    constexpr unsigned kBlocksThatSum = 1056;  // so that few blocks add to the norms' gradients
    unsigned blocks = (count - 1) / kThreads + 1;
    if (gradients.gradQueryNorm) blocks = min(blocks, kBlocksThatSum);
    gatherKernel<<<blocks, kThreads, 0, stream>>>(heads, gradients, projected, gradProjected, count);
}

}  // namespace consa::kernels
