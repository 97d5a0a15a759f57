// All layers of a decoder on a GPU as one step of autograd.
#pragma once

#include "core/model/part_clock.h"
#include "core/model/recompute.h"
#include "core/model/transformer.h"

#include <memory>

namespace consa {

/// True where the fused layers compute this call: built with CUDA, bfloat16 on compute capability 9.0 (measured there;
/// others take gatedAttention()'s paths), head dimensions 64 and 128, sizes that are multiples of 8, at most 64 KV
/// heads and 8 sinks, no head bounded by the model's own window.
[[nodiscard]] bool canFuseDecoder(const ModelConfig& config, const TransformerWeights& weights, int64_t tokens,
                                  const ModelGates& gates);

/// Bytes of device memory that a training step's activations take, about; a step of `tokens` in all.
[[nodiscard]] int64_t activationBytes(const ModelConfig& config, int64_t tokens, Recompute recompute);

/// The fused layers of one model. Not thread-safe.
class FusedDecoder {
public:
    FusedDecoder();
    ~FusedDecoder();

    /// x: embedded tokens [batch, tokens, hidden], bfloat16, contiguous. Returns the normed last hidden states, shaped
    /// alike; differentiable once in x, gates.zTensor and weights that require gradients. Only when canFuseDecoder().
    [[nodiscard]] torch::Tensor hidden(const ModelConfig& config, const TransformerWeights& weights,
                                       const RotaryTables& tables, const torch::Tensor& x, const ModelGates& gates,
                                       const CancellationCheck& check, PartClock* clock);

    /// What a training step computes twice; without a value the least that fits the device's free memory.
    void setRecompute(std::optional<Recompute> recompute);

private:
    struct State;
    std::shared_ptr<State> m_state;
};

}  // namespace consa
