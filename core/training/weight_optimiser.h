// Moves a decoder's weights: all of them, or low-rank updates of its linear layers.
#pragma once

#include "core/model/transformer.h"
#include "core/training/adamw.h"
#include "core/training/low_rank_update.h"
#include "core/training/training_config.h"

#include <functional>
#include <string>
#include <vector>

namespace consa {

/// The values of one tensor of a state by its name, of any shape with so many elements, on any device.
using StateLookup = std::function<torch::Tensor(const std::string& name)>;

/// Trains a Transformer's weights by AdamW on float32 masters; the working weights, in the format the decoder computes
/// in, are rounded copies. A step: clearGradients(), backward passes, gradientNorm(), step().
///
/// With config.loraRank > 0 only the blocks' linear layers move, by W = W0 + (loraAlpha / loraRank) B A (Hu et al.,
/// arXiv 2106.09685). W is held whole, so that the forward pass is the decoder's own.
class WeightOptimiser {
public:
    /// Lets the weights of `model` that move require gradients. `precise`: the same weights in float32 (float64 in
    /// tests), taken as masters; may be the model's own tensors. Takes weightDecay, gradientClip, loraRank, loraAlpha
    /// and the seed (of A) from `config`.
    WeightOptimiser(const Transformer& model, const TransformerWeights& precise, const TrainingConfig& config);

    /// Forgets what earlier backward passes left.
    void clearGradients();
    /// Norm of the gradient accumulated since clearGradients() over all that AdamW moves: a float32 scalar on the
    /// device, which is not waited for. Takes the gradients over for step().
    [[nodiscard]] torch::Tensor gradientNorm();
    /// Throws Error (RunFailed) unless `norm`, the value of gradientNorm(), is finite.
    void requireFinite(double norm) const;
    /// Clips to gradientClip by `norm` and updates. Throws Error (RunFailed) when the norm is not finite, and nothing
    /// has changed.
    void step(double norm, double learningRate);

    /// The trained weights in this format, rounded from the masters.
    [[nodiscard]] TransformerWeights weightsAs(torch::ScalarType type) const;

    /// The steps taken.
    [[nodiscard]] std::int64_t stepsDone() const { return m_adamw.stepsDone(); }
    /// Masters, or A and B ("NAME.a", "NAME.b"), with AdamW's moments and the count of its "steps": all that a resumed
    /// run needs to go on exactly. The tensors themselves, not copies.
    [[nodiscard]] NamedTensors state() const;
    /// Overwrites the state and the working weights. Throws Error (BadInput) when a tensor has another size.
    void restore(const StateLookup& lookup);

private:
    void writeWorking();

    double m_gradientClip;
    TransformerWeights m_precise;            // masters where all weights move, else the weights as they were
    std::vector<std::size_t> m_indices;      // of the weights that move, in TransformerWeights::all()
    std::vector<torch::Tensor> m_working;    // their rounded copies in the model
    std::vector<LowRankUpdate> m_updates;    // one each; empty where all weights move
    AdamW m_adamw;                           // of the masters, or of A and B of each
    std::vector<torch::Tensor> m_gradients;  // of the same
};

}  // namespace consa
