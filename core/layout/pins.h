// The user's pins: units that stay full or sliding whatever is learned.
#pragma once

#include "core/layout/attention_layout.h"

#include <optional>
#include <string>
#include <vector>

namespace consa {

/// One pinned unit, or with kWholeLayer all units of a layer.
struct Pin {
    static constexpr int kWholeLayer = -1;

    int layer = 0;
    int unit = 0;
    bool isFull = true;

    bool operator==(const Pin&) const = default;
};

/// "LAYER.UNIT=full" or "LAYER.UNIT=sliding", as files and --pin spell it; "LAYER=..." for a whole layer.
[[nodiscard]] std::string toString(const Pin& pin);
/// Throws Error (BadInput) saying what is understood.
[[nodiscard]] Pin pinFromString(const std::string& word);

/// What each unit is pinned to, row-major [units]; empty where it is free.
using UnitPins = std::vector<std::optional<bool>>;

/// Throws Error (BadInput) for a pin outside the grid and for two pins on one unit.
[[nodiscard]] UnitPins unitPins(const std::vector<Pin>& pins, const UnitGrid& grid);

/// The count of full units nearest to `fullCount` that the pins allow.
[[nodiscard]] int nearestFullCount(const UnitPins& pins, int fullCount);

/// Throws Error (BadInput) when the pins leave no layout with `fullCount` full units.
void requireRoom(const UnitPins& pins, int fullCount);

}  // namespace consa
