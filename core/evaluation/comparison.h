// What a comparison of layouts on the same tokens yields, row by row, as plain numbers.
#pragma once

#include "core/evaluation/clustered_statistics.h"
#include "core/layout/attention_layout.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace consa {

/// Mean loss over the positions [fromToken, toToken) of every window.
struct PositionBucket {
    int fromToken = 0;
    int toToken = 0;
    std::int64_t tokens = 0;
    double nll = 0;       // nats a token
    double deltaNll = 0;  // to all full, nats

    bool operator==(const PositionBucket&) const = default;
};

/// One layout's result. Losses are nats a token; errors are standard errors clustered by document; both differences
/// are paired on the same tokens. Recall is the loss on tokens that complete a pair seen before, but out of a window's
/// reach (distantBigrams()); where there is no such token its three losses are NaN.
struct ComparisonRow {
    std::string name;
    AttentionLayout layout;
    int windowTokens = 0;
    int sinkTokens = 0;
    double nll = 0;
    double deltaNll = 0;  // to all full
    double deltaStandardError = 0;
    bool hasGain = false;            // an interleaved layout of the same budget was evaluated too
    double gainOverInterleaved = 0;  // best interleaved phase's loss minus this one's
    double gainStandardError = 0;
    double shareOfRuleGap = 0;     // (rule - x) / (rule - full); NaN where the denominator is under 3 errors
    double shareOfSlidingGap = 0;  // (sliding - x) / (sliding - full); NaN likewise or without such a row
    // 95 %, by bootstrap over documents; none where the share is NaN
    std::optional<Interval> shareOfRuleGapInterval;
    std::optional<Interval> shareOfSlidingGapInterval;
    std::int64_t recallTokens = 0;
    double recallNll = 0;
    double recallDeltaNll = 0;  // to all full
    double recallDeltaStandardError = 0;
    std::int64_t tokens = 0;
    int documents = 0;
    std::vector<PositionBucket> byPosition;
    bool hasTrainedWeights = false;  // computed with weights that a run trained; else with the model's own

    [[nodiscard]] double perplexity() const;
    bool operator==(const ComparisonRow&) const = default;
};

/// Loss of the row at index `row` minus that of the one at `other`, paired, in nats; its error is clustered by
/// document.
struct RowDifference {
    std::size_t row = 0;
    std::size_t other = 0;
    double deltaNll = 0;
    double standardError = 0;

    bool operator==(const RowDifference&) const = default;
};

/// All rows of one evaluation, in the order asked for.
struct Comparison {
    std::string split;  // "dev" | "test" | "all"
    // how often this corpus' test split has been opened, this time included; 0 for dev, none: the ledger can't be kept
    std::optional<int> testOpenings = 0;
    int contextTokens = 0;
    int atStep = 0;  // step whose gates the learned row was cut from; 0 without one
    std::vector<ComparisonRow> rows;
    std::vector<RowDifference> versus;  // of every two rows, row < other

    bool operator==(const Comparison&) const = default;
};

/// JSON array of the rows with the keys of `consa evaluate`. NaN becomes null.
[[nodiscard]] std::string toJson(const Comparison& comparison);

/// JSON object of the rows, as in toJson(), and what holds for all of them: keys rows, versus (with the rows' names),
/// selfCheck, split, contextTokens, documents and testOpenings (null: not known).
[[nodiscard]] std::string toJsonReport(const Comparison& comparison);

/// Largest |deltaNll| of any row below the smallest window of attention, where every layout computes what all full
/// computes: 0 within rounding, or something is wrong. None when no bucket lies below it, and when only some rows have
/// trained weights, for these differ everywhere.
[[nodiscard]] std::optional<double> selfCheck(const Comparison& comparison);

/// The rows as a table for a terminal, columns aligned, one line a row; below it whose weights, where a run trained
/// any, the self-check and how often the test split has been opened, where known.
[[nodiscard]] std::string toTable(const Comparison& comparison);

}  // namespace consa
