// Next-token loss without the logits of all tokens at once: chunk by chunk, the gradient in the same pass.
#pragma once

#include "core/model/torch_api.h"

namespace consa {

/// Mean cross-entropy of `targets` under softmax(hidden weight^T), nats. hidden: [rows, hiddenSize]; weight:
/// [vocabulary, hiddenSize]; targets: [rows] int64. Differentiable in hidden, and in weight when it requires grad.
[[nodiscard]] torch::Tensor chunkedNextTokenLoss(const torch::Tensor& hidden, const torch::Tensor& weight,
                                                 const torch::Tensor& targets);

/// Mean KL divergence of softmax(hidden weight^T) from softmax(teacherHidden teacherWeight^T), KL(teacher || student),
/// nats. hidden, teacherHidden: [rows, hiddenSize]; weights: [vocabulary, hiddenSize]. Differentiable in hidden, and in
/// weight when it requires grad.
[[nodiscard]] torch::Tensor chunkedDistillationLoss(const torch::Tensor& hidden, const torch::Tensor& weight,
                                                    const torch::Tensor& teacherHidden,
                                                    const torch::Tensor& teacherWeight);

/// Cross-entropy of each row, float32 [rows]; no gradients.
[[nodiscard]] torch::Tensor nextTokenLosses(const torch::Tensor& hidden, const torch::Tensor& weight,
                                            const torch::Tensor& targets);

}  // namespace consa
