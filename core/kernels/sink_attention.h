// Adds the sinks to a sliding-window attention that was computed without them, exactly: outputs merge by log-sum-exp.
#pragma once

#include <cuda_runtime_api.h>

namespace consa::kernels {

inline constexpr int kMaxSinks = 8;
inline constexpr int kMaxSinkHeadDim = 128;

/// One attention call; bfloat16 tensors with the last dimension contiguous. Token strides are in values; heads lie
/// headDim apart. A query at position t sees sink j < sinkTokens as a sink when t - j >= windowTokens.
struct SinkAttention {
    const void* q = nullptr;  // [batch, tokens, queryHeads, headDim]
    const void* k = nullptr;  // [batch, tokens, kvHeads, headDim]
    const void* v = nullptr;  // like k
    long long qTokenStride = 0;
    long long kTokenStride = 0;
    long long vTokenStride = 0;
    int batch = 0;
    int tokens = 0;
    int queryHeads = 0;
    int kvHeads = 0;
    int headDim = 0;
    int windowTokens = 0;
    int sinkTokens = 0;  // at most kMaxSinks
    float scale = 0;     // 1 / sqrt(headDim)
};

/// Merges in place: `out` bfloat16 [batch, tokens, queryHeads, headDim] contiguous and `logSumExp` float32 [batch,
/// queryHeads, tokens], both of the window part on entry and of window and sinks on return.
void mergeSinksForward(const SinkAttention& sinks, void* out, float* logSumExp, cudaStream_t stream);

/// The sinks' part of the gradients, given merged out and logSumExp: adds to `gradQ` (bfloat16, contiguous like out)
/// and to `gradSinkK`, `gradSinkV` (float32 [batch, sinkTokens, kvHeads, headDim], zero on entry).
void mergeSinksBackward(const SinkAttention& sinks, const void* gradOut, const void* out, const float* logSumExp,
                        void* gradQ, float* gradSinkK, float* gradSinkV, cudaStream_t stream);

}  // namespace consa::kernels
