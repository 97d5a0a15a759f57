// Sampling and Adam for a model's gates.
#include "core/gates/gate_bank.h"

#include "core/base/error.h"
#include "core/gates/hard_concrete.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

namespace consa {

namespace {

constexpr double kAdamEpsilon = 1e-8;
constexpr double kInitialDeviation = 0.01;  // breaks ties between gates at the start (PruLong)

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
    for (std::size_t i = 0; i < count; ++i)
        m_state.logAlpha[i] = stored(settings.initialLogAlpha + kInitialDeviation * normalAt(settings.seed, i));
}

std::vector<double> GateBank::probabilities() const {
    std::vector<double> result(m_state.logAlpha.size());
    std::transform(m_state.logAlpha.begin(), m_state.logAlpha.end(), result.begin(), probabilityFull);
    return result;
}

double GateBank::expectedSparsity() const {
    const auto& values = m_state.logAlpha;
    return std::transform_reduce(values.begin(), values.end(), 0.0, std::plus<>(), probabilitySliding) /
           static_cast<double>(values.size());
}

std::vector<double> GateBank::expectedSparsitySlope() const {
    std::vector<double> result(m_state.logAlpha.size());
    const auto count = static_cast<double>(result.size());
    std::transform(m_state.logAlpha.begin(), m_state.logAlpha.end(), result.begin(),
                   [count](double logAlpha) { return probabilitySlidingSlope(logAlpha) / count; });
    return result;
}

int GateBank::undecidedCount() const {
    return static_cast<int>(std::count_if(m_state.logAlpha.begin(), m_state.logAlpha.end(),
                                          [](double logAlpha) { return !isDecided(logAlpha); }));
}

GateBank::Sample GateBank::sample(std::int64_t step) const {
    Sample sample;
    for (std::size_t i = 0; i < m_state.logAlpha.size(); ++i) {
        const GateDraw draw =
            drawGate(m_state.logAlpha[i], uniformAt(m_settings.seed, static_cast<std::uint64_t>(step), i));
        sample.z.push_back(draw.z);
        sample.slope.push_back(draw.slope);
    }
    return sample;
}

void GateBank::update(std::span<const double> gradient, double learningRate) {
    GateState& s = m_state;
    ++s.updateCount;
    const double correction1 = 1 - std::pow(m_settings.beta1, static_cast<double>(s.updateCount));
    const double correction2 = 1 - std::pow(m_settings.beta2, static_cast<double>(s.updateCount));
    for (std::size_t i = 0; i < s.logAlpha.size(); ++i) {
        const double g = gradient[i];
        s.firstMoment[i] = stored(m_settings.beta1 * s.firstMoment[i] + (1 - m_settings.beta1) * g);
        s.secondMoment[i] = stored(m_settings.beta2 * s.secondMoment[i] + (1 - m_settings.beta2) * g * g);
        const double denominator = std::sqrt(s.secondMoment[i] / correction2) + kAdamEpsilon;
        const double moved = s.logAlpha[i] - learningRate * (s.firstMoment[i] / correction1) / denominator;
        s.logAlpha[i] = stored(std::clamp(moved, -m_settings.logAlphaLimit, m_settings.logAlphaLimit));
    }
}

void GateBank::restore(GateState state) {
    const auto count = static_cast<std::size_t>(m_grid.unitCount());
    if (state.logAlpha.size() != count || state.firstMoment.size() != count || state.secondMoment.size() != count)
        throw Error("The saved gates hold " + std::to_string(state.logAlpha.size()) + " units, this model has " +
                    std::to_string(count) + "; open the model that the run was made with.");
    m_state = std::move(state);
}

}  // namespace consa
