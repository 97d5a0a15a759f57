// Masters or low-rank updates, clipping, and the way back into the working weights.
#include "core/training/weight_optimiser.h"

#include "core/base/dice.h"
#include "core/base/error.h"

#include <ATen/ops/_foreach_norm.h>

#include <algorithm>
#include <cmath>

namespace consa {

using torch::Tensor;

namespace {

constexpr const char* kSteps = "steps";

/// Positions in TransformerWeights::all() of what moves: everything, or the linear layers of the blocks.
std::vector<std::size_t> movedIndices(const NamedTensors& weights, bool isLowRank) {
    std::vector<std::size_t> result;
    for (std::size_t i = 0; i < weights.size(); ++i) {
        const std::string& name = weights[i].first;
        const auto endsWith = [&](const char* end) { return name.ends_with(end); };
        if (!isLowRank || endsWith(".queryKeyValue") || endsWith(".output") || endsWith(".gateUp") || endsWith(".down"))
            result.push_back(i);
    }
    return result;
}

/// Around `weights`, or copies of them where they are the working ones, which are written to.
std::vector<LowRankUpdate> lowRankUpdates(const NamedTensors& weights, const std::vector<std::size_t>& moved,
                                          const TrainingConfig& config, bool areWorking) {
    std::vector<LowRankUpdate> result;
    if (config.loraRank == 0) return result;
    for (const std::size_t index : moved) {
        const Tensor base = weights[index].second.detach();
        result.push_back(LowRankUpdate::around(areWorking ? base.clone() : base, config.loraRank, config.loraAlpha,
                                               mixSeed(config.seed, index)));
    }
    return result;
}

/// What AdamW moves.
NamedTensors parameters(const NamedTensors& weights, const std::vector<std::size_t>& moved,
                        const std::vector<LowRankUpdate>& updates) {
    NamedTensors result;
    for (std::size_t i = 0; i < moved.size(); ++i) {
        const auto& [name, weight] = weights[moved[i]];
        if (updates.empty()) {
            result.emplace_back(name, weight);
        } else {
            result.emplace_back(name + ".a", updates[i].a);
            result.emplace_back(name + ".b", updates[i].b);
        }
    }
    return result;
}

}  // namespace

WeightOptimiser::WeightOptimiser(const Transformer& model, const TransformerWeights& precise,
                                 const TrainingConfig& config)
    : m_gradientClip(config.gradientClip),
      m_precise(precise),
      m_indices(movedIndices(precise.named(), config.loraRank > 0)),
      m_updates(
          lowRankUpdates(precise.named(), m_indices, config, precise.embedding.is_same(model.weights().embedding))),
      m_adamw(parameters(precise.named(), m_indices, m_updates), config.weightDecay) {
    const std::vector<Tensor> working = model.weights().all();
    for (const std::size_t index : m_indices) m_working.push_back(working[index].requires_grad_());
}

void WeightOptimiser::clearGradients() {
    m_gradients.clear();
    for (const Tensor& working : m_working) working.mutable_grad() = Tensor();
}

Tensor WeightOptimiser::gradientNorm() {
    const torch::NoGradGuard noGradients;
    m_gradients.clear();
    for (std::size_t i = 0; i < m_working.size(); ++i) {
        Tensor& gradient = m_working[i].mutable_grad();
        if (m_updates.empty()) {
            m_gradients.push_back(gradient);
        } else if (!gradient.defined()) {
            m_gradients.resize(m_gradients.size() + 2);
        } else {
            for (const Tensor& factor : m_updates[i].gradients(gradient)) m_gradients.push_back(factor);
        }
        gradient = Tensor();
    }
    std::vector<Tensor> all;
    std::copy_if(m_gradients.begin(), m_gradients.end(), std::back_inserter(all),
                 [](const Tensor& x) { return x.defined(); });
    const auto type = m_precise.embedding.scalar_type();
    if (all.empty()) return torch::zeros({}, m_precise.embedding.options());
    return torch::stack(at::_foreach_norm(all, 2, type)).norm();
}

void WeightOptimiser::requireFinite(double norm) const {
    if (std::isfinite(norm)) return;
    throw Error("The gradient is not a number at step " + std::to_string(stepsDone()) +
                    "; the weights of the step before are kept. Try a smaller --weight-lr or --dtype float32.",
                ErrorKind::RunFailed);
}

void WeightOptimiser::step(double norm, double learningRate) {
    requireFinite(norm);
    constexpr double kTiny = 1e-6;  // as torch.nn.utils.clip_grad_norm_
    m_adamw.step(m_gradients, std::min(1.0, m_gradientClip / (norm + kTiny)), learningRate);
    m_gradients.clear();
    writeWorking();
}

void WeightOptimiser::writeWorking() {
    const torch::NoGradGuard noGradients;
    const std::vector<Tensor> precise = m_precise.all();
    for (std::size_t i = 0; i < m_working.size(); ++i) {
        const Tensor value = m_updates.empty() ? precise[m_indices[i]] : m_updates[i].value();
        if (value.data_ptr() != m_working[i].data_ptr()) m_working[i].copy_(value);
    }
}

TransformerWeights WeightOptimiser::weightsAs(torch::ScalarType type) const {
    const torch::NoGradGuard noGradients;
    TransformerWeights result = m_precise.copiedAs(type);
    const std::vector<Tensor> all = result.all();
    for (std::size_t i = 0; i < m_updates.size(); ++i) all[m_indices[i]].copy_(m_updates[i].value());
    return result;
}

NamedTensors WeightOptimiser::state() const {
    NamedTensors result = m_adamw.state();
    result.emplace_back(kSteps, torch::full({1}, static_cast<double>(stepsDone()), torch::kFloat32));
    return result;
}

void WeightOptimiser::restore(const StateLookup& lookup) {
    const torch::NoGradGuard noGradients;
    for (const auto& [name, tensor] : m_adamw.state()) {
        const Tensor value = lookup(name);
        if (value.numel() != tensor.numel())
            throw Error("the kept weights are of another model or --lora-rank: " + name + " has " +
                        std::to_string(value.numel()) + " values, expected " + std::to_string(tensor.numel()));
        tensor.copy_(value.view(tensor.sizes()));
    }
    m_adamw.setStepsDone(lookup(kSteps).item<std::int64_t>());
    writeWorking();
}

}  // namespace consa
