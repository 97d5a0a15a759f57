// A move of the target that is planned before the run: steering that can be repeated exactly.
#pragma once

#include <string>

namespace consa {

/// At the beginning of `step` the target becomes `target`.
struct TargetMove {
    int step = 0;
    double target = 0.5;  // sparsity, 0..1

    bool operator==(const TargetMove&) const = default;
};

/// "STEP=TARGET", as files and --move spell it.
[[nodiscard]] std::string toString(const TargetMove& move);
/// Throws Error (BadInput) saying what is understood.
[[nodiscard]] TargetMove targetMoveFromString(const std::string& word);

}  // namespace consa
