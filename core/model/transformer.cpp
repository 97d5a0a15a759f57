// The decoder's forward pass, layer by layer.
#include "core/model/transformer.h"

#include "core/model/chunked_loss.h"
#include "core/model/fused_decoder.h"
#include "core/model/gated_attention.h"

#include <cmath>

namespace consa {

using torch::Tensor;
using torch::indexing::None;
using torch::indexing::Slice;

namespace {

/// Calls visit(name, tensor) for every weight of a layer that it has.
template <typename Layer, typename Visit>
void forEachWeight(Layer& layer, Visit visit) {
    const auto offer = [&](const char* name, auto& weight) {
        if (weight.defined()) visit(name, weight);
    };
    offer("attentionNorm", layer.attentionNorm);
    offer("queryKeyValue", layer.queryKeyValue);
    offer("queryKeyValueBias", layer.queryKeyValueBias);
    offer("queryNorm", layer.queryNorm);
    offer("keyNorm", layer.keyNorm);
    offer("output", layer.output);
    offer("feedForwardNorm", layer.feedForwardNorm);
    offer("gateUp", layer.gateUp);
    offer("down", layer.down);
}

}  // namespace

std::vector<std::pair<std::string, Tensor>> TransformerWeights::named() const {
    std::vector<std::pair<std::string, Tensor>> result{{"embedding", embedding}, {"finalNorm", finalNorm}};
    if (!head.is_same(embedding)) result.emplace_back("head", head);
    for (std::size_t i = 0; i < layers.size(); ++i)
        forEachWeight(layers[i], [&](const char* name, const Tensor& weight) {
            result.emplace_back("layers." + std::to_string(i) + "." + name, weight);
        });
    return result;
}

std::vector<Tensor> TransformerWeights::all() const {
    std::vector<Tensor> result;
    for (const auto& [name, weight] : named()) result.push_back(weight);
    return result;
}

TransformerWeights TransformerWeights::copiedAs(torch::ScalarType type) const {
    const torch::NoGradGuard noGradients;
    const auto copy = [type](const Tensor& x) { return x.detach().to(type, /*non_blocking=*/false, /*copy=*/true); };
    TransformerWeights result{copy(embedding), copy(finalNorm), {}, layers};
    result.head = head.is_same(embedding) ? result.embedding : copy(head);
    for (LayerWeights& layer : result.layers)
        forEachWeight(layer, [&](const char*, Tensor& weight) { weight = copy(weight); });
    return result;
}

Transformer::Transformer(ModelConfig config, TransformerWeights weights)
    : m_config(std::move(config)), m_weights(std::move(weights)), m_fused(std::make_shared<FusedDecoder>()) {}

void Transformer::setRecompute(std::optional<Recompute> recompute) {
    m_fused->setRecompute(recompute);
}

Tensor Transformer::norm(const Tensor& x, const Tensor& weight) const {
    return torch::rms_norm(x, {x.size(-1)}, weight, m_config.rmsNormEpsilon);
}

void Transformer::prepareRotary(int64_t tokens) const {
    std::vector<double> frequencies = rotaryFrequencies(m_config, tokens);
    if (m_cosine.defined() && m_cosine.size(1) >= tokens && frequencies == m_frequencies) return;
    m_frequencies = std::move(frequencies);
    const auto options = torch::TensorOptions(torch::kFloat64);
    const auto angle = torch::outer(torch::arange(tokens, options), torch::tensor(m_frequencies, options));
    const auto both = torch::cat({angle, angle}, -1).view({1, tokens, 1, m_config.headDim});
    m_cosine = torch::cos(both).to(device(), m_weights.embedding.scalar_type());
    m_sine = torch::sin(both).to(device(), m_weights.embedding.scalar_type());
    m_tables = {torch::cos(angle).to(device(), torch::kFloat32), torch::sin(angle).to(device(), torch::kFloat32)};
}

namespace {

/// Half-split rotary positions. x: [batch, tokens, heads, headDim].
Tensor rotate(const Tensor& x, const Tensor& cosine, const Tensor& sine) {
    const auto halves = x.chunk(2, -1);
    return torch::addcmul(x * cosine, torch::cat({-halves[1], halves[0]}, -1), sine);
}

/// gateUp: [batch, tokens, 2 width] -> [batch, tokens, width].
Tensor swiglu(const Tensor& gateUp) {
    constexpr int64_t kFusedMultiple = 8;
    if (canFuseElementwise(gateUp) && gateUp.size(-1) / 2 % kFusedMultiple == 0) return fusedSwiglu(gateUp);
    const auto halves = gateUp.chunk(2, -1);
    return torch::silu(halves[0]) * halves[1];
}

}  // namespace

std::array<Tensor, 3> Transformer::queryKeyValue(const Tensor& x, const LayerWeights& w) const {
    const int64_t batch = x.size(0), tokens = x.size(1);
    const int64_t heads = m_config.queryHeadCount, kvHeads = m_config.kvHeadCount;
    const auto projected = torch::linear(norm(x, w.attentionNorm), w.queryKeyValue, w.queryKeyValueBias)
                               .view({batch, tokens, heads + 2 * kvHeads, m_config.headDim});
    auto parts = projected.split_with_sizes({heads, kvHeads, kvHeads}, 2);
    if (m_config.hasQkNorm) {
        parts[0] = norm(parts[0], w.queryNorm);
        parts[1] = norm(parts[1], w.keyNorm);
    }
    constexpr int kFusedMultiple = 16;
    if (canFuseElementwise(x) && m_config.headDim % kFusedMultiple == 0)
        return fusedRotary(parts[0], parts[1], parts[2], m_tables);
    const auto cosine = m_cosine.narrow(1, 0, tokens), sine = m_sine.narrow(1, 0, tokens);
    return {rotate(parts[0], cosine, sine), rotate(parts[1], cosine, sine), parts[2]};
}

Tensor Transformer::layer(const Tensor& x, std::size_t index, const ModelGates& gates) const {
    const LayerWeights& w = m_weights.layers[index];
    const auto kvHeads = static_cast<std::size_t>(m_config.kvHeadCount);
    LayerGates layerGates{std::span(gates.z).subspan(index * kvHeads, kvHeads),
                          {},
                          gates.windowTokens,
                          gates.sinkTokens,
                          m_config.nativeWindow(static_cast<int>(index))};
    if (gates.zTensor.defined()) layerGates.zTensor = gates.zTensor[static_cast<int64_t>(index)];
    const auto [q, k, v] = queryKeyValue(x, w);
    const auto attended = gatedAttention(q, k, v, layerGates);
    const auto middle = x + torch::linear(attended.flatten(2, 3), w.output);
    return middle + torch::linear(swiglu(torch::linear(norm(middle, w.feedForwardNorm), w.gateUp)), w.down);
}

Tensor Transformer::hidden(const Tensor& ids, const ModelGates& gates, const CancellationCheck& check) const {
    prepareRotary(ids.size(1));
    Tensor x = torch::embedding(m_weights.embedding, ids);
    if (m_fusesLayers && canFuseDecoder(m_config, m_weights, ids.size(1), gates))
        return m_fused->hidden(m_config, m_weights, m_tables, x, gates, check, m_clock);
    for (std::size_t i = 0; i < m_weights.layers.size(); ++i) {
        if (check) check();
        x = layer(x, i, gates);
        if (check && x.requires_grad()) {
            x.register_hook([check](const Tensor&) { check(); });
        }
    }
    return norm(x, m_weights.finalNorm);
}

Tensor Transformer::loss(const Tensor& ids, const ModelGates& gates, const CancellationCheck& check) const {
    const auto inputs = ids.index({Slice(), Slice(None, -1)}), targets = ids.index({Slice(), Slice(1, None)});
    const auto last = hidden(inputs, gates, check).flatten(0, 1);
    if (m_clock) m_clock->mark(Part::Loss);
    const auto result = chunkedNextTokenLoss(last, m_weights.head, targets.flatten());
    if (m_clock) m_clock->mark(Part::Other);
    return result;
}

Tensor Transformer::tokenLosses(const Tensor& ids, const ModelGates& gates, const CancellationCheck& check) const {
    const torch::NoGradGuard noGradients;
    const auto inputs = ids.index({Slice(), Slice(None, -1)}), targets = ids.index({Slice(), Slice(1, None)});
    const auto last = hidden(inputs, gates, check).flatten(0, 1);
    if (m_clock) m_clock->mark(Part::Loss);
    const auto losses = nextTokenLosses(last, m_weights.head, targets.flatten());
    if (m_clock) m_clock->mark(Part::Other);
    return losses.view(inputs.sizes());
}

}  // namespace consa
