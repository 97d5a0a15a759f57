// Learns gates by one of the methods.
#include "core/training/gate_learner.h"

#include "core/base/dice.h"
#include "core/base/error.h"
#include "core/layout/layout_patterns.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace consa {

namespace {

constexpr double kHalf = 0.5;       // where plain gates start and gradients are taken
constexpr double kL1Weight = 0.05;  // price of an open gate, mean over all units (DuoAttention's reg_weight)

constexpr double kPlainRateShare = 0.1;  // z spans 1 where logAlpha spans about 10 (.02: DuoAttention's rate)

constexpr double kMovedLogAlphaLimit =
    4;  // how decided gates still are when the target begins to rise again (measured)

bool isPlain(GateMethod method) {
    return method == GateMethod::Ranked || method == GateMethod::L1;
}

// A sample's share is noisy: its multiplier follows slowly, and a quadratic term and a partial hold help it (measured:
// tst_known_heads; with the closed form's constants the wrong heads were kept).
constexpr double kSampledRateShare = 1.0 / 30, kSampledWeight = 10, kSampledHoldShare = 0.25;

bool isSampled(const TrainingConfig& config) {
    return config.sparsityEstimate == SparsityEstimate::Sampled;
}

SparsityConstraint constraintOf(const UnitGrid& grid, const TrainingConfig& config) {
    const double rate = config.multiplierRate * (isSampled(config) ? kSampledRateShare : 1);
    return {grid, config.scope, rate, config.quadraticWeight + (isSampled(config) ? kSampledWeight : 0)};
}

GateSettings settingsOf(const TrainingConfig& config) {
    GateSettings settings{config.initialLogAlpha, config.logAlphaLimit, config.gateBeta1, config.gateBeta2,
                          config.seed};
    if (config.method == GateMethod::Consa) settings.scaleSharing = config.gateScaleSharing;
    if (isPlain(config.method)) {
        settings.kind = GateKind::Plain;
        settings.initialLogAlpha = config.method == GateMethod::L1 ? 1.0 : kHalf;
    }
    return settings;
}

}  // namespace

GateLearner::GateLearner(const UnitGrid& grid, const TrainingConfig& config)
    : m_method(config.method),
      m_scope(config.scope),
      m_estimate(config.sparsityEstimate),
      m_holdShare(isSampled(config) ? std::min(config.holdShare, kSampledHoldShare) : config.holdShare),
      m_seed(config.seed),
      m_bank(grid, settingsOf(config)),
      m_constraint(constraintOf(grid, config)),
      m_ramp{0, config.target, 0, std::llround(config.warmupShare * config.stepCount)} {
    setPins(config.pins);
    for (const TargetMove& move : config.moves) requireRoomFor(m_bank.pins(), move.target);
}

std::vector<double> GateLearner::groupTargets(double target) const {
    constexpr double kLeastFree = 0.005;  // share of the free units that stay open, or closed
    const std::size_t size = m_constraint.unitsPerGroup();
    std::vector<double> result;
    for (std::size_t group = 0; group < m_constraint.groupCount(); ++group) {
        const auto begin = m_bank.pins().begin() + static_cast<std::ptrdiff_t>(group * size);
        const auto end = begin + static_cast<std::ptrdiff_t>(size);
        const auto units = static_cast<double>(size);
        const auto sliding = static_cast<double>(std::count(begin, end, std::optional(false)));
        const double free = units - sliding - static_cast<double>(std::count(begin, end, std::optional(true)));
        const double share = free > 0 ? std::clamp((target * units - sliding) / free, kLeastFree, 1 - kLeastFree) : 0;
        result.push_back((sliding + free * share) / units);
    }
    return result;
}

std::vector<GateBank::Sample> GateLearner::samples(int count) const {
    const UnitGrid& grid = m_bank.grid();
    const auto unitCount = static_cast<std::size_t>(grid.unitCount());
    if (m_method == GateMethod::Gradient)
        return {{std::vector<double>(unitCount, kHalf), std::vector<double>(unitCount, 1)}};
    if (m_method == GateMethod::Random) {
        const AttentionLayout drawn =
            randomLayout(grid, m_ramp.target, mixSeed(m_seed, static_cast<std::uint64_t>(m_step)));
        return {{{drawn.full.begin(), drawn.full.end()}, std::vector<double>(unitCount)}};
    }
    const int sampleCount = isPlain(m_method) ? 1 : count;
    std::vector<GateBank::Sample> result;
    result.reserve(static_cast<std::size_t>(std::max(sampleCount, 0)));
    for (int i = 0; i < sampleCount; ++i) result.push_back(m_bank.sample(m_step, i));
    return result;
}

