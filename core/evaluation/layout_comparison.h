// From loss sums per window to a comparison with paired, document-clustered errors.
#pragma once

#include "core/evaluation/comparison.h"

#include <span>
#include <vector>

namespace consa {

/// Loss sums in nats: one row a window, one column a position bucket.
using WindowLosses = std::vector<std::vector<double>>;

/// What was evaluated, layout by layout, in the order wanted.
struct EvaluatedLosses {
    ComparisonRow row;  // name, layout, window and sinks set; the rest is filled in
    WindowLosses losses;
};

/// Mean of `differences` (one a window) and its standard error clustered by document: windows of one document are not
/// independent. The error is NaN with one document.
struct PairedDifference {
    double mean = 0;
    double standardError = 0;
};
[[nodiscard]] PairedDifference pairedDifference(std::span<const double> differences, std::span<const int> documents);

/// Rows with losses, differences to all full, gains over the best interleaved row ("interleaved...") of the same count
/// of full heads, and both gap shares. `documents` names each window's document; `bucketEdges` as in EvaluationText;
/// `full` holds the losses of all full. A gap share is NaN when its denominator is under three standard errors.
[[nodiscard]] Comparison compareLayouts(const std::vector<EvaluatedLosses>& evaluated, const WindowLosses& full,
                                        const std::vector<int>& documents, const std::vector<int>& bucketEdges,
                                        int contextTokens);

}  // namespace consa
