// Attention of one layer whose KV heads are full, sliding or, by their gate, both.
#pragma once

#include "core/model/torch_api.h"

#include <span>

namespace consa {

/// The gates of one layer. A KV head with z = 1 is computed as full only, with z = 0 as sliding only; in between both
/// branches are computed and mixed.
struct LayerGates {
    std::span<const double> z;  // [kvHeads], known on the host so that no device decides what is computed
    torch::Tensor zTensor;      // [kvHeads] float32 on the model's device, when gradients are wanted; else undefined
    int windowTokens = 0;       // the query counted
    int sinkTokens = 0;
    int nativeWindow = 0;  // most tokens that any head sees, the query counted; 0 for no bound
};

/// q: [batch, tokens, queryHeads, headDim]; k, v: [batch, tokens, kvHeads, headDim], rotary applied; any strides with a
/// contiguous last dimension. Returns [batch, tokens, queryHeads, headDim]. Differentiable in q, k, v and zTensor.
/// bfloat16 on a GPU of compute capability 8.0 and later takes the fused path, everything else the portable one.
[[nodiscard]] torch::Tensor gatedAttention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                           const LayerGates& gates);

}  // namespace consa
