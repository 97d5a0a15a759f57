// Decoders of ours on the paper's grid, 28 layers of 8 KV heads, trained from nothing: scale in miniature.
#pragma once

#include "core/checkpoint/model_config.h"
#include "core/training/pretrain_run.h"

#include <optional>

namespace consa {

/// 28 layers of 16 query and 8 KV heads at this hidden size (the grid of arXiv 2606.18056's models, far smaller).
[[nodiscard]] ModelConfig miniatureShape(int hiddenSize, int vocabularySize);

/// The width of "miniature-WIDTH"; nothing for other words. Throws Error (BadInput) for a width that heads don't
/// divide.
[[nodiscard]] std::optional<int> miniatureWidth(const std::string& shape);

/// Trains all weights with every head full on run.corpus, tokenised as run.tokenizer's model does, and writes a Hugging
/// Face folder to run.out. Returns the mean loss of the last steps reported, nats a token.
double pretrainMiniature(const PretrainRun& run, int hiddenSize, const PretrainReport& report);

}  // namespace consa
