// What a comparison of layouts on the same tokens yields, row by row, as plain numbers.
#pragma once

#include "core/layout/attention_layout.h"

#include <cstdint>
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
/// are paired on the same tokens.
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
    std::int64_t tokens = 0;
    int documents = 0;
    std::vector<PositionBucket> byPosition;
    bool hasTrainedWeights = false;  // computed with weights that a run trained; else with the model's own

    [[nodiscard]] double perplexity() const;
    bool operator==(const ComparisonRow&) const = default;
};

/// All rows of one evaluation, in the order asked for.
struct Comparison {
    std::string split;  // "dev" | "test" | "all"
    int contextTokens = 0;
    int atStep = 0;  // step whose gates the learned row was cut from; 0 without one
    std::vector<ComparisonRow> rows;

    bool operator==(const Comparison&) const = default;
};

/// JSON array of the rows with the keys of `consa evaluate`. NaN becomes null.
[[nodiscard]] std::string toJson(const Comparison& comparison);

/// The rows as a table for a terminal, columns aligned, one line a row.
[[nodiscard]] std::string toTable(const Comparison& comparison);

}  // namespace consa
