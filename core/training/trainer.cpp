// The gate-learning step.
#include "core/training/trainer.h"

#include "core/base/error.h"
#include "core/training/step_memory.h"
#include "core/training/training_loss.h"

#include <algorithm>
#include <cmath>

namespace consa {

namespace {

TrainingConfig checked(TrainingConfig config, const ModelConfig& model) {
    requireValid(config, model.longestContextTokens());
    return config;
}

}  // namespace

torch::Tensor windowIds(const TokenCorpus& corpus, std::span<const TokenWindow> windows, int contextTokens,
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

Trainer::Trainer(const Transformer& model, const TokenCorpus& corpus, TrainingConfig config, TrainerParts parts)
    : m_model(model),
      m_corpus(corpus),
      m_config(checked(std::move(config), model.config())),
      m_parts(std::move(parts)),
      m_sampler(corpus.windows(Split::Train, m_config.contextTokens), m_config.batchSize, m_config.seed),
      m_gates(model.config().grid(m_config.granularity), m_config),
      m_plannedSteps(m_config.stepCount),
      m_windowsAtOnce(m_parts.mostWindowsAtOnce > 0 ? std::min(m_config.batchSize, m_parts.mostWindowsAtOnce)
                                                    : m_config.batchSize) {
    if (m_config.mode == LearningMode::Gates) m_parts.weights = nullptr;
    if (m_config.mode != LearningMode::Gates && m_parts.weights == nullptr)
        throw Error("The mode " + toString(m_config.mode) + " needs weights that may move.");
    if (m_config.mode != LearningMode::Recover) return;
    if (!m_parts.layout) throw Error("The mode recover needs the layout that it holds; give one with --layout.");
    if (m_parts.layout->perKvHead().grid != model.config().grid(Granularity::KvHead))
        throw Error("The layout to recover has the shape of another model than " + model.config().name + ".");
}

torch::Tensor Trainer::idsOf(std::span<const TokenWindow> windows) const {
    return windowIds(m_corpus, windows, m_config.contextTokens, m_model.device());
}

double Trainer::learningRateAt(std::int64_t step, std::int64_t updates, double peak) const {
    const auto at = static_cast<double>(step), count = static_cast<double>(m_config.stepCount);
    const double warmup =
        std::min(1.0, static_cast<double>(updates + 1) / std::max(1, m_config.learningRateWarmupSteps));
    constexpr double kFinalShare = 0.1;
    const double begin = m_config.decayStart * count;
    const double left = at < begin || begin >= count ? 1.0 : std::max(0.0, (count - at) / (count - begin));
    return peak * warmup * (kFinalShare + (1 - kFinalShare) * left);
}

std::vector<GateBank::Sample> Trainer::samples() const {
    if (m_config.mode != LearningMode::Recover)
        return m_gates.samples(std::min(m_config.gateDraws, m_config.batchSize));
    const std::vector<std::uint8_t>& full = m_parts.layout->full;
    return {{{full.begin(), full.end()}, std::vector<double>(full.size())}};
}

ModelGates Trainer::gatesFor(const std::vector<double>& unitZ) const {
    const UnitGrid grid = m_parts.layout ? m_parts.layout->grid : m_gates.bank().grid();
    ModelGates gates{perKvHead(grid, unitZ), {}, m_config.windowTokens, m_config.sinkTokens};
    if (m_config.mode != LearningMode::Recover)
        gates.zTensor = torch::tensor(gates.z, torch::kFloat64)
                            .view({grid.layerCount, grid.kvHeadCount})
                            .to(m_model.device(), torch::kFloat32)
                            .requires_grad_();
    return gates;
}

torch::Tensor Trainer::accumulate(std::span<const TokenWindow> windows, std::size_t batchSize, const ModelGates& gates,
                                  const CancellationCheck& check) {
    const Transformer& teacher = m_parts.teacher != nullptr ? *m_parts.teacher : m_model;
    auto total = torch::zeros({}, torch::TensorOptions(m_model.device()));
    while (!windows.empty()) {
        const auto part = windows.first(std::min(windows.size(), static_cast<std::size_t>(m_windowsAtOnce)));
        windows = windows.subspan(part.size());
        const double share = static_cast<double>(part.size()) / static_cast<double>(batchSize);
        const auto loss = trainingLoss(m_config.loss, m_model, teacher, idsOf(part), gates, check) * share;
        if (loss.requires_grad()) loss.backward();  // not when every gate is exactly 0 or 1
        total += loss.detach();
    }
    return total;
}

Trainer::Measured Trainer::lossAndGradient(const std::vector<TokenWindow>& batch,
                                           const std::vector<GateBank::Sample>& samples,
                                           const CancellationCheck& check) {
    if (m_parts.weights != nullptr) m_parts.weights->clearGradients();
    auto loss = torch::zeros({}, torch::TensorOptions(m_model.device()));
    std::vector<torch::Tensor> gradients;  // [heads] a sample
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const std::size_t begin = i * batch.size() / samples.size(), end = (i + 1) * batch.size() / samples.size();
        const ModelGates gates = gatesFor(samples[i].z);
        loss += accumulate(std::span(batch).subspan(begin, end - begin), batch.size(), gates, check);
        const torch::Tensor gradient = gates.zTensor.defined() ? gates.zTensor.grad() : torch::Tensor();
        gradients.push_back(gradient.defined() ? gradient.flatten()
                                               : torch::zeros(static_cast<int64_t>(gates.z.size()), loss.options()));
    }
    const auto norm = m_parts.weights != nullptr ? m_parts.weights->gradientNorm() : torch::zeros_like(loss);
    std::vector<torch::Tensor> parts{loss.view(1), norm.to(loss.scalar_type()).view(1)};
    parts.insert(parts.end(), gradients.begin(), gradients.end());
    // The one place where the host waits for the device.
    const auto result = torch::cat(parts).to(torch::kCPU, torch::kFloat64);
    const auto* values = result.data_ptr<double>();
    Measured measured{values[0], {}, values[1]};
    const double* gradient = values + 2;
    for (const GateBank::Sample& sample : samples) {
        std::vector<double> byUnit(sample.z.size());
        const auto headCount = static_cast<std::size_t>(gradients.front().numel());
        const std::size_t headsPerUnit = headCount / byUnit.size();
        for (std::size_t head = 0; head < headCount; ++head) byUnit[head / headsPerUnit] += *gradient++;
        measured.unitGradients.push_back(std::move(byUnit));
    }
    return measured;
}

double Trainer::lossOfLayout(const std::vector<double>& unitZ, const CancellationCheck& check) {
    // A forward pass costs about a third of a step that also goes back: three batches are a step's work.
    constexpr std::int64_t kBatches = 3;
    const torch::NoGradGuard noGradients;
    const ModelGates gates{perKvHead(m_gates.bank().grid(), unitZ), {}, m_config.windowTokens, m_config.sinkTokens};
    const Transformer& teacher = m_parts.teacher != nullptr ? *m_parts.teacher : m_model;
    double sum = 0;
    for (std::int64_t batch = 0; batch < kBatches; ++batch)
        for (const TokenWindow& window : m_sampler.batch(batch))
            sum += trainingLoss(m_config.loss, m_model, teacher, idsOf({&window, 1}), gates, check).item<double>();
    return sum / static_cast<double>(kBatches * m_config.batchSize);
}

template <typename Work>
auto Trainer::withinMemory(Work work) {
    while (true) {
        try {
            return work();
        } catch (const c10::Error& error) {
            if (!saysOutOfMemory(error)) throw;
            if (m_windowsAtOnce == 1)
                throw MemoryExhausted("The memory does not hold one window of " +
                                      std::to_string(m_config.contextTokens) + " tokens; use a smaller --context.");
            m_windowsAtOnce = (m_windowsAtOnce + 1) / 2;
        }
    }
}

void Trainer::learnGates(const std::vector<GateBank::Sample>& samples,
                         const std::vector<std::vector<double>>& gradients) {
    std::vector<GateLearner::Pull> pulls;
    for (std::size_t i = 0; i < samples.size(); ++i) pulls.push_back({samples[i], gradients[i]});
    const std::int64_t updates = m_gates.bank().state().updateCount;
    m_gates.learn(pulls, learningRateAt(stepsDone(), updates, m_config.gateLearningRate));
}

StepResult Trainer::step(const CancellationCheck& check) {
    const std::int64_t step = stepsDone();
    for (const TargetMove& move : m_config.moves)
        if (move.step == step) retarget(move.target, m_config.rampSteps);
    const std::vector<GateBank::Sample> drawn = samples();
    const bool isHeld = m_config.mode == LearningMode::Recover;
    const bool isSearch = m_config.method == GateMethod::Random;
    const Measured measured = withinMemory([&] {
        if (isSearch) return Measured{lossOfLayout(drawn.front().z, check), {}, 0};
        return lossAndGradient(m_sampler.batch(step), drawn, check);
    });
    StepResult result;
    result.loss = result.objective = measured.loss;
    result.step = step;
    if (isHeld) {
        result.expectedSparsity = result.scheduledTarget = m_parts.layout->sparsity();
    } else {
        result.objective += m_gates.read(drawn).penalty;
        result.expectedSparsity = m_gates.bank().expectedSparsity();
        result.scheduledTarget = m_gates.scheduledTarget();
        result.multiplier = m_gates.multiplier();
    }
    if (!std::isfinite(result.objective))
        throw Error("The loss is not a number at step " + std::to_string(step) +
                        "; the gates and weights of the step before are kept. Try a smaller learning rate or --dtype "
                        "float32.",
                    ErrorKind::RunFailed);
    if (m_parts.weights != nullptr) m_parts.weights->requireFinite(measured.weightGradientNorm);
    if (isHeld)
        m_gates.skip();
    else if (isSearch)
        m_gates.remember(drawn.front(), result.loss);
    else
        learnGates(drawn, measured.unitGradients);
    if (m_parts.weights != nullptr)
        m_parts.weights->step(measured.weightGradientNorm, learningRateAt(step, step, m_config.weightLearningRate));
    return result;
}

void Trainer::retarget(double target, int rampSteps) {
    m_gates.retarget(target, rampSteps);
    m_config.target = target;
    m_config.stepCount =
        std::max(m_config.stepCount, static_cast<int>(stepsDone()) + rampSteps + settlingSteps(m_plannedSteps));
}

void Trainer::setPins(const std::vector<Pin>& pins) {
    m_gates.setPins(pins);
    m_config.pins = pins;
}

AttentionLayout Trainer::layoutAt(double sparsity) const {
    return m_config.mode == LearningMode::Recover ? *m_parts.layout : m_gates.layoutAt(sparsity);
}

TrainerState Trainer::state() const {
    TrainerState state = m_gates.state();
    state.stepCount = m_config.stepCount;
    return state;
}

void Trainer::restore(const TrainerState& state) {
    m_gates.restore(state);
    m_config.target = state.ramp.target;
    m_config.pins = state.pins;
    if (state.stepCount > 0) m_config.stepCount = state.stepCount;
}

}  // namespace consa