GateLearner::Reading GateLearner::read(std::span<const GateBank::Sample> samples) const {
    Reading reading;
    std::vector<double> sliding = m_bank.slidingProbabilities();
    if (m_estimate == SparsityEstimate::Sampled) {
        std::fill(sliding.begin(), sliding.end(), 1);
        for (const GateBank::Sample& sample : samples)
            for (std::size_t i = 0; i < sliding.size(); ++i)
                sliding[i] -= sample.z[i] / static_cast<double>(samples.size());
    }
    reading.errors = m_constraint.errors(sliding, groupTargets(m_ramp.at(m_step)));
    if (m_method == GateMethod::Consa) reading.penalty = m_constraint.penalty(reading.errors);
    return reading;
}

std::vector<double> GateLearner::objectiveGradient(std::span<const Pull> pulls, const Reading& reading) const {
    std::vector<double> gradient(m_bank.logAlpha().size());
    for (const Pull& pull : pulls)
        for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] += pull.gradientByZ[i] * pull.sample.slope[i];
    if (m_method == GateMethod::L1)
        for (double& value : gradient) value += kL1Weight / static_cast<double>(gradient.size());
    if (m_method == GateMethod::Consa)
        m_constraint.addGradient(reading.errors, m_bank.slidingProbabilitySlopes(), gradient);
    return gradient;
}

void GateLearner::score(std::span<const Pull> pulls) {
    std::vector<double> scores = m_bank.logAlpha();
    for (const Pull& pull : pulls)
        for (std::size_t i = 0; i < scores.size(); ++i) scores[i] -= pull.gradientByZ[i];
    m_bank.set(scores);
}

void GateLearner::learn(std::span<const Pull> pulls, double learningRate) {
    if (!m_isFrozen && m_method == GateMethod::Gradient) {
        score(pulls);
    } else if (!m_isFrozen) {
        if (m_method == GateMethod::Consa && m_ramp.isMoveReachedAt(m_step)) m_bank.forgetMoments();
        std::vector<GateBank::Sample> drawn;
        for (const Pull& pull : pulls) drawn.push_back(pull.sample);
        const Reading reading = read(drawn);
        const GateState before = m_bank.state();
        const std::vector<double> multipliersBefore = m_constraint.multipliers();
        const double meanMove = m_bank.update(objectiveGradient(pulls, reading),
                                              isPlain(m_method) ? kPlainRateShare * learningRate : learningRate);
        if (m_method == GateMethod::Consa) {
            hold(reading);
            requireCalm(meanMove, before, multipliersBefore);
        }
    }
    ++m_step;
}

void GateLearner::requireCalm(double meanMove, const GateState& before, const std::vector<double>& multipliersBefore) {
    constexpr double kLargestMultiplier = 1e4;  // nats for a whole model's sparsity; runs that learn stay below 10
    constexpr double kLeap = 4;                 // of logAlpha in a step: a quarter of its range (taste)
    const bool hasLeaped = !(meanMove < kLeap);
    const bool hasExploded = !(m_constraint.largestMultiplier() < kLargestMultiplier);
    if (!hasLeaped && !hasExploded) return;
    m_bank.restore(before);
    m_constraint.restore(multipliersBefore);
    throw Error(hasExploded ? "The multiplier has exploded at step " + std::to_string(m_step) +
                                  "; the gates of the step before are kept. Try a smaller --multiplier-rate."
                            : "The gates leap from end to end at step " + std::to_string(m_step) +
                                  "; those of the step before are kept. Try a smaller --lr.",
                ErrorKind::RunFailed);
}

void GateLearner::hold(const Reading& reading) {
    const std::vector<double> targets = groupTargets(m_ramp.at(m_step + 1));
    const std::vector<double> errors = m_constraint.errors(m_bank.slidingProbabilities(), targets);
    if (!m_areMultipliersHeld) m_constraint.ascend(m_estimate == SparsityEstimate::Sampled ? reading.errors : errors);
    if (m_holdShare == 0 || (m_holdShare < 1 && !m_ramp.hasEnded(m_step))) return;
    const std::size_t count = m_constraint.unitsPerGroup();
    for (std::size_t group = 0; group < errors.size(); ++group)
        m_bank.moveSparsity(group * count, count, targets[group] + (1 - m_holdShare) * errors[group]);
}

