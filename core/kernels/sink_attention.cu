// Kernels of sink_attention.h: a warp for each (token, query head), the lanes share the head's dimensions.
#include "core/kernels/sink_attention.h"

#include <cuda_bf16.h>

namespace consa::kernels {

namespace {

constexpr int kWarps = 8;
constexpr int kLaneValues = kMaxSinkHeadDim / 32;  // values of a head that one lane holds
constexpr int kTokensPerBlock = 64;

__device__ __forceinline__ float warpSum(float value) {
    for (int offset = 16; offset > 0; offset /= 2) value += __shfl_xor_sync(0xffffffffu, value, offset);
    return value;
}

/// A head's values spread over a warp: lane l holds dimensions l, l + 32, ...
struct LaneVector {
    float value[kLaneValues];
};

__device__ __forceinline__ LaneVector load(const __nv_bfloat16* head, int dim, int lane) {
    LaneVector v;
    for (int i = 0; i < kLaneValues; ++i) {
        const int d = lane + 32 * i;
        v.value[i] = d < dim ? __bfloat162float(head[d]) : 0.0f;
    }
    return v;
}

__device__ __forceinline__ float dot(const LaneVector& a, const LaneVector& b) {
    float sum = 0;
    for (int i = 0; i < kLaneValues; ++i) sum += a.value[i] * b.value[i];
    return warpSum(sum);
}

/// Sinks that lie outside the window of the query at `token`: the first so many.
__device__ __forceinline__ int visibleSinks(const SinkAttention& s, int token) {
    return min(s.sinkTokens, max(0, token - s.windowTokens + 1));
}

/// The sinks' keys and values of one KV head, kept in registers by every warp.
struct SinkHeads {
    LaneVector k[kMaxSinks];
    LaneVector v[kMaxSinks];
};

__device__ void loadSinks(const SinkAttention& s, int batch, int kvHead, int lane, SinkHeads& heads) {
    const auto* k = static_cast<const __nv_bfloat16*>(s.k);
    const auto* v = static_cast<const __nv_bfloat16*>(s.v);
    for (int j = 0; j < kMaxSinks; ++j) {
        if (j >= s.sinkTokens) break;
        const long long token = static_cast<long long>(batch) * s.tokens + j;
        heads.k[j] = load(k + token * s.kTokenStride + static_cast<long long>(kvHead) * s.headDim, s.headDim, lane);
        heads.v[j] = load(v + token * s.vTokenStride + static_cast<long long>(kvHead) * s.headDim, s.headDim, lane);
    }
}

// Grid: x over token tiles, y over KV heads, z over the batch.
__global__ void forwardKernel(SinkAttention s, __nv_bfloat16* out, float* logSumExp) {
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int kvHead = blockIdx.y, batch = blockIdx.z, group = s.queryHeads / s.kvHeads;
    SinkHeads sinks;
    loadSinks(s, batch, kvHead, lane, sinks);
    for (int i = warp; i < kTokensPerBlock * group; i += kWarps) {
        const int token = blockIdx.x * kTokensPerBlock + i / group, head = kvHead * group + i % group;
        const int visible = token < s.tokens ? visibleSinks(s, token) : 0;
        if (visible == 0) continue;
        const long long row = static_cast<long long>(batch) * s.tokens + token;
        const LaneVector q =
            load(static_cast<const __nv_bfloat16*>(s.q) + row * s.qTokenStride + head * s.headDim, s.headDim, lane);
        float* lse = logSumExp + (static_cast<long long>(batch) * s.queryHeads + head) * s.tokens + token;
        const float windowLse = *lse;
        float score[kMaxSinks], highest = windowLse;
        for (int j = 0; j < kMaxSinks; ++j) {
            if (j >= visible) break;
            score[j] = dot(q, sinks.k[j]) * s.scale;
            highest = fmaxf(highest, score[j]);
        }
        float total = __expf(windowLse - highest);
        for (int j = 0; j < kMaxSinks; ++j)
            if (j < visible) total += __expf(score[j] - highest);
        const float mergedLse = highest + __logf(total);
        const float windowShare = __expf(windowLse - mergedLse);
        __nv_bfloat16* o = out + (row * s.queryHeads + head) * s.headDim;
        LaneVector merged = load(o, s.headDim, lane);
        for (float& value : merged.value) value *= windowShare;
        for (int j = 0; j < kMaxSinks; ++j) {
            if (j >= visible) break;
            const float share = __expf(score[j] - mergedLse);
            for (int d = 0; d < kLaneValues; ++d) merged.value[d] += share * sinks.v[j].value[d];
        }
        for (int d = 0; d < kLaneValues; ++d)
            if (lane + 32 * d < s.headDim) o[lane + 32 * d] = __float2bfloat16(merged.value[d]);
        if (lane == 0) *lse = mergedLse;
    }
}

__global__ void backwardKernel(SinkAttention s, const __nv_bfloat16* gradOut, const __nv_bfloat16* out,
                               const float* logSumExp, __nv_bfloat16* gradQ, float* gradSinkK, float* gradSinkV) {
    __shared__ float blockK[kMaxSinks * kMaxSinkHeadDim], blockV[kMaxSinks * kMaxSinkHeadDim];
    const int lane = threadIdx.x % 32, warp = threadIdx.x / 32;
    const int kvHead = blockIdx.y, batch = blockIdx.z, group = s.queryHeads / s.kvHeads;
    for (int i = threadIdx.x; i < kMaxSinks * kMaxSinkHeadDim; i += blockDim.x) blockK[i] = blockV[i] = 0;
    SinkHeads sinks;
    loadSinks(s, batch, kvHead, lane, sinks);
    LaneVector sumK[kMaxSinks] = {}, sumV[kMaxSinks] = {};
    for (int i = warp; i < kTokensPerBlock * group; i += kWarps) {
        const int token = blockIdx.x * kTokensPerBlock + i / group, head = kvHead * group + i % group;
        const int visible = token < s.tokens ? visibleSinks(s, token) : 0;
        if (visible == 0) continue;
        const long long row = static_cast<long long>(batch) * s.tokens + token;
        const long long at = (row * s.queryHeads + head) * s.headDim;
        const LaneVector q =
            load(static_cast<const __nv_bfloat16*>(s.q) + row * s.qTokenStride + head * s.headDim, s.headDim, lane);
        const LaneVector g = load(gradOut + at, s.headDim, lane);
        const float delta = dot(g, load(out + at, s.headDim, lane));
        const float lse = logSumExp[(static_cast<long long>(batch) * s.queryHeads + head) * s.tokens + token];
        LaneVector gq = load(gradQ + at, s.headDim, lane);
        for (int j = 0; j < kMaxSinks; ++j) {
            if (j >= visible) break;
            const float share = __expf(dot(q, sinks.k[j]) * s.scale - lse);
            const float gradScore = share * (dot(g, sinks.v[j]) - delta) * s.scale;
            for (int d = 0; d < kLaneValues; ++d) {
                gq.value[d] += gradScore * sinks.k[j].value[d];
                sumK[j].value[d] += gradScore * q.value[d];
                sumV[j].value[d] += share * g.value[d];
            }
        }
        for (int d = 0; d < kLaneValues; ++d)
            if (lane + 32 * d < s.headDim) gradQ[at + lane + 32 * d] = __float2bfloat16(gq.value[d]);
    }
    __syncthreads();
    for (int j = 0; j < kMaxSinks; ++j) {
        if (j >= s.sinkTokens) break;
        for (int d = 0; d < kLaneValues; ++d) {
            atomicAdd(blockK + j * kMaxSinkHeadDim + lane + 32 * d, sumK[j].value[d]);
            atomicAdd(blockV + j * kMaxSinkHeadDim + lane + 32 * d, sumV[j].value[d]);
        }
    }
    __syncthreads();
    for (int i = threadIdx.x; i < s.sinkTokens * s.headDim; i += blockDim.x) {
        const int j = i / s.headDim, d = i % s.headDim;
        const long long at = ((static_cast<long long>(batch) * s.sinkTokens + j) * s.kvHeads + kvHead) * s.headDim + d;
        atomicAdd(gradSinkK + at, blockK[j * kMaxSinkHeadDim + d]);
        atomicAdd(gradSinkV + at, blockV[j * kMaxSinkHeadDim + d]);
    }
}

dim3 gridOf(const SinkAttention& s) {
    return dim3(static_cast<unsigned>((s.tokens + kTokensPerBlock - 1) / kTokensPerBlock),
                static_cast<unsigned>(s.kvHeads), static_cast<unsigned>(s.batch));
}

}  // namespace

void mergeSinksForward(const SinkAttention& sinks, void* out, float* logSumExp, cudaStream_t stream) {
    forwardKernel<<<gridOf(sinks), kWarps * 32, 0, stream>>>(sinks, static_cast<__nv_bfloat16*>(out), logSumExp);
}

void mergeSinksBackward(const SinkAttention& sinks, const void* gradOut, const void* out, const float* logSumExp,
                        void* gradQ, float* gradSinkK, float* gradSinkV, cudaStream_t stream) {
    backwardKernel<<<gridOf(sinks), kWarps * 32, 0, stream>>>(sinks, static_cast<const __nv_bfloat16*>(gradOut),
                                                              static_cast<const __nv_bfloat16*>(out), logSumExp,
                                                              static_cast<__nv_bfloat16*>(gradQ), gradSinkK, gradSinkV);
}

}  // namespace consa::kernels
