// From a checkpoint's tensors to a decoder on a device, and back.
#pragma once

#include "core/checkpoint/checkpoint.h"
#include "core/model/transformer.h"
#include "core/training/training_config.h"

#include <functional>

namespace consa {

/// `auto` (a GPU when there is one), `cpu`, `cuda` or `cuda:N`. Throws Error (BadInput) saying what is missing.
[[nodiscard]] torch::Device deviceFromString(const std::string& word);

/// The format behind Auto for this device; see DataType.
[[nodiscard]] torch::ScalarType scalarType(DataType type, const torch::Device& device, bool forLearning);

/// Reads every tensor, converts and moves it. `progress` is called with 0..1; what it throws ends the loading.
[[nodiscard]] Transformer loadTransformer(const Checkpoint& checkpoint, const torch::Device& device,
                                          torch::ScalarType type, const std::function<void(double)>& progress = {});

/// A decoder with random weights (normal, 0.02; output projections scaled by 1 / sqrt(2 layers)). They are drawn where
/// they stay: a CPU and a GPU draw other numbers from one seed.
[[nodiscard]] Transformer randomTransformer(const ModelConfig& config, const torch::Device& device, std::uint64_t seed,
                                            torch::ScalarType type = torch::kFloat32);

/// Weights under Hugging Face's names as float32 on the CPU, in the order of requiredTensors().
[[nodiscard]] std::vector<std::pair<std::string, torch::Tensor>> namedWeights(const Transformer& model);

}  // namespace consa
