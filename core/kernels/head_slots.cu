// Kernels of head_slots.h: memory-bound. Neighbouring lanes share a head, each with eight values of either half, and
// take several heads of one token: their loads are under way together, and its angles are read once.
#include "core/kernels/head_slots.h"

#include "core/kernels/bfloat_pack.cuh"

namespace consa::kernels {

namespace {

constexpr int kThreads = 256;
constexpr int kPack = 8;
constexpr int kMaxHeadDim = 256;
constexpr int kHeadsOfThread = 4;

enum class Part : signed char { Query, Key, Value };

/// Where a head of the projection lies elsewhere.
struct HeadPlace {
    short slotHead;      // among the slots
    short fullHead;      // among the gradients of the full branch, -1 for heads that it does not have
    short slidingHead;   // of the sliding one, likewise
    signed char kvSlot;  // of its KV head
    Part part;
    float slidingShare;  // of the sliding branch's gradient; the full one's is the rest
};

__host__ __device__ __forceinline__ unsigned headsOf(const HeadSlots& h) {
    return h.order.kvHeads * (h.group + 2);
}

/// Lanes that share a head.
__host__ __device__ __forceinline__ unsigned lanesOf(const HeadSlots& h) {
    return h.headDim / (2 * kPack);
}

/// KV heads of the full branch.
__device__ __forceinline__ int fullHeads(const HeadSlots& h) {
    return h.order.fullOnly + h.order.mixed;
}

/// KV heads of the sliding branch.
__device__ __forceinline__ int slidingHeads(const HeadSlots& h) {
    return h.order.kvHeads - h.order.fullOnly;
}

/// Threads for one lane of a token's heads.
__host__ __device__ __forceinline__ unsigned threadsOf(const HeadSlots& h) {
    return (headsOf(h) + kHeadsOfThread - 1) / kHeadsOfThread;
}

/// The place of a head among `kvHeads` KV heads from slot `first` on: queries by group, keys, values.
__device__ short headAmong(const HeadPlace& place, int withinGroup, int group, int first, int kvHeads) {
    const int slot = place.kvSlot - first;
    if (place.part == Part::Query) return static_cast<short>(slot * group + withinGroup);
    return static_cast<short>(kvHeads * group + (place.part == Part::Value ? kvHeads : 0) + slot);
}

__device__ HeadPlace placeOf(const HeadSlots& h, int head) {
    const HeadOrder& order = h.order;
    const int other = head - order.kvHeads * h.group;
    HeadPlace place = {0, -1, -1, 0, Part::Query, 0};
    if (other >= 0) place.part = other < order.kvHeads ? Part::Key : Part::Value;
    place.kvSlot = order.slot[other < 0 ? head / h.group : other % order.kvHeads];
    const int within = head % h.group;  // of a query head
    const bool isFull = place.kvSlot < fullHeads(h), slides = place.kvSlot >= order.fullOnly;
    place.slotHead = headAmong(place, within, h.group, 0, order.kvHeads);
    if (isFull) place.fullHead = headAmong(place, within, h.group, 0, fullHeads(h));
    if (slides) place.slidingHead = headAmong(place, within, h.group, order.fullOnly, slidingHeads(h));
    place.slidingShare = !slides ? 0.0f : isFull ? 1 - order.z[place.kvSlot] : 1.0f;
    return place;
}

/// All heads' places, in shared memory, for the whole block.
__device__ const HeadPlace* allPlaces(const HeadSlots& h) {
    extern __shared__ HeadPlace places[];
    for (unsigned head = threadIdx.x; head < headsOf(h); head += kThreads)
        places[head] = placeOf(h, static_cast<int>(head));
    __syncthreads();
    return places;
}

/// A thread's work: its values of the heads firstHead, firstHead + threadsOf(), ... of one token.
struct Item {
    long long row = 0;
    unsigned token = 0;  // of its text
    unsigned firstHead = 0;
    int low = 0;  // the lane's first value of the lower half
};

__device__ __forceinline__ Item itemOf(const HeadSlots& h, unsigned index) {
    const unsigned lanes = lanesOf(h), threads = threadsOf(h), lane = index % lanes, rest = index / lanes;
    const unsigned row = rest / threads;
    return {row, row % static_cast<unsigned>(h.tokens), rest - row * threads, static_cast<int>(lane) * kPack};
}

/// The two packs of a lane, as they are read.
struct RawHalves {
    uint4 low, high;
};

/// The same in float32.
struct Halves {
    Pack8 low, high;
};

__device__ __forceinline__ Halves unpackHalves(const RawHalves& raw) {
    return {unpack(raw.low), unpack(raw.high)};
}

__device__ __forceinline__ RawHalves loadRaw(const HeadSlots& h, const void* base, long long head, int low) {
    const auto* from = static_cast<const __nv_bfloat16*>(base) + head * h.headDim + low;
    return {*reinterpret_cast<const uint4*>(from), *reinterpret_cast<const uint4*>(from + h.headDim / 2)};
}

__device__ __forceinline__ Halves loadHalves(const HeadSlots& h, const void* base, long long head, int low) {
    return unpackHalves(loadRaw(h, base, head, low));
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

/// The token's angles at a lane's values.
struct Angles {
    Pack8 cosine, sine;
};

__device__ __forceinline__ Angles anglesOf(const HeadSlots& h, const Item& item) {
    const long long at = static_cast<long long>(item.token) * (h.headDim / 2) + item.low;
    return {loadFloats(h.cosine + at), loadFloats(h.sine + at)};
}

/// Turns by the token's angles, backwards with direction -1.
__device__ __forceinline__ void turn(const Angles& angles, float direction, Halves& x) {
#pragma unroll
    for (int d = 0; d < kPack; ++d) {
        const float c = angles.cosine.values[d], s = direction * angles.sine.values[d];
        const float a = x.low.values[d], b = x.high.values[d];
        x.low.values[d] = a * c - b * s;
        x.high.values[d] = b * c + a * s;
    }
}

__device__ __forceinline__ const void* normOf(const HeadSlots& h, Part part) {
    return part == Part::Query ? h.queryNorm : part == Part::Key ? h.keyNorm : nullptr;
}

__global__ void fillKernel(HeadSlots h, const void* projected, void* slots, unsigned count) {
    const HeadPlace* places = allPlaces(h);
    const unsigned lanes = lanesOf(h), heads = headsOf(h), threads = threadsOf(h);
    const unsigned index = blockIdx.x * kThreads + threadIdx.x;
    const Item item = itemOf(h, min(index, count - 1));  // the last warp's spare lanes take part in sums
    RawHalves raw[kHeadsOfThread];
#pragma unroll
    for (int i = 0; i < kHeadsOfThread; ++i)
        raw[i] = loadRaw(h, projected, item.row * heads + min(item.firstHead + i * threads, heads - 1), item.low);
    const Angles angles = anglesOf(h, item);
#pragma unroll
    for (int i = 0; i < kHeadsOfThread; ++i) {
        const unsigned head = item.firstHead + i * threads;
        const HeadPlace place = places[min(head, heads - 1)];
        Halves x = unpackHalves(raw[i]);
        if (h.queryNorm) {
            const float squares = headSum(sumOfProducts(x, x), lanes);
            if (const void* norm = normOf(h, place.part))
                scaleBy(x, loadHalves(h, norm, 0, item.low),
                        rsqrtf(squares / static_cast<float>(h.headDim) + h.epsilon));
        }
        if (place.part != Part::Value) turn(angles, 1, x);
        if (index < count && head < heads) storeHalves(h, slots, item.row * heads + place.slotHead, item.low, x);
    }
}

/// The gradient of the branch that a head is in, of a mixed one the full branch's.
__device__ __forceinline__ RawHalves firstGradient(const HeadSlots& h, const SlotGradients& g, const Item& item,
                                                   const HeadPlace& place) {
    const bool isFull = place.fullHead >= 0;
    const int kvHeads = isFull ? fullHeads(h) : slidingHeads(h);
    const long long head = item.row * kvHeads * (h.group + 2) + (isFull ? place.fullHead : place.slidingHead);
    return loadRaw(h, isFull ? g.full : g.sliding, head, item.low);
}

/// Adds what else a slot's head gets: the sliding branch's gradient of a mixed one, and the sinks'.
__device__ __forceinline__ void addOthers(const HeadSlots& h, const SlotGradients& g, const Item& item,
                                          const HeadPlace& place, Halves& x) {
    if (place.slidingHead < 0) return;
    if (place.fullHead >= 0) {
        const long long row = item.row * slidingHeads(h) * (h.group + 2);
        const Halves s = loadHalves(h, g.sliding, row + place.slidingHead, item.low);
        const float fullShare = 1 - place.slidingShare;
#pragma unroll
        for (int d = 0; d < kPack; ++d) {
            x.low.values[d] = fullShare * x.low.values[d] + place.slidingShare * s.low.values[d];
            x.high.values[d] = fullShare * x.high.values[d] + place.slidingShare * s.high.values[d];
        }
    }
    if (place.part == Part::Query || item.token >= static_cast<unsigned>(g.sinkTokens)) return;
    const long long batch = item.row / h.tokens + (place.part == Part::Value ? h.batch : 0);
    const long long head = (batch * g.sinkTokens + item.token) * h.order.kvHeads + place.kvSlot;
    const float* sink = g.sinks + head * h.headDim + item.low;
#pragma unroll
    for (int d = 0; d < kPack; ++d) {
        x.low.values[d] += place.slidingShare * sink[d];
        x.high.values[d] += place.slidingShare * sink[h.headDim / 2 + d];
    }
}

/// Sums of the norms' weight gradients, of queries and then of keys.
struct NormSums {
    float values[2 * kMaxHeadDim];
};

__device__ void addNormGradient(const HeadSlots& h, Part part, int low, const Halves& g, const Halves& x, float scale,
                                NormSums& sums) {
    float* at = sums.values + (part == Part::Key ? kMaxHeadDim : 0) + low;
#pragma unroll
    for (int d = 0; d < kPack; ++d) {
        atomicAdd(at + d, g.low.values[d] * x.low.values[d] * scale);
        atomicAdd(at + h.headDim / 2 + d, g.high.values[d] * x.high.values[d] * scale);
    }
}

/// From the gradient by norm(x) to that by x; all lanes of a warp take part, also for values, which have no norm.
__device__ __forceinline__ void normGradient(const HeadSlots& h, Part part, int low, const Halves& x, bool addsToSums,
                                             NormSums& sums, Halves& gradient) {
    const unsigned lanes = lanesOf(h);
    const void* norm = normOf(h, part);
    const float width = static_cast<float>(h.headDim);
    const float scale = rsqrtf(headSum(sumOfProducts(x, x), lanes) / width + h.epsilon);
    if (norm && addsToSums) addNormGradient(h, part, low, gradient, x, scale, sums);
    if (norm) scaleBy(gradient, loadHalves(h, norm, 0, low), 1);
    const float along = headSum(sumOfProducts(gradient, x), lanes) / width * scale * scale;
    if (!norm) return;
#pragma unroll
    for (int d = 0; d < kPack; ++d) {
        gradient.low.values[d] = scale * (gradient.low.values[d] - x.low.values[d] * along);
        gradient.high.values[d] = scale * (gradient.high.values[d] - x.high.values[d] * along);
    }
}

template <bool kNorms>
__global__ void gatherKernel(HeadSlots h, SlotGradients g, const void* projected, void* gradProjected, unsigned count) {
    __shared__ NormSums sums;
    const HeadPlace* places = allPlaces(h);
    const unsigned heads = headsOf(h), threads = threadsOf(h);
    if (kNorms && g.gradQueryNorm) {
        for (int i = threadIdx.x; i < 2 * kMaxHeadDim; i += kThreads) sums.values[i] = 0;
        __syncthreads();
    }
    for (unsigned base = blockIdx.x * kThreads; base < count; base += gridDim.x * kThreads) {
        const unsigned index = base + threadIdx.x;
        const Item item = itemOf(h, min(index, count - 1));
        RawHalves gradients[kHeadsOfThread], normed[kNorms ? kHeadsOfThread : 1];
#pragma unroll
        for (int i = 0; i < kHeadsOfThread; ++i) {
            const unsigned head = min(item.firstHead + i * threads, heads - 1);
            gradients[i] = firstGradient(h, g, item, places[head]);
            if constexpr (kNorms) normed[i] = loadRaw(h, projected, item.row * heads + head, item.low);
        }
        const Angles angles = anglesOf(h, item);
#pragma unroll
        for (int i = 0; i < kHeadsOfThread; ++i) {
            const unsigned head = item.firstHead + i * threads;
            const bool isOwn = index < count && head < heads;
            const HeadPlace place = places[min(head, heads - 1)];
            Halves gradient = unpackHalves(gradients[i]);
            addOthers(h, g, item, place, gradient);
            if (place.part != Part::Value) turn(angles, -1, gradient);
            if constexpr (kNorms)
                normGradient(h, place.part, item.low, unpackHalves(normed[i]), g.gradQueryNorm && isOwn, sums,
                             gradient);
            if (isOwn) storeHalves(h, gradProjected, item.row * heads + head, item.low, gradient);
        }
    }
    if (!kNorms || !g.gradQueryNorm) return;
    __syncthreads();
    for (int d = threadIdx.x; d < h.headDim; d += kThreads) {
        atomicAdd(g.gradQueryNorm + d, sums.values[d]);
        atomicAdd(g.gradKeyNorm + d, sums.values[kMaxHeadDim + d]);
    }
}

/// Threads for all tokens. Fits 32 bits with room for a block: as many as don't would fill 500 GiB.
unsigned itemsOf(const HeadSlots& h) {
    return static_cast<unsigned>(h.batch) * h.tokens * threadsOf(h) * lanesOf(h);
}

unsigned placesBytes(const HeadSlots& h) {
    return headsOf(h) * static_cast<unsigned>(sizeof(HeadPlace));
}

}  // namespace

void fillSlots(const HeadSlots& heads, const void* projected, void* slots, cudaStream_t stream) {
    const unsigned count = itemsOf(heads);
    if (count == 0) return;
    const unsigned blocks = (count - 1) / kThreads + 1;
    fillKernel<<<blocks, kThreads, placesBytes(heads), stream>>>(heads, projected, slots, count);
}

void gatherSlotGradients(const HeadSlots& heads, const SlotGradients& gradients, const void* projected,
                         void* gradProjected, cudaStream_t stream) {
    const unsigned count = itemsOf(heads);
    if (count == 0) return;
    constexpr unsigned kBlocksThatSum = 1056;  // so that few blocks add to the norms' gradients
    unsigned blocks = (count - 1) / kThreads + 1;
    if (gradients.gradQueryNorm) blocks = min(blocks, kBlocksThatSum);
    const auto kernel = heads.queryNorm ? gatherKernel<true> : gatherKernel<false>;
    kernel<<<blocks, kThreads, placesBytes(heads), stream>>>(heads, gradients, projected, gradProjected, count);
}

}  // namespace consa::kernels
