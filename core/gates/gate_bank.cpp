// Sampling and Adam for a model's gates.
#include "core/gates/gate_bank.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace consa {

namespace {

constexpr double kAdamEpsilon = 1e-8;
constexpr double kInitialDeviation = 0.01;  // breaks ties between gates at the start (PruLong)
constexpr double kPlainMargin = 1e-3;       // of plain gates from 0 and 1

/// SplitMix64's finaliser: a well-mixed 64-bit value for each counter.
std::uint64_t mix(std::uint64_t x) {
    x += 0x9e3779b97f4a7c15ULL;
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
    return x ^ (x >> 31);
}

/// Uniform inside (0, 1), a function of its three arguments.
double uniformAt(std::uint64_t seed, std::uint64_t stream, std::uint64_t index) {
    const std::uint64_t bits = mix(mix(mix(seed) ^ stream) ^ index);
    return (static_cast<double>(bits >> 11) + 0.5) * 0x1.0p-53;
}

/// The state is kept at float32's precision, so that it is stored exactly.
double stored(double value) {
    return static_cast<double>(static_cast<float>(value));
}

constexpr std::uint64_t kStartStream = ~std::uint64_t{0};

double normalAt(std::uint64_t seed, std::uint64_t index) {
    const double radius = std::sqrt(-2 * std::log(uniformAt(seed, kStartStream, 2 * index)));
    return radius * std::cos(2 * std::numbers::pi * uniformAt(seed, kStartStream, 2 * index + 1));
}

}  // namespace

GateBank::GateBank(const UnitGrid& grid, const GateSettings& settings) : m_grid(grid), m_settings(settings) {
    const auto count = static_cast<std::size_t>(grid.unitCount());
    m_state.logAlpha.resize(count);
    m_state.firstMoment.assign(count, 0);
    m_state.secondMoment.assign(count, 0);
    m_pins.resize(count);
    for (std::size_t i = 0; i < count; ++i)
        m_state.logAlpha[i] = clamped(settings.initialLogAlpha + kInitialDeviation * normalAt(settings.seed, i));
}

double GateBank::clamped(double value) const {
    if (m_settings.kind == GateKind::Plain) return stored(std::clamp(value, kPlainMargin, 1 - kPlainMargin));
    return stored(std::clamp(value, -m_settings.logAlphaLimit, m_settings.logAlphaLimit));
}

std::vector<double> GateBank::probabilities() const {
    std::vector<double> result = slidingProbabilities();
    for (double& value : result) value = 1 - value;
    return result;
}

double GateBank::slidingProbability(std::size_t unit, double shift) const {
    if (m_pins[unit]) return *m_pins[unit] ? 0 : 1;
    const double value = shift == 0 ? m_state.logAlpha[unit] : clamped(m_state.logAlpha[unit] + shift);
    return m_settings.kind == GateKind::Plain ? 1 - value : probabilitySliding(value);
}

std::vector<double> GateBank::slidingProbabilities() const {
    std::vector<double> result(m_pins.size());
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = slidingProbability(i);
    return result;
}

std::vector<double> GateBank::slidingProbabilitySlopes() const {
    std::vector<double> result(m_pins.size());
    for (std::size_t i = 0; i < result.size(); ++i)
        if (!m_pins[i])
            result[i] = m_settings.kind == GateKind::Plain ? -1.0 : probabilitySlidingSlope(m_state.logAlpha[i]);
    return result;
}

double GateBank::expectedSparsity() const {
    const std::vector<double> sliding = slidingProbabilities();
    return std::accumulate(sliding.begin(), sliding.end(), 0.0) / static_cast<double>(sliding.size());
}

int GateBank::undecidedCount() const {
    int count = 0;
    for (std::size_t i = 0; i < m_pins.size(); ++i)
        if (!m_pins[i] && m_settings.kind == GateKind::HardConcrete && !isDecided(m_state.logAlpha[i])) ++count;
    return count;
}

GateDraw GateBank::draw(std::size_t unit, std::int64_t step, int index) const {
    if (m_pins[unit]) return {*m_pins[unit] ? 1.0 : 0.0, 0.0};
    if (m_settings.kind == GateKind::Plain) return {m_state.logAlpha[unit], 1.0};
    constexpr int kPairShift = 40;  // beyond any step
    const std::uint64_t stream = static_cast<std::uint64_t>(step) | static_cast<std::uint64_t>(index / 2) << kPairShift;
    const double uniform = uniformAt(m_settings.seed, stream, unit);
    return drawGate(m_state.logAlpha[unit], index % 2 == 0 ? uniform : 1 - uniform);
}

