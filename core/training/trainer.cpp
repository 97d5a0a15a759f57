// The gate-learning step.
#include "core/training/trainer.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>

namespace consa {

namespace {

TrainingConfig checked(TrainingConfig config, const ModelConfig& model) {
    requireValid(config, model.longestContextTokens());
    return config;
}

}  // namespace

torch::Tensor windowIds(const TokenCorpus& corpus, const std::vector<TokenWindow>& windows, int contextTokens,
                        const torch::Device& device) {
    auto ids = torch::empty({static_cast<int64_t>(windows.size()), contextTokens + 1}, torch::kInt64);
    auto* out = ids.data_ptr<int64_t>();
    for (const TokenWindow& window : windows)
        for (const std::int32_t id : corpus.tokens(window, contextTokens)) *out++ = id;
    return ids.to(device);
}

std::vector<double> perKvHead(const UnitGrid& grid, const std::vector<double>& unitValues) {
    if (grid.granularity == Granularity::KvHead) return unitValues;
    std::vector<double> result;
    for (const double value : unitValues)
        result.insert(result.end(), static_cast<std::size_t>(grid.kvHeadCount), value);
    return result;
}

Trainer::Trainer(const Transformer& model, const TokenCorpus& corpus, TrainingConfig config)
    : m_model(model),
      m_corpus(corpus),
      m_config(checked(std::move(config), model.config())),
      m_sampler(corpus.windows(Split::Train, m_config.contextTokens), m_config.batchSize, m_config.seed),
      m_gates(model.config().grid(m_config.granularity), {m_config.initialLogAlpha, m_config.logAlphaLimit,
                                                          m_config.gateBeta1, m_config.gateBeta2, m_config.seed}),
      m_constraint(m_config.multiplierRate, m_config.quadraticWeight),
      m_ramp{0, m_config.target, 0, std::llround(m_config.warmupShare * m_config.stepCount)},
      m_windowsAtOnce(m_config.batchSize) {}

torch::Tensor Trainer::idsOf(const std::vector<TokenWindow>& windows) const {
    return windowIds(m_corpus, windows, m_config.contextTokens, m_model.device());
}

double Trainer::learningRateAt(std::int64_t step) const {
    const auto at = static_cast<double>(step), count = static_cast<double>(m_config.stepCount);
    const double warmup = std::min(1.0, (at + 1) / std::max(1, m_config.learningRateWarmupSteps));
    constexpr double kFinalShare = 0.1;
    const double begin = m_config.decayStart * count;
    const double left = at < begin || begin >= count ? 1.0 : std::max(0.0, (count - at) / (count - begin));
    return m_config.gateLearningRate * warmup * (kFinalShare + (1 - kFinalShare) * left);
}

double Trainer::lossAndGradient(const std::vector<TokenWindow>& batch, const std::vector<double>& unitZ,
                                std::vector<double>& unitGradient, const CancellationCheck& check) {
    const UnitGrid& grid = m_gates.grid();
    ModelGates gates{perKvHead(grid, unitZ), {}, m_config.windowTokens, m_config.sinkTokens};
    gates.zTensor = torch::tensor(gates.z, torch::kFloat64)
                        .view({grid.layerCount, grid.kvHeadCount})
                        .to(m_model.device(), torch::kFloat32)
                        .requires_grad_();
    auto total = torch::zeros({}, torch::TensorOptions(m_model.device()));
    for (std::size_t begin = 0; begin < batch.size(); begin += static_cast<std::size_t>(m_windowsAtOnce)) {
        const std::size_t end = std::min(batch.size(), begin + static_cast<std::size_t>(m_windowsAtOnce));
        const std::vector<TokenWindow> part(batch.begin() + static_cast<std::ptrdiff_t>(begin),
                                            batch.begin() + static_cast<std::ptrdiff_t>(end));
        const double share = static_cast<double>(part.size()) / static_cast<double>(batch.size());
        const auto loss = m_model.loss(idsOf(part), gates, check) * share;
        loss.backward();
        total += loss.detach();
    }
    // The one place where the host waits for the device.
    const auto result = torch::cat({gates.zTensor.grad().flatten(), total.view(1)}).to(torch::kCPU, torch::kFloat64);
    const auto* values = result.data_ptr<double>();
    unitGradient.assign(unitZ.size(), 0);
    const auto headsPerUnit = gates.z.size() / unitZ.size();
    for (std::size_t head = 0; head < gates.z.size(); ++head) unitGradient[head / headsPerUnit] += values[head];
    return values[gates.z.size()];
}

StepResult Trainer::step(const CancellationCheck& check) {
    const GateBank::Sample sample = m_gates.sample(m_step);
    const std::vector<TokenWindow> batch = m_sampler.batch(m_step);
    std::vector<double> gradient;
    StepResult result;
    while (true) {
        try {
            result.loss = lossAndGradient(batch, sample.z, gradient, check);
            break;
        } catch (const c10::OutOfMemoryError&) {
            if (m_windowsAtOnce == 1)
                throw Error("The GPU's memory does not hold one window of " + std::to_string(m_config.contextTokens) +
                                " tokens; use a smaller --context.",
                            ErrorKind::RunFailed);
            m_windowsAtOnce = (m_windowsAtOnce + 1) / 2;
        }
    }
    const double error = m_gates.expectedSparsity() - m_ramp.at(m_step);
    result.step = m_step;
    result.expectedSparsity = m_gates.expectedSparsity();
    result.scheduledTarget = m_ramp.at(m_step);
    result.objective = result.loss + m_constraint.penalty(error);
    result.multiplier = m_constraint.multiplier();
    if (!std::isfinite(result.objective))
        throw Error("The loss is not a number at step " + std::to_string(m_step) +
                        "; the gates of the step before are kept. Try a smaller learning rate or --dtype float32.",
                    ErrorKind::RunFailed);
    if (!m_isFrozen) {
        const std::vector<double> sparsitySlope = m_gates.expectedSparsitySlope();
        for (std::size_t i = 0; i < gradient.size(); ++i)
            gradient[i] = gradient[i] * sample.slope[i] + m_constraint.slope(error) * sparsitySlope[i];
        m_gates.update(gradient, learningRateAt(m_step));
        m_constraint.ascend(error);
    }
    ++m_step;
    return result;
}

void Trainer::retarget(double target, int rampSteps) {
    m_ramp = m_ramp.retargeted(m_step, target, rampSteps);
    m_config.target = target;
}

AttentionLayout Trainer::layoutAt(double sparsity) const {
    const int fullUnits = fullUnitsAtSparsity(m_gates.grid().unitCount(), sparsity);
    return layoutFromScores(m_gates.grid(), m_gates.logAlpha(), fullUnits, m_config.seed);
}

TrainerState Trainer::state() const {
    return {m_step, m_gates.state(), m_constraint.multiplier(), m_ramp, m_isFrozen};
}

void Trainer::restore(const TrainerState& state) {
    m_gates.restore(state.gates);
    m_step = state.step;
    m_constraint = {m_config.multiplierRate, m_config.quadraticWeight, state.multiplier};
    m_ramp = state.ramp;
    m_config.target = state.ramp.target;
    m_isFrozen = state.isFrozen;
}

}  // namespace consa
