// Means, errors and intervals over windows that come in documents: windows of one document are not independent.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace consa {

/// From `low` to `high`, both included.
struct Interval {
    double low = 0;
    double high = 0;

    bool operator==(const Interval&) const = default;
};

/// The part of `values` that is left when 2.5 % are cut off at either end; NaN to NaN without a value.
[[nodiscard]] Interval centralInterval(std::vector<double> values);

/// A mean of paired differences and its standard error clustered by document.
struct PairedDifference {
    double mean = 0;
    double standardError = 0;
};

/// Mean of `differences` (one a window); `documents` names each window's document. The error is NaN with one document.
[[nodiscard]] PairedDifference pairedDifference(std::span<const double> differences, std::span<const int> documents);

/// The same where windows weigh differently: sum of `differences` over sum of `tokens`, both one a window, with the
/// linearised error of a ratio of two sums (Cochran, Sampling Techniques, 1977, chapter 6, with documents as the
/// units). NaN without a token; the error is NaN when fewer than two documents hold one.
[[nodiscard]] PairedDifference differencePerToken(std::span<const double> differences,
                                                  std::span<const std::int64_t> tokens, std::span<const int> documents);

/// Sums of every series over `draws` random samples of as many documents as there are, with replacement and whole, all
/// series on the same sample. `series`: [series][windows]; the result: [draws][series].
[[nodiscard]] std::vector<std::vector<double>> bootstrapSums(const std::vector<std::vector<double>>& series,
                                                             std::span<const int> documents, int draws,
                                                             std::uint64_t seed);

}  // namespace consa