GateBank::Sample GateBank::sample(std::int64_t step, int index) const {
    Sample sample;
    for (std::size_t i = 0; i < m_state.logAlpha.size(); ++i) {
        const GateDraw draw = this->draw(i, step, index);
        sample.z.push_back(draw.z);
        sample.slope.push_back(draw.slope);
    }
    return sample;
}

void GateBank::updateMoments(std::span<const double> gradient) {
    GateState& s = m_state;
    ++s.updateCount;
    for (std::size_t i = 0; i < s.logAlpha.size(); ++i) {
        if (m_pins[i]) continue;
        const double g = gradient[i];
        s.firstMoment[i] = stored(m_settings.beta1 * s.firstMoment[i] + (1 - m_settings.beta1) * g);
        s.secondMoment[i] = stored(m_settings.beta2 * s.secondMoment[i] + (1 - m_settings.beta2) * g * g);
    }
}

std::vector<double> GateBank::scales() const {
    std::vector<double> result = m_state.secondMoment;
    const double sharing = m_settings.scaleSharing;
    if (sharing == 0) return result;
    double sum = 0;
    int freeCount = 0;
    for (std::size_t i = 0; i < result.size(); ++i) {
        if (m_pins[i]) continue;
        sum += result[i];
        ++freeCount;
    }
    const double mean = sum / std::max(1, freeCount);
    for (double& value : result) value = std::pow(value, 1 - sharing) * std::pow(mean, sharing);
    return result;
}

double GateBank::update(std::span<const double> gradient, double learningRate) {
    updateMoments(gradient);
    GateState& s = m_state;
    const double correction1 = 1 - std::pow(m_settings.beta1, static_cast<double>(s.updateCount));
    const double correction2 = 1 - std::pow(m_settings.beta2, static_cast<double>(s.updateCount));
    const std::vector<double> scale = scales();
    double squares = 0;
    for (std::size_t i = 0; i < s.logAlpha.size(); ++i) {
        if (m_pins[i]) continue;
        const double denominator = std::sqrt(scale[i] / correction2) + kAdamEpsilon;
        const double move = learningRate * (s.firstMoment[i] / correction1) / denominator;
        squares += move * move;
        s.logAlpha[i] = clamped(s.logAlpha[i] - move);
    }
    return std::sqrt(squares / static_cast<double>(s.logAlpha.size()));
}

void GateBank::set(std::span<const double> values) {
    for (std::size_t i = 0; i < m_state.logAlpha.size(); ++i) m_state.logAlpha[i] = clamped(values[i]);
}

void GateBank::forgetMoments() {
    std::fill(m_state.firstMoment.begin(), m_state.firstMoment.end(), 0.0);
    std::fill(m_state.secondMoment.begin(), m_state.secondMoment.end(), 0.0);
    m_state.updateCount = 0;
}

void GateBank::loosen(double limit) {
    for (std::size_t i = 0; i < m_state.logAlpha.size(); ++i)
        if (!m_pins[i]) m_state.logAlpha[i] = clamped(std::clamp(m_state.logAlpha[i], -limit, limit));
}

void GateBank::moveSparsity(std::size_t begin, std::size_t count, double sparsity) {
    const auto meanAt = [&](double shift) {
        double sum = 0;
        for (std::size_t i = begin; i < begin + count; ++i) sum += slidingProbability(i, shift);
        return sum / static_cast<double>(count);
    };
    constexpr int kHalvings = 40;
    double low = -2 * m_settings.logAlphaLimit, high = 2 * m_settings.logAlphaLimit;  // the mean falls as they rise
    for (int i = 0; i < kHalvings; ++i) {
        const double middle = (low + high) / 2;
        (meanAt(middle) > sparsity ? low : high) = middle;
    }
    for (std::size_t i = begin; i < begin + count; ++i)
        if (!m_pins[i]) m_state.logAlpha[i] = clamped(m_state.logAlpha[i] + (low + high) / 2);
}

void GateBank::restore(GateState state) {
    const auto count = static_cast<std::size_t>(m_grid.unitCount());
    if (state.logAlpha.size() != count || state.firstMoment.size() != count || state.secondMoment.size() != count)
        throw Error("The saved gates hold " + std::to_string(state.logAlpha.size()) + " units, this model has " +
                    std::to_string(count) + "; open the model that the run was made with.");
    m_state = std::move(state);
}

}  // namespace consa
