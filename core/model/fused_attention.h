// The gated attention of one layer on a GPU: cuDNN for full, windowed FlashAttention-2 with merged sinks for sliding,
// our kernel for the mix and the gates' gradients.
#pragma once

#include "core/model/gated_attention.h"

namespace consa {

/// True when the fused path can compute this call: built with CUDA, bfloat16 on compute capability 8.0 or later, head
/// dimension a multiple of 8 up to 128, at most 8 sinks and 64 KV heads.
[[nodiscard]] bool canFuseAttention(const torch::Tensor& q, const torch::Tensor& k, const LayerGates& gates);

/// As gatedAttention(); only when canFuseAttention().
[[nodiscard]] torch::Tensor fusedGatedAttention(const torch::Tensor& q, const torch::Tensor& k, const torch::Tensor& v,
                                                const LayerGates& gates);

}  // namespace consa
