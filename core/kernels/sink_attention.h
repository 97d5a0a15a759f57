// Adds the sinks to a sliding-window attention that was computed without them, exactly: outputs merge by log-sum-exp.
#pragma once

#include <cuda_runtime_api.h>

namespace consa::kernels {

inline constexpr int kMaxSinks = 8;
inline constexpr int kMaxSinkHeadDim = 128;
inline constexpr int kSinkHeadDimStep = 32;

/// A [batch, tokens, heads, headDim] tensor of bfloat16: heads lie headDim apart, the batch tokens x tokenStride.
struct HeadsIn {
    const void* data = nullptr;
    long long tokenStride = 0;  // in values; a multiple of 8, `data` aligned to 16 bytes
};

/// The same to write to.
struct HeadsOut {
    void* data = nullptr;
    long long tokenStride = 0;
};

/// One attention call. A query at position t sees sink j < sinkTokens as a sink when t - j >= windowTokens.
struct SinkAttention {
    HeadsIn q;  // queryHeads
    HeadsIn k;  // kvHeads
    HeadsIn v;  // kvHeads
    int batch = 0;
    int tokens = 0;
    int queryHeads = 0;
    int kvHeads = 0;
    int headDim = 0;  // a multiple of kSinkHeadDimStep up to kMaxSinkHeadDim
    int windowTokens = 0;
    int sinkTokens = 0;  // at most kMaxSinks
    float scale = 0;     // 1 / sqrt(headDim)
};

/// Merges in place: `out` (queryHeads) and `logSumExp` float32 [batch, queryHeads, tokens], both of the window part on
/// entry and of window and sinks on return.
void mergeSinksForward(const SinkAttention& sinks, HeadsOut out, float* logSumExp, cudaStream_t stream);

/// The sinks' part of the gradients, of the KV heads from `firstKvHead` on of an accumulator of `kvHeads` heads.
struct SinkGradients {
    HeadsIn gradOut;                   // queryHeads
    HeadsIn out;                       // queryHeads, merged
    const float* logSumExp = nullptr;  // merged
    HeadsOut gradQ;                    // queryHeads: added to
    float* gradSinkK = nullptr;        // float32 [batch, sinkTokens, kvHeads, headDim]: added to
    float* gradSinkV = nullptr;        // likewise
    int kvHeads = 0;                   // of the accumulators
    int firstKvHead = 0;
};

void mergeSinksBackward(const SinkAttention& sinks, const SinkGradients& gradients, cudaStream_t stream);

}  // namespace consa::kernels
