// From soft gates to a layout of exactly the wanted count of full units.
#pragma once

#include "core/layout/attention_layout.h"
#include "core/layout/pins.h"

#include <span>

namespace consa {

/// Where the budget holds: over all units, or inside every layer (KV heads only).
enum class Scope { Global, PerLayer };

/// The `fullCount` units with the highest scores, pinned ones as pinned; equal scores are ordered by `tieSeed`. Under
/// Scope::PerLayer every layer gets floor(fullCount / layers) of its own best, and what is left goes to the best of the
/// rest, one a layer where pins allow it. `scores`: one a unit; `pins`: likewise, or none. Throws Error when sizes
/// disagree and (BadInput) when the pins leave no room.
[[nodiscard]] AttentionLayout roundGates(const UnitGrid& grid, std::span<const double> scores, int fullCount,
                                         Scope scope = Scope::Global, const UnitPins& pins = {},
                                         std::uint64_t tieSeed = 0);

}  // namespace consa
