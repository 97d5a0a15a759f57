// The weights that a run moves: a copy of the opened model's, their optimiser, and their files.
#pragma once

#include "core/session/opened_model.h"
#include "core/session/run_folder.h"
#include "core/training/weight_optimiser.h"

#include <filesystem>
#include <optional>

namespace consa {

/// Owns a copy of a model's weights, so that the opened model stays what it was. Lives on the session's thread.
class TrainedWeights {
public:
    /// Reads the weights anew. `type`: the format that the decoder computes in. Throws Error (BadInput) when the device
    /// has no room for weights, gradients and moments; what `progress` throws ends the loading.
    TrainedWeights(const OpenedModel& opened, const TrainingConfig& config, torch::ScalarType type,
                   const OpeningProgress& progress);

    [[nodiscard]] const Transformer& model() const { return m_model; }
    [[nodiscard]] WeightOptimiser& optimiser() { return m_optimiser; }

    /// The weights as they are now in another format, rounded from the masters; the last one is kept for the next call.
    [[nodiscard]] const Transformer& as(torch::ScalarType type);

    /// What RunFolder::saveCheckpoint() takes.
    [[nodiscard]] WeightState state() const;
    /// Goes on from a file that was saved. Throws Error (BadInput) when it is of another model or rank.
    void restore(const std::filesystem::path& file);

private:
    TrainedWeights(const ModelConfig& config, TransformerWeights precise, const TrainingConfig& training,
                   torch::ScalarType type);

    Transformer m_model;
    WeightOptimiser m_optimiser;
    std::optional<Transformer> m_converted;
    torch::ScalarType m_convertedType{};
    std::int64_t m_convertedAtStep = -1;
};

/// The model with the weights that the run in `folder` had at its checkpoint, without an optimiser. `checkpoint`: the
/// model that the run began with. Throws Error (BadInput) when weights of another model lie there.
[[nodiscard]] Transformer trainedModel(const Checkpoint& checkpoint, const RunFolder& folder,
                                       const torch::Device& device, torch::ScalarType type,
                                       const OpeningProgress& progress);

}  // namespace consa
