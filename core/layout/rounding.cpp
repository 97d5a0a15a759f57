// Exact top-k over all units or inside layers.
#include "core/layout/rounding.h"

#include "core/base/dice.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

namespace consa {

namespace {

constexpr double kPinned = std::numeric_limits<double>::infinity();

/// Scores under which pinned units come first and last.
std::vector<double> withPins(std::span<const double> scores, const UnitPins& pins) {
    std::vector<double> result(scores.begin(), scores.end());
    for (std::size_t i = 0; i < pins.size() && i < result.size(); ++i)
        if (pins[i]) result[i] = *pins[i] ? kPinned : -kPinned;
    return result;
}

/// Every layer's best units come before any layer's second best, and so on; pinned ones keep their place.
std::vector<double> layerByLayer(const UnitGrid& grid, const std::vector<double>& scores, std::uint64_t tieSeed) {
    const auto perLayer = static_cast<std::size_t>(grid.unitsPerLayer());
    std::vector<std::size_t> order(scores.size());
    for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
    Dice(mixSeed(tieSeed, order.size())).shuffle(order);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
    std::vector<double> result = scores;
    std::vector<int> rankInLayer(static_cast<std::size_t>(grid.layerCount));
    const auto count = static_cast<double>(order.size());
    for (std::size_t place = 0; place < order.size(); ++place) {
        const std::size_t unit = order[place];
        const int rank = rankInLayer[unit / perLayer]++;
        if (std::abs(scores[unit]) != kPinned) result[unit] = -rank * count - static_cast<double>(place);
    }
    return result;
}

}  // namespace

AttentionLayout roundGates(const UnitGrid& grid, std::span<const double> scores, int fullCount, Scope scope,
                           const UnitPins& pins, std::uint64_t tieSeed) {
    if (!pins.empty()) requireRoom(pins, fullCount);
    std::vector<double> ranked = withPins(scores, pins);
    const bool isWhole = static_cast<int>(ranked.size()) == grid.unitCount() &&
                         std::none_of(ranked.begin(), ranked.end(), [](double score) { return std::isnan(score); });
    if (scope == Scope::PerLayer && isWhole) ranked = layerByLayer(grid, ranked, tieSeed);
    return layoutFromScores(grid, ranked, fullCount, tieSeed);
}

}  // namespace consa
