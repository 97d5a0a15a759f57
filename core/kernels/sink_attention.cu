// Kernels of sink_attention.h: memory-bound; neighbouring lanes share a (token, query head), each with eight of its
// values, and hold the same eight of every sink's key and value.
#include "core/kernels/sink_attention.h"

#include "core/kernels/bfloat_pack.cuh"

namespace consa::kernels {

namespace {

constexpr int kThreads = 256;
constexpr int kItemsPerLaneGroup = 16;
constexpr unsigned kAllLanes = 0xffffffffu;

__device__ __forceinline__ float dot(const Pack8& a, const Pack8& b) {
    float sum = 0;
#pragma unroll
    for (int d = 0; d < 8; ++d) sum += a.values[d] * b.values[d];
    return sum;
}

/// Sum over kLanes neighbouring lanes; the whole warp takes part.
template <int kLanes>
__device__ __forceinline__ float groupSum(float value) {
#pragma unroll
    for (int offset = kLanes / 2; offset > 0; offset /= 2) value += __shfl_xor_sync(kAllLanes, value, offset);
    return value;
}

__device__ __forceinline__ long long placeOf(const SinkAttention& s, long long tokenStride, int batch, int token,
                                             int head) {
    return (static_cast<long long>(batch) * s.tokens + token) * tokenStride + static_cast<long long>(head) * s.headDim;
}

/// Eight values at `at`, zero for lanes beyond the head.
__device__ __forceinline__ Pack8 loadPart(const void* base, long long at, int value, const SinkAttention& s) {
    if (value >= s.headDim) return {};
    return loadPack(static_cast<const __nv_bfloat16*>(base) + at + value);
}

/// The sinks' keys and values of one KV head, this lane's part.
template <int kSinks>
struct SinkHeads {
    Pack8 k[kSinks], v[kSinks];

    __device__ SinkHeads(const SinkAttention& s, int batch, int kvHead, int value) {
#pragma unroll
        for (int j = 0; j < kSinks; ++j) {
            const int token = min(j, s.sinkTokens - 1);
            k[j] = loadPart(s.k.data, placeOf(s, s.k.tokenStride, batch, token, kvHead), value, s);
            v[j] = loadPart(s.v.data, placeOf(s, s.v.tokenStride, batch, token, kvHead), value, s);
        }
    }
};

/// The (token, query head) that a group of lanes works on. Grid: x over tiles of them, y over KV heads, z over the
/// batch.
template <int kLanes>
struct Item {
    int value;  // the lane's first
    int kvHead, batch, head, token;
    int visible;  // sinks outside the query's window: the first so many; 0 beyond the end

    __device__ explicit Item(const SinkAttention& s)
        : value(static_cast<int>(threadIdx.x) % kLanes * 8),
          kvHead(static_cast<int>(blockIdx.y)),
          batch(static_cast<int>(blockIdx.z)),
          head(0),
          token(0),
          visible(0) {}

