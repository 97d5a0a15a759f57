// Paired statistics over windows, clustered by document.
#include "core/evaluation/layout_comparison.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <set>

namespace consa {

PairedDifference pairedDifference(std::span<const double> differences, std::span<const int> documents) {
    PairedDifference result;
    const auto count = static_cast<double>(differences.size());
    result.mean = std::accumulate(differences.begin(), differences.end(), 0.0) / count;
    std::map<int, double> deviations;  // of each document, summed over its windows
    for (std::size_t i = 0; i < differences.size(); ++i) deviations[documents[i]] += differences[i] - result.mean;
    if (deviations.size() < 2) {
        result.standardError = std::numeric_limits<double>::quiet_NaN();
        return result;
    }
    double squares = 0;
    for (const auto& [document, deviation] : deviations) squares += deviation * deviation;
    const auto clusters = static_cast<double>(deviations.size());
    result.standardError = std::sqrt(squares * clusters / (clusters - 1)) / count;
    return result;
}

namespace {

constexpr double kSignificantErrors = 3;  // a gap smaller than this many of its errors is not divided by

/// Mean loss a token of each window.
std::vector<double> windowMeans(const WindowLosses& losses, int contextTokens) {
    std::vector<double> means;
    for (const auto& buckets : losses)
        means.push_back(std::accumulate(buckets.begin(), buckets.end(), 0.0) / contextTokens);
    return means;
}

std::vector<double> difference(const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> result(a.size());
    std::transform(a.begin(), a.end(), b.begin(), result.begin(), std::minus<>());
    return result;
}

double mean(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

std::vector<PositionBucket> bucketsOf(const WindowLosses& losses, const WindowLosses& full,
                                      const std::vector<int>& edges, int contextTokens) {
    std::vector<PositionBucket> result;
    for (std::size_t b = 0; b < edges.size(); ++b) {
        PositionBucket bucket;
        bucket.fromToken = edges[b];
        bucket.toToken = b + 1 < edges.size() ? edges[b + 1] : contextTokens;
        bucket.tokens = static_cast<std::int64_t>(losses.size()) * (bucket.toToken - bucket.fromToken);
        double sum = 0, fullSum = 0;
        for (std::size_t i = 0; i < losses.size(); ++i) {
            sum += losses[i][b];
            fullSum += full[i][b];
        }
        bucket.nll = sum / static_cast<double>(bucket.tokens);
        bucket.deltaNll = (sum - fullSum) / static_cast<double>(bucket.tokens);
        result.push_back(bucket);
    }
    return result;
}

/// numerator / denominator where the denominator is significant.
double shareOfGap(double numerator, const PairedDifference& gap) {
    if (!(gap.mean > kSignificantErrors * gap.standardError)) return std::numeric_limits<double>::quiet_NaN();
    return numerator / gap.mean;
}

int fullHeads(const ComparisonRow& row) {
    return row.layout.perKvHead().fullCount();
}

}  // namespace

Comparison compareLayouts(const std::vector<EvaluatedLosses>& evaluated, const WindowLosses& full,
                          const std::vector<int>& documents, const std::vector<int>& bucketEdges, int contextTokens) {
    const std::vector<double> fullMeans = windowMeans(full, contextTokens);
    std::vector<std::vector<double>> means;
    for (const EvaluatedLosses& one : evaluated) means.push_back(windowMeans(one.losses, contextTokens));

    std::map<int, std::size_t> bestRule;  // by count of full heads
    std::size_t sliding = evaluated.size();
    for (std::size_t i = 0; i < evaluated.size(); ++i) {
        const int count = fullHeads(evaluated[i].row);
        if (count == 0) sliding = i;
        if (!evaluated[i].row.name.starts_with("interleaved")) continue;
        const auto found = bestRule.find(count);
        if (found == bestRule.end() || mean(means[i]) < mean(means[found->second])) bestRule[count] = i;
    }

    Comparison comparison;
    comparison.contextTokens = contextTokens;
    for (std::size_t i = 0; i < evaluated.size(); ++i) {
        ComparisonRow row = evaluated[i].row;
        row.nll = mean(means[i]);
        const PairedDifference delta = pairedDifference(difference(means[i], fullMeans), documents);
        row.deltaNll = delta.mean;
        row.deltaStandardError = delta.standardError;
        row.shareOfRuleGap = row.shareOfSlidingGap = std::numeric_limits<double>::quiet_NaN();
        if (const auto rule = bestRule.find(fullHeads(row)); rule != bestRule.end()) {
            const std::vector<double>& ruleMeans = means[rule->second];
            const PairedDifference gain = pairedDifference(difference(ruleMeans, means[i]), documents);
            row.hasGain = true;
            row.gainOverInterleaved = gain.mean;
            row.gainStandardError = gain.standardError;
            row.shareOfRuleGap = shareOfGap(gain.mean, pairedDifference(difference(ruleMeans, fullMeans), documents));
        }
        if (sliding < evaluated.size())
            row.shareOfSlidingGap = shareOfGap(mean(difference(means[sliding], means[i])),
                                               pairedDifference(difference(means[sliding], fullMeans), documents));
        row.tokens = static_cast<std::int64_t>(documents.size()) * contextTokens;
        row.documents = static_cast<int>(std::set<int>(documents.begin(), documents.end()).size());
        row.byPosition = bucketsOf(evaluated[i].losses, full, bucketEdges, contextTokens);
        comparison.rows.push_back(std::move(row));
    }
    return comparison;
}

}  // namespace consa
