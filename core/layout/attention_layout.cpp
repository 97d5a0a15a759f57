// Counts, cuts and redraws layouts.
#include "core/layout/attention_layout.h"

#include "core/base/dice.h"
#include "core/base/error.h"

#include <algorithm>
#include <cassert>
#include <cmath>
#include <numeric>

namespace consa {
namespace {

std::size_t unitIndex(const UnitGrid& grid, int layer, int unit) {
    assert(layer >= 0 && layer < grid.layerCount && unit >= 0 && unit < grid.unitsPerLayer());
    const int index = layer * grid.unitsPerLayer() + unit;
    return static_cast<std::size_t>(index);
}

}  // namespace

std::string toString(Granularity granularity) {
    return granularity == Granularity::Layer ? "layer" : "kv-head";
}

Granularity granularityFromString(const std::string& word) {
    if (word == "layer") return Granularity::Layer;
    if (word == "kv-head") return Granularity::KvHead;
    throw Error("\"" + word + "\" is not a granularity: use kv-head or layer");
}

AttentionLayout::AttentionLayout(UnitGrid unitGrid, bool isFull)
    : grid(unitGrid), full(static_cast<std::size_t>(unitGrid.unitCount()), isFull ? 1 : 0) {}

bool AttentionLayout::isFull(int layer, int unit) const {
    return full[unitIndex(grid, layer, unit)] != 0;
}

void AttentionLayout::setFull(int layer, int unit, bool isFull) {
    full[unitIndex(grid, layer, unit)] = isFull ? 1 : 0;
}

bool AttentionLayout::isHeadFull(int layer, int kvHead) const {
    return isFull(layer, grid.granularity == Granularity::Layer ? 0 : kvHead);
}

int AttentionLayout::fullCount() const {
    return static_cast<int>(full.size() - static_cast<std::size_t>(std::count(full.begin(), full.end(), 0)));
}

double AttentionLayout::sparsity() const {
    if (full.empty()) return 0;
    const double unitCount = static_cast<double>(full.size());
    return (unitCount - fullCount()) / unitCount;
}

AttentionLayout AttentionLayout::perKvHead() const {
    AttentionLayout layout({grid.layerCount, grid.kvHeadCount, Granularity::KvHead}, false);
    for (int layer = 0; layer < grid.layerCount; ++layer) {
        for (int head = 0; head < grid.kvHeadCount; ++head) layout.setFull(layer, head, isHeadFull(layer, head));
    }
    return layout;
}

int fullUnitsAtSparsity(int unitCount, double sparsity) {
    if (!(sparsity >= 0 && sparsity <= 1)) {
        throw Error("a sparsity of " + std::to_string(sparsity) + " is impossible: it must lie between 0 and 1");
    }
    return static_cast<int>(std::floor(unitCount * (1 - sparsity) + 0.5));
}

AttentionLayout layoutFromScores(const UnitGrid& grid, std::span<const double> scores, int fullCount,
                                 std::uint64_t tieSeed) {
    const auto unitCount = static_cast<std::size_t>(grid.unitCount());
    if (scores.size() != unitCount) {
        throw Error("there are " + std::to_string(scores.size()) + " scores for " + std::to_string(unitCount) +
                    " units; give one a unit");
    }
    if (fullCount < 0 || static_cast<std::size_t>(fullCount) > unitCount) {
        throw Error("a budget of " + std::to_string(fullCount) + " full units is out of range: there are " +
                    std::to_string(unitCount));
    }
    if (std::any_of(scores.begin(), scores.end(), [](double score) { return std::isnan(score); })) {
        throw Error("a unit's score is not a number, so the units can't be ranked; the run has diverged",
                    ErrorKind::RunFailed);
    }
    std::vector<std::size_t> order(unitCount);
    std::iota(order.begin(), order.end(), std::size_t{0});
    Dice(tieSeed).shuffle(order);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });

    AttentionLayout layout(grid, false);
    for (int rank = 0; rank < fullCount; ++rank) layout.full[order[static_cast<std::size_t>(rank)]] = 1;
    return layout;
}

}  // namespace consa
