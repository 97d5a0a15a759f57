// AdamW with warm-up and cosine over a whole decoder.
#include "core/training/pretrainer.h"

#include "core/base/error.h"
#include "core/training/trainer.h"

#include <torch/nn/utils/clip_grad.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace consa {

Pretrainer::Pretrainer(Transformer& model, const TokenCorpus& corpus, const PretrainConfig& config)
    : m_model(model),
      m_corpus(corpus),
      m_config(config),
      m_sampler(corpus.windows(Split::Train, config.contextTokens), config.batchSize, config.seed),
      m_parameters(model.weights().all()) {
    std::vector<torch::Tensor> matrices, vectors;
    for (torch::Tensor& parameter : m_parameters) {
        parameter.requires_grad_();
        (parameter.dim() > 1 ? matrices : vectors).push_back(parameter);
    }
    const auto options = [&](double decay) {
        return std::make_unique<torch::optim::AdamWOptions>(
            torch::optim::AdamWOptions(config.learningRate).betas({0.9, 0.95}).weight_decay(decay));
    };
    std::vector<torch::optim::OptimizerParamGroup> groups;
    groups.emplace_back(matrices, options(config.weightDecay));
    groups.emplace_back(vectors, options(0));
    m_optimiser = std::make_unique<torch::optim::AdamW>(groups, torch::optim::AdamWOptions(config.learningRate));
}

double Pretrainer::learningRate() const {
    const double warmup = std::min(1.0, (m_step + 1.0) / std::max(1, m_config.warmupSteps));
    const double cosine = 0.5 * (1 + std::cos(std::numbers::pi * m_step / m_config.stepCount));
    return m_config.learningRate * warmup * (0.1 + 0.9 * cosine);
}

double Pretrainer::step() {
    for (auto& group : m_optimiser->param_groups())
        static_cast<torch::optim::AdamWOptions&>(group.options()).lr(learningRate());
    const ModelConfig& model = m_model.config();
    const ModelGates gates{std::vector<double>(static_cast<std::size_t>(model.layerCount * model.kvHeadCount), 1.0),
                           {},
                           m_config.contextTokens,
                           0};
    m_optimiser->zero_grad();
    const auto ids = windowIds(m_corpus, m_sampler.batch(m_step), m_config.contextTokens, m_model.device());
    const auto loss = m_model.loss(ids, gates);
    loss.backward();
    torch::nn::utils::clip_grad_norm_(m_parameters, m_config.gradientClip);
    m_optimiser->step();
    const double value = loss.item<double>();
    if (!std::isfinite(value))
        throw Error("The loss is not a number at step " + std::to_string(m_step) + "; try a smaller --lr.",
                    ErrorKind::RunFailed);
    ++m_step;
    return value;
}

}  // namespace consa
