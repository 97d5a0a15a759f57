// Patterns are tested, not told: a layout's shape beside random layouts of the same count of full units.
#pragma once

#include "core/evaluation/clustered_statistics.h"
#include "core/layout/attention_layout.h"

#include <cstdint>
#include <string>
#include <vector>

namespace consa {

/// One number of a layout and where it lies among random layouts.
struct PatternStatistic {
    std::string name;     // varianceOfSlidingShare, longestFullBlock, ...
    double observed = 0;  // NaN, like all below, where it is not defined
    double randomMean = 0;
    Interval random95;  // the middle 95 % of the random layouts
    double pValue = 1;  // two-sided: twice the smaller of both (r + 1) / (draws + 1), r: random layouts as far out or
                        // further on that side; at most 1
    bool operator==(const PatternStatistic&) const = default;
};

/// Statistics of a layout, with bottom the layers next to the embedding; the p-values are not corrected for being
/// several:
/// - varianceOfSlidingShare: of the sliding share per layer, over layers: is any layer special?
/// - longestFullBlock: most consecutive layers that each hold a full unit
/// - longestAllFullBlock: most consecutive layers with every unit full
/// - fullShareBottom, fullShareMiddle, fullShareTop: share of a third's units that are full. The thirds meet at layers
///   round(L / 3) and round(2 L / 3); a third of no layer (L < 3) has no share.
struct PatternTest {
    int fullUnits = 0;
    int unitCount = 0;
    int draws = 0;
    std::uint64_t seed = 0;
    std::vector<double> slidingShare;        // [layers]
    std::vector<Interval> slidingShareBand;  // [layers], the middle 95 % of the random layouts, layer by layer
    int layersOutsideBand = 0;               // under 5 % of the layers are expected there by chance
    std::vector<PatternStatistic> statistics;

    bool operator==(const PatternTest&) const = default;
};

/// Compares `layout` with `draws` layouts drawn uniformly among those of as many full units; the same seed gives the
/// same result. Throws Error (BadInput) for a layout without units and for less than one draw.
[[nodiscard]] PatternTest testPatterns(const AttentionLayout& layout, int draws = 10000, std::uint64_t seed = 0);

/// JSON object of the fields above, on one line. NaN becomes null, an interval [low, high].
[[nodiscard]] std::string toJson(const PatternTest& test);

/// The statistics as a table for a terminal, one a line, then the layers outside their band.
[[nodiscard]] std::string toTable(const PatternTest& test);

}  // namespace consa
