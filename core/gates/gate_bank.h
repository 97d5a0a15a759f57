// One gate for every unit of a model, with the optimiser that moves them.
#pragma once

#include "core/layout/attention_layout.h"

#include <cstdint>
#include <span>
#include <vector>

namespace consa {

/// How the gates start and move (see TrainingConfig for units and sources).
struct GateSettings {
    double initialLogAlpha = 1.0;
    double logAlphaLimit = 6.0;
    double beta1 = 0.9;
    double beta2 = 0.99;
    std::uint64_t seed = 0;
};

/// All that a resumed run needs to go on exactly; values are float32 numbers.
struct GateState {
    std::vector<double> logAlpha;      // [units]
    std::vector<double> firstMoment;   // Adam, [units]
    std::vector<double> secondMoment;  // Adam, [units]
    std::int64_t updateCount = 0;      // Adam's bias correction

    bool operator==(const GateState&) const = default;
};

/// Gates live on the host in double precision: they are few, and knowing their values before a step decides which
/// attention has to be computed at all.
class GateBank {
public:
    /// One sample of every gate, row-major [units].
    struct Sample {
        std::vector<double> z;
        std::vector<double> slope;  // dz / dlogAlpha
    };

    GateBank(const UnitGrid& grid, const GateSettings& settings);

    [[nodiscard]] const UnitGrid& grid() const { return m_grid; }
    [[nodiscard]] const std::vector<double>& logAlpha() const { return m_state.logAlpha; }
    /// P(full) of every unit.
    [[nodiscard]] std::vector<double> probabilities() const;
    /// Mean P(z = 0) over all units.
    [[nodiscard]] double expectedSparsity() const;
    /// d expectedSparsity / d logAlpha, [units].
    [[nodiscard]] std::vector<double> expectedSparsitySlope() const;
    [[nodiscard]] int undecidedCount() const;

    /// The gates of step `step`: depends on the seed, the step and logAlpha alone.
    [[nodiscard]] Sample sample(std::int64_t step) const;

    /// One Adam update with the gradient of the objective by logAlpha, [units]; then the clamp.
    void update(std::span<const double> gradient, double learningRate);

    [[nodiscard]] const GateState& state() const { return m_state; }
    /// Throws Error (BadInput) when the state is of another grid.
    void restore(GateState state);

private:
    UnitGrid m_grid;
    GateSettings m_settings;
    GateState m_state;
};

}  // namespace consa
