// What a snapshot's gates amount to as a layout with its provenance.
#pragma once

#include "core/layout/layout_file.h"
#include "core/session/session_snapshot.h"

namespace consa {

/// True when the run trains weights around a fixed layout.
[[nodiscard]] bool holdsLayout(const SessionSnapshot& snapshot);

/// The snapshot's gates rounded at `sparsity`, as near to it as `pins` (row-major; empty for none) allow. The snapshot
/// must have a logAlpha for each unit.
[[nodiscard]] AttentionLayout roundedGates(const SessionSnapshot& snapshot, const UnitPins& pins, double sparsity);

/// `layout` with probabilities and provenance of the snapshot. Before the first step every gate stands where a run
/// begins, pinned ones at their end.
[[nodiscard]] LayoutFile layoutFileOf(const SessionSnapshot& snapshot, const UnitPins& pins, AttentionLayout layout);

/// P(full) of each unit at the start of a run of the snapshot's config.
[[nodiscard]] std::vector<double> startingProbabilities(const SessionSnapshot& snapshot, const UnitPins& pins);

/// Those of `pins` that lie inside `grid`, one entry a unit; empty without any.
[[nodiscard]] UnitPins pinsInside(const std::vector<Pin>& pins, const UnitGrid& grid);

}  // namespace consa
