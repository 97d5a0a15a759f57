// Attention written out in float64, one query after another: what every faster path is tested against.
#pragma once

#include <vector>

namespace consa {

/// Sizes of one attention call; every kv head serves queryHeads / kvHeads query heads.
struct AttentionShape {
    int tokens = 0;
    int queryHeads = 0;
    int kvHeads = 0;
    int headDim = 0;
};

/// True when key `key` is visible from query `query`: causal, and inside the window (the query counted) or a sink. A
/// native window bounds everything, sinks too; 0 is none.
[[nodiscard]] constexpr bool isVisible(int query, int key, int windowTokens, int sinkTokens, int nativeWindow = 0) {
    return key <= query && (query - key < windowTokens || key < sinkTokens) &&
           (nativeWindow == 0 || query - key < nativeWindow);
}

/// softmax(q k / sqrt(headDim)) v over the visible keys. q: [tokens, queryHeads, headDim]; k, v: [tokens, kvHeads,
/// headDim]; result: [tokens, queryHeads, headDim]. Full attention: windowTokens = tokens.
[[nodiscard]] std::vector<double> attentionReference(const AttentionShape& shape, const std::vector<double>& q,
                                                     const std::vector<double>& k, const std::vector<double>& v,
                                                     int windowTokens, int sinkTokens, int nativeWindow = 0);

}  // namespace consa
