// From loss sums per window to a comparison with paired, document-clustered errors.
#pragma once

#include "core/evaluation/comparison.h"

#include <cstdint>
#include <vector>

namespace consa {

/// Loss sums of one window, in nats.
struct WindowLoss {
    std::vector<double> byBucket;  // [position buckets]
    double recall = 0;             // over the window's distantBigrams()
};
using WindowLosses = std::vector<WindowLoss>;

/// Mean loss a predicted token of each window, nats; a window predicts `contextTokens`.
[[nodiscard]] std::vector<double> windowMeans(const WindowLosses& losses, int contextTokens);

/// What was evaluated, layout by layout, in the order wanted.
struct EvaluatedLosses {
    ComparisonRow row;  // name, layout, window and sinks set; the rest is filled in
    WindowLosses losses;
};

/// Rows with losses, differences to all full, gains over the best interleaved row ("interleaved...") of the same count
/// of full heads, both gap shares, and differences of every two rows. `documents` names each window's document;
/// `bucketEdges` as in EvaluationText; `full` holds the losses of all full; `recallTokens` is each window's count of
/// distantBigrams(), empty when they were not looked for. A gap share is NaN when its denominator is under three
/// standard errors. Its interval takes the best interleaved row as given, and is left out when more than 2.5 % of the
/// samples of documents have no gap to divide by.
[[nodiscard]] Comparison compareLayouts(const std::vector<EvaluatedLosses>& evaluated, const WindowLosses& full,
                                        const std::vector<int>& documents, const std::vector<int>& bucketEdges,
                                        int contextTokens, const std::vector<std::int64_t>& recallTokens = {});

}  // namespace consa
