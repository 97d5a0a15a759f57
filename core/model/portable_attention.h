// Full and sliding attention from LibTorch's ordinary operations: any device and number format, no T x T mask.
#pragma once

#include "core/model/torch_api.h"

namespace consa {

/// Causal attention over all earlier tokens. q: [batch, tokens, queryHeads, headDim]; k, v: [batch, tokens, kvHeads,
/// headDim]. Returns [batch, tokens, queryHeads, headDim].
[[nodiscard]] torch::Tensor portableFullAttention(const torch::Tensor& q, const torch::Tensor& k,
                                                  const torch::Tensor& v);

/// Causal attention over the last windowTokens tokens (the query counted) and the first sinkTokens, exact. Shapes as
/// above. Works in blocks of windowTokens queries: time and memory grow with tokens x (2 window + sinks). Nothing past
/// the last nativeWindow tokens is seen, sinks neither; 0 is no such bound.
[[nodiscard]] torch::Tensor portableSlidingAttention(const torch::Tensor& q, const torch::Tensor& k,
                                                     const torch::Tensor& v, int windowTokens, int sinkTokens,
                                                     int nativeWindow = 0);

}  // namespace consa
