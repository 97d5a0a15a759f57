// The constraint on sparsity: multiplier, quadratic weight, and the target that rises and moves.
#pragma once

#include <cstdint>

namespace consa {

/// lambda1 e + weight e^2 with e = expected sparsity - scheduled target; lambda1 ascends plainly on e.
class AugmentedLagrangian {
public:
    AugmentedLagrangian(double multiplierRate, double quadraticWeight, double multiplier = 0)
        : m_rate(multiplierRate), m_weight(quadraticWeight), m_multiplier(multiplier) {}

    /// What the constraint adds to the loss at `error`.
    [[nodiscard]] double penalty(double error) const { return m_multiplier * error + m_weight * error * error; }
    /// Its derivative by `error`.
    [[nodiscard]] double slope(double error) const { return m_multiplier + 2 * m_weight * error; }
    [[nodiscard]] double multiplier() const { return m_multiplier; }
    void ascend(double error) { m_multiplier += m_rate * error; }

private:
    double m_rate;
    double m_weight;
    double m_multiplier;
};

/// Where the target stands at a step: a line from `from` at `beginStep` to `target`, rampSteps long.
struct TargetRamp {
    double from = 0;
    double target = 0;
    std::int64_t beginStep = 0;
    std::int64_t rampSteps = 0;

    [[nodiscard]] double at(std::int64_t step) const {
        const std::int64_t passed = step - beginStep;
        if (passed >= rampSteps) return target;
        return from + (target - from) * static_cast<double>(passed) / static_cast<double>(rampSteps);
    }
    [[nodiscard]] bool hasEnded(std::int64_t step) const { return step - beginStep >= rampSteps; }
    /// The ramp that leads from where this one stands at `step` to `newTarget`.
    [[nodiscard]] TargetRamp retargeted(std::int64_t step, double newTarget, std::int64_t newRampSteps) const {
        return {at(step), newTarget, step, newRampSteps};
    }
    bool operator==(const TargetRamp&) const = default;
};

}  // namespace consa
