// Rounding and provenance of a snapshot's gates.
#include "ui/session/session_layout.h"

#include "core/base/version.h"
#include "core/gates/hard_concrete.h"
#include "core/layout/rounding.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

namespace consa {

bool holdsLayout(const SessionSnapshot& snapshot) {
    return snapshot.config.mode == LearningMode::Recover && snapshot.layout.grid.unitCount() > 0;
}

AttentionLayout roundedGates(const SessionSnapshot& snapshot, const UnitPins& pins, double sparsity) {
    const int wanted = fullUnitsAtSparsity(snapshot.grid.unitCount(), sparsity);
    const int fullCount = pins.empty() ? wanted : nearestFullCount(pins, wanted);
    return roundGates(snapshot.grid, snapshot.logAlpha, fullCount, snapshot.config.scope, pins, snapshot.config.seed);
}

LayoutFile layoutFileOf(const SessionSnapshot& snapshot, const UnitPins& pins, AttentionLayout layout) {
    LayoutFile file;
    if (snapshot.model) {
        file.modelName = snapshot.model->name;
        file.modelArchitecture = snapshot.model->architecture;
    }
    file.layout = std::move(layout);
    file.windowTokens = snapshot.config.windowTokens;
    file.sinkTokens = snapshot.config.sinkTokens;
    if (!holdsLayout(snapshot))
        file.probabilities = snapshot.logAlpha.empty() ? startingProbabilities(snapshot, pins) : snapshot.probability;
    file.provenance.run = std::filesystem::path(snapshot.runFolder).filename().string();
    file.provenance.step = snapshot.step;
    file.provenance.seed = snapshot.config.seed;
    file.provenance.target = snapshot.target;
    file.provenance.version = kVersion;
    file.provenance.created = utcTimestamp();
    return file;
}

std::vector<double> startingProbabilities(const SessionSnapshot& snapshot, const UnitPins& pins) {
    std::vector<double> probabilities(static_cast<std::size_t>(snapshot.grid.unitCount()),
                                      probabilityFull(snapshot.config.initialLogAlpha));
    for (std::size_t unit = 0; unit < pins.size(); ++unit)
        if (pins[unit]) probabilities[unit] = *pins[unit] ? 1 : 0;
    return probabilities;
}

UnitPins pinsInside(const std::vector<Pin>& pins, const UnitGrid& grid) {
    std::vector<Pin> inside;
    std::copy_if(pins.begin(), pins.end(), std::back_inserter(inside),
                 [&grid](const Pin& pin) { return pin.layer < grid.layerCount && pin.unit < grid.unitsPerLayer(); });
    return inside.empty() ? UnitPins{} : unitPins(inside, grid);
}

}  // namespace consa
