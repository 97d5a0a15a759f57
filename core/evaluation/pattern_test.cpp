// Permutes a layout's units and counts how often the shape comes out as extreme.
#include "core/evaluation/pattern_test.h"

#include "core/base/dice.h"
#include "core/base/json_text.h"
#include "core/base/text_table.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>

namespace consa {
namespace {

/// Full units of every layer.
struct FullCounts {
    std::vector<int> byLayer;
    int unitsPerLayer = 0;
};

FullCounts countFull(const AttentionLayout& layout) {
    FullCounts counts{{}, layout.grid.unitsPerLayer()};
    for (auto unit = layout.full.begin(); unit != layout.full.end(); unit += counts.unitsPerLayer)
        counts.byLayer.push_back(std::accumulate(unit, unit + counts.unitsPerLayer, 0));
    return counts;
}

/// Whole numbers up to the division, so that layouts of the same variance tie whatever the order of their layers.
double variance(const FullCounts& counts) {
    std::int64_t sum = 0, squares = 0;
    for (const std::int64_t full : counts.byLayer) {
        sum += full;
        squares += full * full;
    }
    const auto layers = static_cast<std::int64_t>(counts.byLayer.size());
    const auto units = static_cast<double>(layers * counts.unitsPerLayer);
    return static_cast<double>(layers * squares - sum * sum) / (units * units);
}

/// Most consecutive layers with `atLeast` full units.
double longestBlock(const FullCounts& counts, int atLeast) {
    int longest = 0, current = 0;
    for (const int full : counts.byLayer) {
        current = full >= atLeast ? current + 1 : 0;
        longest = std::max(longest, current);
    }
    return longest;
}

/// `third`: 0 bottom, 1 middle, 2 top.
double fullShare(const FullCounts& counts, int third) {
    const auto border = [layers = static_cast<std::ptrdiff_t>(counts.byLayer.size())](int i) {
        return (2 * layers * i + 3) / 6;  // round(i layers / 3)
    };
    const auto begin = counts.byLayer.begin() + border(third), end = counts.byLayer.begin() + border(third + 1);
    if (begin == end) return std::numeric_limits<double>::quiet_NaN();
    return std::accumulate(begin, end, 0) / static_cast<double>((end - begin) * counts.unitsPerLayer);
}

struct Statistic {
    const char* name;
    const char* title;
    double (*of)(const FullCounts&);
};

constexpr std::array<Statistic, 6> kStatistics{
    {{"varianceOfSlidingShare", "variance of the sliding share", variance},
     {"longestFullBlock", "longest block with a full unit in each layer",
      [](const FullCounts& counts) { return longestBlock(counts, 1); }},
     {"longestAllFullBlock", "longest block of all full layers",
      [](const FullCounts& counts) { return longestBlock(counts, counts.unitsPerLayer); }},
     {"fullShareBottom", "full share of the bottom third",
      [](const FullCounts& counts) { return fullShare(counts, 0); }},
     {"fullShareMiddle", "full share of the middle third",
      [](const FullCounts& counts) { return fullShare(counts, 1); }},
     {"fullShareTop", "full share of the top third", [](const FullCounts& counts) { return fullShare(counts, 2); }}}};

std::vector<double> slidingShares(const FullCounts& counts) {
    std::vector<double> shares;
    for (const int full : counts.byLayer)
        shares.push_back(static_cast<double>(counts.unitsPerLayer - full) / counts.unitsPerLayer);
    return shares;
}

PatternStatistic compare(const char* name, double observed, const std::vector<double>& random) {
    constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
    if (std::isnan(observed)) return {name, kNaN, kNaN, {kNaN, kNaN}, kNaN};
    const auto draws = static_cast<double>(random.size());
    const auto below = std::count_if(random.begin(), random.end(), [&](double value) { return value <= observed; });
    const auto above = std::count_if(random.begin(), random.end(), [&](double value) { return value >= observed; });
    const double pValue = 2 * static_cast<double>(std::min(below, above) + 1) / (draws + 1);
    const double mean = std::accumulate(random.begin(), random.end(), 0.0) / draws;
    return {name, observed, mean, centralInterval(random), std::min(1.0, pValue)};
}

/// Layers whose sliding share lies outside the band.
std::vector<std::size_t> layersOutside(const PatternTest& test) {
    std::vector<std::size_t> layers;
    for (std::size_t layer = 0; layer < test.slidingShare.size(); ++layer) {
        const Interval& band = test.slidingShareBand[layer];
        if (test.slidingShare[layer] < band.low || test.slidingShare[layer] > band.high) layers.push_back(layer);
    }
    return layers;
}

Json numberOrNull(double value) {
    return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json toJsonValue(const Interval& interval) {
    return Json{numberOrNull(interval.low), numberOrNull(interval.high)};
}

}  // namespace

PatternTest testPatterns(const AttentionLayout& layout, int draws, std::uint64_t seed) {
    if (layout.full.empty()) throw Error("A layout without units has no pattern to test; give one with layers.");
    if (draws < 1) throw Error("Testing a pattern takes 1 random layout or more, not " + std::to_string(draws) + ".");
    const FullCounts observed = countFull(layout);
    PatternTest result{layout.fullCount(), layout.grid.unitCount(), draws, seed, slidingShares(observed), {}, 0, {}};

    std::array<std::vector<double>, kStatistics.size()> values;           // [statistics][draws]
    std::vector<std::vector<double>> shares(result.slidingShare.size());  // [layers][draws]
    Dice dice(mixSeed(seed, layout.full.size()));
    AttentionLayout random = layout;
    for (int draw = 0; draw < draws; ++draw) {
        dice.shuffle(random.full);
        const FullCounts counts = countFull(random);
        for (std::size_t s = 0; s < kStatistics.size(); ++s) values[s].push_back(kStatistics[s].of(counts));
        const std::vector<double> ofLayers = slidingShares(counts);
        for (std::size_t layer = 0; layer < shares.size(); ++layer) shares[layer].push_back(ofLayers[layer]);
    }
    for (std::vector<double>& ofLayer : shares) result.slidingShareBand.push_back(centralInterval(std::move(ofLayer)));
    result.layersOutsideBand = static_cast<int>(layersOutside(result).size());
    for (std::size_t s = 0; s < kStatistics.size(); ++s)
        result.statistics.push_back(compare(kStatistics[s].name, kStatistics[s].of(observed), values[s]));
    return result;
}

std::string toJson(const PatternTest& test) {
    Json band = Json::array(), statistics = Json::array();
    for (const Interval& ofLayer : test.slidingShareBand) band.push_back(toJsonValue(ofLayer));
    for (const PatternStatistic& one : test.statistics) {
        statistics.push_back({{"name", one.name},
                              {"observed", numberOrNull(one.observed)},
                              {"randomMean", numberOrNull(one.randomMean)},
                              {"random95", toJsonValue(one.random95)},
                              {"pValue", numberOrNull(one.pValue)}});
    }
    return dumpJson({{"fullUnits", test.fullUnits},
                     {"units", test.unitCount},
                     {"draws", test.draws},
                     {"seed", test.seed},
                     {"slidingShare", test.slidingShare},
                     {"slidingShareBand", std::move(band)},
                     {"layersOutsideBand", test.layersOutsideBand},
                     {"statistics", std::move(statistics)}});
}

std::string toTable(const PatternTest& test) {
    std::vector<std::vector<std::string>> lines{{"pattern", "observed", "random", "95 % of random", "p"}};
    for (std::size_t s = 0; s < test.statistics.size(); ++s) {
        const PatternStatistic& one = test.statistics[s];
        const bool isDefined = std::isfinite(one.observed);
        lines.push_back({kStatistics[s].title, fixedDigits(one.observed, 3), fixedDigits(one.randomMean, 3),
                         isDefined ? fmt::format("{:.3f} .. {:.3f}", one.random95.low, one.random95.high) : "-",
                         isDefined ? fmt::format("{:.2g}", one.pValue) : "-"});
    }
    std::string text = alignedText(lines, 1);
    text += fmt::format("Layers whose sliding share lies outside 95 % of random layouts: {} of {}",
                        test.layersOutsideBand, test.slidingShare.size());
    if (test.layersOutsideBand > 0) text += fmt::format(" ({})", fmt::join(layersOutside(test), ", "));
    return text + fmt::format("\nRandom: {} layouts of {} full units of {}, seed {}; p is two-sided, not corrected\n",
                              test.draws, test.fullUnits, test.unitCount, test.seed);
}

}  // namespace consa
