// Rotary positions, SwiGLU and cross-entropy on a GPU: one kernel each where plain operations take many passes.
#pragma once

#include "core/model/torch_api.h"

#include <array>

namespace consa {

/// True for bfloat16 on a GPU of compute capability 8.0 and later, in a build with CUDA.
[[nodiscard]] bool canFuseElementwise(const torch::Tensor& x);

/// Tables of rotary positions, float32 [tokens, headDim / 2].
struct RotaryTables {
    torch::Tensor cosine, sine;
};

/// Half-split rotary positions of q and k; v as it is. q: [batch, tokens, queryHeads, headDim], k, v: [batch, tokens,
/// kvHeads, headDim], last dimension contiguous, headDim a multiple of 16. The results are parts of one tensor [batch,
/// tokens, queryHeads + 2 kvHeads, headDim]. Differentiable in q, k, v; only when canFuseElementwise(q).
[[nodiscard]] std::array<torch::Tensor, 3> fusedRotary(const torch::Tensor& q, const torch::Tensor& k,
                                                       const torch::Tensor& v, const RotaryTables& tables);

/// silu(gate) up. gateUp: [..., 2 width], contiguous, width a multiple of 8. Returns [..., width]. Differentiable; only
/// when canFuseElementwise(gateUp).
[[nodiscard]] torch::Tensor fusedSwiglu(const torch::Tensor& gateUp);

/// Losses of rows, float32 [rows]; with gradScale not 0 `logits` [rows, vocabulary] becomes its gradient times
/// gradScale. vocabulary a multiple of 8; only when canFuseElementwise(logits). Records no gradients.
[[nodiscard]] torch::Tensor fusedCrossEntropy(torch::Tensor& logits, const torch::Tensor& targets, double gradScale);

}  // namespace consa