void GateLearner::setFrozen(bool isFrozen) {
    if (m_isFrozen && !isFrozen && m_method == GateMethod::Consa) {
        // The schedule went on meanwhile: it begins again where the gates are.
        m_ramp = {m_bank.expectedSparsity(), m_ramp.target, m_step, std::max<std::int64_t>(m_ramp.rampSteps, 1)};
    }
    m_isFrozen = isFrozen;
}

void GateLearner::remember(const GateBank::Sample& sample, double loss) {
    ++m_step;
    if (m_isFrozen || (m_bestLoss && loss >= *m_bestLoss)) return;
    m_bestLoss = loss;
    std::vector<double> scores;
    for (const double z : sample.z) scores.push_back(z > kHalf ? HUGE_VAL : -HUGE_VAL);
    m_bank.set(scores);
}

void GateLearner::requireRoomFor(const UnitPins& pins, double target) const {
    requireRoom(pins, fullUnitsAtSparsity(m_bank.grid().unitCount(), target));
}

void GateLearner::retarget(double target, int rampSteps) {
    requireRoomFor(m_bank.pins(), target);
    if (target != m_ramp.target) m_bestLoss.reset();  // the best of another budget
    const bool isSparser = target > m_ramp.at(m_step);
    m_ramp = m_ramp.retargeted(m_step, target, rampSteps);
    if (m_method != GateMethod::Consa || m_step == 0) return;
    // Gradients at another sparsity have another size: the moments of those before would hold the gates back for a
    // hundred steps. Open gates that were decided at a lower sparsity must be able to turn. (Measured; learning.md.)
    m_bank.forgetMoments();
    if (isSparser) m_bank.loosen(kMovedLogAlphaLimit);
}

void GateLearner::setPins(const std::vector<Pin>& pins) {
    if (!pins.empty() && m_method != GateMethod::Consa)
        throw Error("--method " + toString(m_method) + " knows no pins; learn with consa, or remove them");
    UnitPins units = unitPins(pins, m_bank.grid());
    requireRoomFor(units, m_ramp.target);
    m_pinList.clear();
    const int perLayer = m_bank.grid().unitsPerLayer();
    for (int i = 0; i < m_bank.grid().unitCount(); ++i)
        if (const auto pin = units[static_cast<std::size_t>(i)])
            m_pinList.push_back({i / perLayer, i % perLayer, *pin});
    m_bank.setPins(std::move(units));
}

void GateLearner::adopt(const AttentionLayout& layout) {
    const AttentionLayout now = layoutOf(layout.fullCount());
    std::vector<double> values = m_bank.logAlpha();
    std::vector<std::size_t> closed, opened;
    for (std::size_t i = 0; i < values.size(); ++i) {
        if (now.full[i] != 0 && layout.full[i] == 0) closed.push_back(i);
        if (now.full[i] == 0 && layout.full[i] != 0) opened.push_back(i);
    }
    for (std::size_t i = 0; i < std::min(closed.size(), opened.size()); ++i)
        std::swap(values[closed[i]], values[opened[i]]);
    m_bank.set(values);
    if (layoutOf(layout.fullCount()) == layout) return;
    // Equal parameters rank by a seed: a little apart they rank as wanted.
    constexpr double kApart = 1e-3;
    for (std::size_t i = 0; i < values.size(); ++i)
        values[i] += layout.full[i] != 0 ? 0 : -kApart * (1 + std::abs(values[i]));
    m_bank.set(values);
}

AttentionLayout GateLearner::layoutAt(double sparsity) const {
    return layoutOf(fullUnitsAtSparsity(m_bank.grid().unitCount(), sparsity));
}

AttentionLayout GateLearner::layoutOf(int fullUnits) const {
    return roundGates(m_bank.grid(), m_bank.logAlpha(), nearestFullCount(m_bank.pins(), fullUnits), m_scope,
                      m_bank.pins(), m_seed);
}

TrainerState GateLearner::state() const {
    TrainerState state{m_step, m_bank.state(), m_constraint.multipliers(), m_ramp, m_isFrozen, m_pinList, m_bestLoss};
    state.areMultipliersHeld = m_areMultipliersHeld;
    return state;
}

void GateLearner::restore(const TrainerState& state) {
    m_bank.restore(state.gates);
    m_constraint.restore(state.multipliers);
    m_step = state.step;
    m_ramp = state.ramp;
    m_isFrozen = state.isFrozen;
    m_areMultipliersHeld = state.areMultipliersHeld;
    m_bestLoss = state.bestLoss;
    setPins(state.pins);
}

}  // namespace consa
