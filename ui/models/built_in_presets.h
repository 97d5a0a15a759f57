// Presets that come with the program: the rules that known models use, and layouts that were learned.
#pragma once

#include "core/layout/layout_file.h"
#include "core/session/session_snapshot.h"

#include <QString>
#include <vector>

namespace consa {

struct BuiltInPreset {
    QString name;
    LayoutFile file;
};

/// `sliding` sliding layers, then one full layer, and so on from layer 0; drawn for every unit of the grid.
[[nodiscard]] AttentionLayout repeatedLayers(const UnitGrid& grid, int sliding);

/// Rules fitted to the snapshot's model, with the window and sinks of its next run, and the layouts learned for that
/// model. Empty before a model is open.
[[nodiscard]] std::vector<BuiltInPreset> builtInPresets(const SessionSnapshot& snapshot);

}  // namespace consa
