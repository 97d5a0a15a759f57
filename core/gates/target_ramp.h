// The target that rises and moves.
#pragma once

#include <cstdint>

namespace consa {

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
    /// Whether it is a move that is reached exactly at `step`.
    [[nodiscard]] bool isMoveReachedAt(std::int64_t step) const {
        return beginStep > 0 && step == beginStep + rampSteps;
    }
    [[nodiscard]] bool hasEnded(std::int64_t step) const { return step - beginStep >= rampSteps; }
    /// The ramp that leads from where this one stands at `step` to `newTarget`.
    [[nodiscard]] TargetRamp retargeted(std::int64_t step, double newTarget, std::int64_t newRampSteps) const {
        return {at(step), newTarget, step, newRampSteps};
    }
    bool operator==(const TargetRamp&) const = default;
};

}  // namespace consa
