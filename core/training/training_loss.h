// What a step minimises over a batch: next-token loss, or the distance to the model with every head full.
#pragma once

#include "core/model/transformer.h"
#include "core/training/training_choices.h"

namespace consa {

/// Loss of `model` under `gates` on ids [batch, tokens + 1], a scalar differentiable as Transformer::loss is.
/// NextToken: nats a token. DistillKl: mean KL(teacher || model) of the next token's distributions, nats a token.
/// DistillHidden: squared error of the normed last hidden states over the teacher's squared size, no unit. `teacher`
/// runs with every head full and may be `model` itself.
[[nodiscard]] torch::Tensor trainingLoss(TrainingLoss kind, const Transformer& model, const Transformer& teacher,
                                         const torch::Tensor& ids, const ModelGates& gates,
                                         const CancellationCheck& check = {});

}  // namespace consa
