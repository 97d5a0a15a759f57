// What a user changed while a run was training, in a form that can be kept and repeated.
#pragma once

#include "core/layout/pins.h"

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace consa {

/// The target was moved, over `rampSteps`.
struct SteeredTarget {
    double target = 0.5;  // sparsity, 0..1
    int rampSteps = 0;

    bool operator==(const SteeredTarget&) const = default;
};

/// The run's pins were replaced.
struct SteeredPins {
    std::vector<Pin> pins;

    bool operator==(const SteeredPins&) const = default;
};

/// Gates stood still, or moved again.
struct SteeredFreeze {
    bool isFrozen = true;

    bool operator==(const SteeredFreeze&) const = default;
};

/// The multipliers stood still while gates went on learning, or moved again.
struct SteeredHold {
    bool isHeld = true;

    bool operator==(const SteeredHold&) const = default;
};

/// A change that took effect after `step` steps.
struct SteeringMove {
    std::int64_t step = 0;
    std::variant<SteeredTarget, SteeredPins, SteeredFreeze, SteeredHold> change;

    bool operator==(const SteeringMove&) const = default;
};

/// A JSON object a move: {"step":12,"target":0.6,"rampSteps":20}, {"step":13,"pins":["0.1=full"]},
/// {"step":14,"frozen":true} or {"step":15,"multipliersHeld":true}.
[[nodiscard]] std::string toJson(const std::vector<SteeringMove>& moves);
/// Throws Error (BadInput) naming `source`. Steps must not go down.
[[nodiscard]] std::vector<SteeringMove> steeringFromJson(const std::string& text, const std::string& source);

}  // namespace consa
