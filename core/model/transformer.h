// A Llama-, Mistral- or Qwen-type decoder with gated attention.
#pragma once

#include "core/checkpoint/model_config.h"

#include "core/model/fused_elementwise.h"
#include "core/model/recompute.h"
#include "core/model/torch_api.h"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace consa {

class FusedDecoder;
class PartClock;

/// Gate values of a whole model for one pass.
struct ModelGates {
    std::vector<double> z;  // [layers x kvHeads], row-major; 1 = full, 0 = sliding
    torch::Tensor zTensor;  // the same as float32 [layers, kvHeads] on the model's device when gradients are wanted
    int windowTokens = 0;   // the query counted
    int sinkTokens = 0;
};

/// Called between layers, in the forward and the backward pass; throws to cancel.
using CancellationCheck = std::function<void()>;

/// Weights of one layer; linear layers are [out, in].
struct LayerWeights {
    torch::Tensor attentionNorm, feedForwardNorm;  // [hidden]
    torch::Tensor queryKeyValue;                   // [(queryHeads + 2 kvHeads) headDim, hidden]
    torch::Tensor queryKeyValueBias;               // [(queryHeads + 2 kvHeads) headDim]; undefined without biases
    torch::Tensor queryNorm, keyNorm;              // [headDim]; undefined without q/k norms
    torch::Tensor output;                          // [hidden, queryHeads headDim]
    torch::Tensor gateUp;                          // [2 feedForward, hidden]: gate rows, then up rows
    torch::Tensor down;                            // [hidden, feedForward]
};

/// All weights of a decoder, on one device in one number format.
struct TransformerWeights {
    torch::Tensor embedding;  // [vocabulary, hidden]
    torch::Tensor finalNorm;  // [hidden]
    torch::Tensor head;       // [vocabulary, hidden]; the embedding itself when tied
    std::vector<LayerWeights> layers;

    /// Every distinct tensor, for optimisers.
    [[nodiscard]] std::vector<torch::Tensor> all() const;
    /// The same with their names here: "embedding", "layers.0.gateUp"; a tied head is the embedding.
    [[nodiscard]] std::vector<std::pair<std::string, torch::Tensor>> named() const;
    /// A copy with tensors of its own in this format; a tied head stays tied.
    [[nodiscard]] TransformerWeights copiedAs(torch::ScalarType type) const;
};

/// Runs the decoder. Weights are frozen unless the caller makes them require gradients. Not thread-safe.
class Transformer {
public:
    Transformer(ModelConfig config, TransformerWeights weights);

    [[nodiscard]] const ModelConfig& config() const { return m_config; }
    [[nodiscard]] const TransformerWeights& weights() const { return m_weights; }
    [[nodiscard]] torch::Device device() const { return m_weights.embedding.device(); }

    /// ids: int64 [batch, tokens] on the device. Returns the normed last hidden states [batch, tokens, hidden].
    [[nodiscard]] torch::Tensor hidden(const torch::Tensor& ids, const ModelGates& gates,
                                       const CancellationCheck& check = {}) const;
    /// ids: [batch, tokens + 1]. Mean next-token loss over all tokens after the first, nats; differentiable in
    /// gates.zTensor and in weights that require gradients.
    [[nodiscard]] torch::Tensor loss(const torch::Tensor& ids, const ModelGates& gates,
                                     const CancellationCheck& check = {}) const;
    /// ids: [batch, tokens + 1]. Loss of every predicted token, float32 [batch, tokens]; no gradients.
    [[nodiscard]] torch::Tensor tokenLosses(const torch::Tensor& ids, const ModelGates& gates,
                                            const CancellationCheck& check = {}) const;

    /// What a training step on a GPU computes twice; without a value the least that fits its free memory.
    void setRecompute(std::optional<Recompute> recompute);
    /// False: every layer by plain operations and gatedAttention(), to compare with.
    void setFusesLayers(bool fuses) { m_fusesLayers = fuses; }
    /// Takes the times of a GPU's parts from here on; null ends it.
    void setPartClock(PartClock* clock) { m_clock = clock; }

private:
    [[nodiscard]] torch::Tensor layer(const torch::Tensor& x, std::size_t index, const ModelGates& gates) const;
    [[nodiscard]] std::array<torch::Tensor, 3> queryKeyValue(const torch::Tensor& x, const LayerWeights& weights) const;
    [[nodiscard]] torch::Tensor norm(const torch::Tensor& x, const torch::Tensor& weight) const;
    void prepareRotary(int64_t tokens) const;

    ModelConfig m_config;
    TransformerWeights m_weights;
    std::shared_ptr<FusedDecoder> m_fused;
    bool m_fusesLayers = true;
    PartClock* m_clock = nullptr;
    mutable torch::Tensor m_cosine, m_sine;     // [1, tokens, 1, headDim] in the weights' format, grown on demand
    mutable RotaryTables m_tables;              // the same for the fused path
    mutable std::vector<double> m_frequencies;  // that they were made with
};

}  // namespace consa
