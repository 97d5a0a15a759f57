// What a training run is at one step, beside its config: plain numbers.
#pragma once

#include "core/gates/augmented_lagrangian.h"
#include "core/gates/gate_bank.h"

namespace consa {

/// All that a resumed run needs to go on exactly, beside its config.
struct TrainerState {
    std::int64_t step = 0;  // steps done
    GateState gates;
    double multiplier = 0;
    TargetRamp ramp;
    bool isFrozen = false;

    bool operator==(const TrainerState&) const = default;
};

}  // namespace consa