    __device__ void moveTo(const SinkAttention& s, int i) {
        constexpr int kGroups = kThreads / kLanes;
        const int group = s.queryHeads / s.kvHeads;
        const int index = (blockIdx.x * kItemsPerLaneGroup + i) * kGroups + threadIdx.x / kLanes;
        token = min(index / group, s.tokens - 1);
        head = kvHead * group + index % group;
        visible = index / group < s.tokens ? min(s.sinkTokens, max(0, token - s.windowTokens + 1)) : 0;
    }
    __device__ long long logSumExp(const SinkAttention& s) const {
        return (static_cast<long long>(batch) * s.queryHeads + head) * s.tokens + token;
    }
    __device__ long long at(const SinkAttention& s, long long tokenStride) const {
        return placeOf(s, tokenStride, batch, token, head);
    }
};

template <int kLanes, int kSinks>
__global__ void forwardKernel(SinkAttention s, HeadsOut out, float* logSumExp) {
    Item<kLanes> item(s);
    const SinkHeads<kSinks> sinks(s, item.batch, item.kvHead, item.value);
    for (int i = 0; i < kItemsPerLaneGroup; ++i) {
        item.moveTo(s, i);
        if (!__any_sync(kAllLanes, item.visible > 0)) continue;
        const Pack8 q = loadPart(s.q.data, item.at(s, s.q.tokenStride), item.value, s);
        const float windowLse = logSumExp[item.logSumExp(s)];
        float score[kSinks], highest = windowLse;
#pragma unroll
        for (int j = 0; j < kSinks; ++j) {
            score[j] = groupSum<kLanes>(dot(q, sinks.k[j])) * s.scale;
            if (j < item.visible) highest = fmaxf(highest, score[j]);
        }
        float total = __expf(windowLse - highest);
#pragma unroll
        for (int j = 0; j < kSinks; ++j)
            if (j < item.visible) total += __expf(score[j] - highest);
        const float mergedLse = highest + __logf(total);
        if (item.visible == 0 || item.value >= s.headDim) continue;
        const long long at = item.at(s, out.tokenStride);
        Pack8 merged = loadPart(out.data, at, item.value, s);
        const float windowShare = __expf(windowLse - mergedLse);
#pragma unroll
        for (float& value : merged.values) value *= windowShare;
#pragma unroll
        for (int j = 0; j < kSinks; ++j) {
            const float share = j < item.visible ? __expf(score[j] - mergedLse) : 0;
#pragma unroll
            for (int d = 0; d < 8; ++d) merged.values[d] += share * sinks.v[j].values[d];
        }
        storePack(static_cast<__nv_bfloat16*>(out.data) + at + item.value, merged);
        if (item.value == 0) logSumExp[item.logSumExp(s)] = mergedLse;
    }
}

/// Adds every group's sums of the block into the accumulators.
template <int kLanes, int kSinks>
__device__ void addSums(const SinkAttention& s, const SinkGradients& g, const Item<kLanes>& item, const Pack8* sumK,
                        const Pack8* sumV) {
    __shared__ float block[2][kSinks][kLanes * 8];
    for (int i = threadIdx.x; i < 2 * kSinks * kLanes * 8; i += kThreads) (&block[0][0][0])[i] = 0;
    __syncthreads();
#pragma unroll
    for (int j = 0; j < kSinks; ++j) {
#pragma unroll
        for (int d = 0; d < 8; ++d) {
            float k = sumK[j].values[d], v = sumV[j].values[d];  // first over the warp's groups
            for (int offset = kLanes; offset < 32; offset *= 2) {
                k += __shfl_xor_sync(kAllLanes, k, offset);
                v += __shfl_xor_sync(kAllLanes, v, offset);
            }
            if (threadIdx.x % 32 >= kLanes) continue;
            atomicAdd(&block[0][j][item.value + d], k);
            atomicAdd(&block[1][j][item.value + d], v);
        }
    }
    __syncthreads();
    for (int i = threadIdx.x; i < s.sinkTokens * s.headDim; i += kThreads) {
        const int j = i / s.headDim, d = i % s.headDim;
        const long long head = (static_cast<long long>(item.batch) * s.sinkTokens + j) * g.kvHeads + g.firstKvHead;
        const long long at = (head + item.kvHead) * s.headDim + d;
        atomicAdd(g.gradSinkK + at, block[0][j][d]);
        atomicAdd(g.gradSinkV + at, block[1][j][d]);
    }
}

template <int kLanes, int kSinks>
__global__ void backwardKernel(SinkAttention s, SinkGradients g) {
    Item<kLanes> item(s);
    const SinkHeads<kSinks> sinks(s, item.batch, item.kvHead, item.value);
    Pack8 sumK[kSinks] = {}, sumV[kSinks] = {};
    for (int i = 0; i < kItemsPerLaneGroup; ++i) {
        item.moveTo(s, i);
        if (!__any_sync(kAllLanes, item.visible > 0)) continue;
        const Pack8 q = loadPart(s.q.data, item.at(s, s.q.tokenStride), item.value, s);
        const Pack8 gradient = loadPart(g.gradOut.data, item.at(s, g.gradOut.tokenStride), item.value, s);
        const Pack8 out = loadPart(g.out.data, item.at(s, g.out.tokenStride), item.value, s);
        const float delta = groupSum<kLanes>(dot(gradient, out));
        const float lse = g.logSumExp[item.logSumExp(s)];
        const long long at = item.at(s, g.gradQ.tokenStride);
        Pack8 gradQ = loadPart(g.gradQ.data, at, item.value, s);
#pragma unroll
        for (int j = 0; j < kSinks; ++j) {
            const float score = groupSum<kLanes>(dot(q, sinks.k[j])) * s.scale;
            const float along = groupSum<kLanes>(dot(gradient, sinks.v[j]));
            const float share = j < item.visible ? __expf(score - lse) : 0;
            const float gradScore = share * (along - delta) * s.scale;
#pragma unroll
            for (int d = 0; d < 8; ++d) {
                gradQ.values[d] += gradScore * sinks.k[j].values[d];
                sumK[j].values[d] += gradScore * q.values[d];
                sumV[j].values[d] += share * gradient.values[d];
            }
        }
        if (item.visible > 0 && item.value < s.headDim)
            storePack(static_cast<__nv_bfloat16*>(g.gradQ.data) + at + item.value, gradQ);
    }
    addSums<kLanes, kSinks>(s, g, item, sumK, sumV);
}

/// Calls launch(lanes, sinks, grid) with the template arguments that fit this call.
template <typename Launch>
void withSizes(const SinkAttention& s, Launch launch) {
    const auto launchLanes = [&](auto lanes) {
        constexpr int kPerBlock = kItemsPerLaneGroup * kThreads / lanes();
        const long long items = static_cast<long long>(s.tokens) * (s.queryHeads / s.kvHeads);
        const dim3 grid(static_cast<unsigned>((items + kPerBlock - 1) / kPerBlock), static_cast<unsigned>(s.kvHeads),
                        static_cast<unsigned>(s.batch));
        if (s.sinkTokens <= kMaxSinks / 2) return launch(lanes, std::integral_constant<int, kMaxSinks / 2>(), grid);
        launch(lanes, std::integral_constant<int, kMaxSinks>(), grid);
    };
    if (s.headDim <= kMaxSinkHeadDim / 2) return launchLanes(std::integral_constant<int, kMaxSinkHeadDim / 16>());
    launchLanes(std::integral_constant<int, kMaxSinkHeadDim / 8>());
}

bool seesSinks(const SinkAttention& s) {
    return s.sinkTokens > 0 && s.tokens > s.windowTokens && s.batch > 0 && s.kvHeads > 0;
}

}  // namespace

void mergeSinksForward(const SinkAttention& sinks, HeadsOut out, float* logSumExp, cudaStream_t stream) {
    if (!seesSinks(sinks)) return;
    withSizes(sinks, [&](auto lanes, auto count, dim3 grid) {
        forwardKernel<lanes(), count()><<<grid, kThreads, 0, stream>>>(sinks, out, logSumExp);
    });
}

void mergeSinksBackward(const SinkAttention& sinks, const SinkGradients& gradients, cudaStream_t stream) {
    if (!seesSinks(sinks)) return;
    withSizes(sinks, [&](auto lanes, auto count, dim3 grid) {
        backwardKernel<lanes(), count()><<<grid, kThreads, 0, stream>>>(sinks, gradients);
    });
}

}  // namespace consa::kernels
