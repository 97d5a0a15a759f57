// Writes a comparison as JSON.
#include "core/evaluation/comparison.h"

#include "core/base/json_text.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

namespace consa {
namespace {

/// JSON has no NaN: what is not a number is null.
Json numberOrNull(double value) {
    return std::isfinite(value) ? Json(value) : Json(nullptr);
}

Json toJsonValue(const PositionBucket& bucket) {
    return {{"from", bucket.fromToken},
            {"to", bucket.toToken},
            {"tokens", bucket.tokens},
            {"nll", numberOrNull(bucket.nll)},
            {"deltaNll", numberOrNull(bucket.deltaNll)}};
}

Json toJsonValue(const std::optional<Interval>& interval) {
    return interval ? Json{numberOrNull(interval->low), numberOrNull(interval->high)} : Json(nullptr);
}

Json toJsonValue(const ComparisonRow& row) {
    const auto recall = [&row](double value) { return row.recallTokens > 0 ? numberOrNull(value) : Json(nullptr); };
    Json buckets = Json::array();
    for (const PositionBucket& bucket : row.byPosition) buckets.push_back(toJsonValue(bucket));
    return {{"layout", row.name},
            {"fullUnits", row.layout.fullCount()},
            {"units", row.layout.grid.unitCount()},
            {"sparsity", row.layout.sparsity()},
            {"window", row.windowTokens},
            {"sinks", row.sinkTokens},
            {"nll", numberOrNull(row.nll)},
            {"perplexity", numberOrNull(row.perplexity())},
            {"deltaNll", numberOrNull(row.deltaNll)},
            {"deltaStandardError", numberOrNull(row.deltaStandardError)},
            {"gainOverInterleaved", row.hasGain ? numberOrNull(row.gainOverInterleaved) : Json(nullptr)},
            {"gainStandardError", row.hasGain ? numberOrNull(row.gainStandardError) : Json(nullptr)},
            {"shareOfRuleGap", numberOrNull(row.shareOfRuleGap)},
            {"shareOfRuleGapInterval", toJsonValue(row.shareOfRuleGapInterval)},
            {"shareOfSlidingGap", numberOrNull(row.shareOfSlidingGap)},
            {"shareOfSlidingGapInterval", toJsonValue(row.shareOfSlidingGapInterval)},
            {"recallTokens", row.recallTokens},
            {"recallNll", recall(row.recallNll)},
            {"recallDeltaNll", recall(row.recallDeltaNll)},
            {"recallDeltaStandardError", recall(row.recallDeltaStandardError)},
            {"tokens", row.tokens},
            {"documents", row.documents},
            {"weights", row.hasTrainedWeights ? "trained" : "model"},
            {"byPosition", std::move(buckets)}};
}

Json rowsToJson(const Comparison& comparison) {
    Json rows = Json::array();
    for (const ComparisonRow& row : comparison.rows) rows.push_back(toJsonValue(row));
    return rows;
}

/// Positions below it are out of no layout's reach.
int smallestWindow(const Comparison& comparison) {
    int smallest = std::numeric_limits<int>::max();
    for (const ComparisonRow& row : comparison.rows) smallest = std::min(smallest, row.windowTokens);
    return smallest;
}

}  // namespace

double ComparisonRow::perplexity() const {
    return std::exp(nll);
}

std::string toJson(const Comparison& comparison) {
    return dumpJson(rowsToJson(comparison));
}

std::string toJsonReport(const Comparison& comparison) {
    Json versus = Json::array();
    for (const RowDifference& pair : comparison.versus) {
        versus.push_back({{"layout", comparison.rows[pair.row].name},
                          {"other", comparison.rows[pair.other].name},
                          {"deltaNll", numberOrNull(pair.deltaNll)},
                          {"standardError", numberOrNull(pair.standardError)}});
    }
    const std::optional<double> check = selfCheck(comparison);
    return dumpJson({{"rows", rowsToJson(comparison)},
                     {"versus", std::move(versus)},
                     {"selfCheck", check ? numberOrNull(*check) : Json(nullptr)},
                     {"split", comparison.split},
                     {"contextTokens", comparison.contextTokens},
                     {"documents", comparison.rows.empty() ? 0 : comparison.rows[0].documents},
                     {"testOpenings", comparison.testOpenings ? Json(*comparison.testOpenings) : Json(nullptr)}});
}

std::optional<double> selfCheck(const Comparison& comparison) {
    const auto hasOtherWeights = [&](const ComparisonRow& row) {
        return row.hasTrainedWeights != comparison.rows[0].hasTrainedWeights;
    };
    if (std::any_of(comparison.rows.begin(), comparison.rows.end(), hasOtherWeights)) return std::nullopt;
    std::optional<double> largest;
    for (const ComparisonRow& row : comparison.rows) {
        if (row.byPosition.empty() || row.byPosition[0].toToken > smallestWindow(comparison)) continue;
        const double difference = std::abs(row.byPosition[0].deltaNll);
        if (!largest || difference > *largest || std::isnan(difference)) largest = difference;
    }
    return largest;
}

}  // namespace consa
