// Which rows are compared with which, and by what.
#include "core/evaluation/layout_comparison.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <numeric>
#include <set>

namespace consa {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kSignificantErrors = 3;  // a gap smaller than this many of its errors is not divided by
constexpr int kBootstrapDraws = 2000;     // Efron and Tibshirani (1993) ask for 1000 and more
constexpr std::uint64_t kBootstrapSeed = 0;

std::vector<double> difference(const std::vector<double>& a, const std::vector<double>& b) {
    std::vector<double> result(a.size());
    std::transform(a.begin(), a.end(), b.begin(), result.begin(), std::minus<>());
    return result;
}

double mean(const std::vector<double>& values) {
    return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

struct GapShare {
    double share = kNaN;
    std::optional<Interval> interval;
};

/// Every row's mean loss of each window, all full the last, and what is computed from any of them.
class PairedMeans {
public:
    PairedMeans(std::vector<std::vector<double>> means, const std::vector<int>& documents)
        : m_means(std::move(means)),
          m_documents(documents),
          m_draws(bootstrapSums(m_means, documents, kBootstrapDraws, kBootstrapSeed)) {}

    [[nodiscard]] std::size_t full() const { return m_means.size() - 1; }
    [[nodiscard]] double meanOf(std::size_t row) const { return mean(m_means[row]); }
    /// Of `row` minus `other`.
    [[nodiscard]] PairedDifference versus(std::size_t row, std::size_t other) const {
        return pairedDifference(difference(m_means[row], m_means[other]), m_documents);
    }
    /// (worst - row) / (worst - full) where the denominator is significant.
    [[nodiscard]] GapShare shareOfGap(std::size_t worst, std::size_t row) const {
        const PairedDifference gap = versus(worst, full());
        if (!(gap.mean > kSignificantErrors * gap.standardError)) return {};
        return {versus(worst, row).mean / gap.mean, interval(worst, row)};
    }

private:
    [[nodiscard]] std::optional<Interval> interval(std::size_t worst, std::size_t row) const {
        std::vector<double> shares;
        for (const std::vector<double>& sums : m_draws) {
            const double gap = sums[worst] - sums[full()];
            const double share = (sums[worst] - sums[row]) / gap;
            if (gap > 0 && std::isfinite(share)) shares.push_back(share);
        }
        if ((m_draws.size() - shares.size()) * 40 > m_draws.size()) return std::nullopt;
        return centralInterval(std::move(shares));
    }

    std::vector<std::vector<double>> m_means;  // [rows + 1][windows]
    const std::vector<int>& m_documents;
    std::vector<std::vector<double>> m_draws;  // [draws][rows + 1], sums over windows
};

/// The rows that others are measured against.
struct Baselines {
    std::map<int, std::size_t> bestRule;  // by count of full heads
    std::optional<std::size_t> sliding;
};

int fullHeads(const ComparisonRow& row) {
    return row.layout.perKvHead().fullCount();
}

Baselines findBaselines(const std::vector<EvaluatedLosses>& evaluated, const PairedMeans& means) {
    Baselines result;
    for (std::size_t i = 0; i < evaluated.size(); ++i) {
        const int count = fullHeads(evaluated[i].row);
        if (count == 0) result.sliding = i;
        if (!evaluated[i].row.name.starts_with("interleaved")) continue;
        const auto [found, isFirst] = result.bestRule.try_emplace(count, i);
        if (!isFirst && means.meanOf(i) < means.meanOf(found->second)) found->second = i;
    }
    return result;
}

void fillDifferences(ComparisonRow& row, std::size_t index, const PairedMeans& means, const Baselines& baselines) {
    row.nll = means.meanOf(index);
    const PairedDifference delta = means.versus(index, means.full());
    row.deltaNll = delta.mean;
    row.deltaStandardError = delta.standardError;
    GapShare ofRule, ofSliding;
    if (const auto rule = baselines.bestRule.find(fullHeads(row)); rule != baselines.bestRule.end()) {
        const PairedDifference gain = means.versus(rule->second, index);
        row.hasGain = true;
        row.gainOverInterleaved = gain.mean;
        row.gainStandardError = gain.standardError;
        ofRule = means.shareOfGap(rule->second, index);
    }
    if (baselines.sliding) ofSliding = means.shareOfGap(*baselines.sliding, index);
    row.shareOfRuleGap = ofRule.share;
    row.shareOfRuleGapInterval = ofRule.interval;
    row.shareOfSlidingGap = ofSliding.share;
    row.shareOfSlidingGapInterval = ofSliding.interval;
}

void fillRecall(ComparisonRow& row, const WindowLosses& losses, const WindowLosses& full,
                const std::vector<std::int64_t>& tokens, const std::vector<int>& documents) {
    row.recallTokens = std::accumulate(tokens.begin(), tokens.end(), std::int64_t{0});
    row.recallNll = row.recallDeltaNll = row.recallDeltaStandardError = kNaN;
    if (row.recallTokens == 0) return;
    double sum = 0;
    std::vector<double> differences;
    for (std::size_t i = 0; i < losses.size(); ++i) {
        sum += losses[i].recall;
        differences.push_back(losses[i].recall - full[i].recall);
    }
    const PairedDifference delta = differencePerToken(differences, tokens, documents);
    row.recallNll = sum / static_cast<double>(row.recallTokens);
    row.recallDeltaNll = delta.mean;
    row.recallDeltaStandardError = delta.standardError;
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
            sum += losses[i].byBucket[b];
            fullSum += full[i].byBucket[b];
        }
        bucket.nll = sum / static_cast<double>(bucket.tokens);
        bucket.deltaNll = (sum - fullSum) / static_cast<double>(bucket.tokens);
        result.push_back(bucket);
    }
    return result;
}

std::vector<RowDifference> everyTwo(const PairedMeans& means) {
    std::vector<RowDifference> result;
    for (std::size_t row = 0; row < means.full(); ++row) {
        for (std::size_t other = row + 1; other < means.full(); ++other) {
            const PairedDifference delta = means.versus(row, other);
            result.push_back({row, other, delta.mean, delta.standardError});
        }
    }
    return result;
}

}  // namespace

std::vector<double> windowMeans(const WindowLosses& losses, int contextTokens) {
    std::vector<double> means;
    for (const WindowLoss& window : losses)
        means.push_back(std::accumulate(window.byBucket.begin(), window.byBucket.end(), 0.0) / contextTokens);
    return means;
}

Comparison compareLayouts(const std::vector<EvaluatedLosses>& evaluated, const WindowLosses& full,
                          const std::vector<int>& documents, const std::vector<int>& bucketEdges, int contextTokens,
                          const std::vector<std::int64_t>& recallTokens) {
    std::vector<std::vector<double>> windows;
    windows.reserve(evaluated.size() + 1);
    for (const EvaluatedLosses& one : evaluated) windows.push_back(windowMeans(one.losses, contextTokens));
    windows.push_back(windowMeans(full, contextTokens));
    const PairedMeans means(std::move(windows), documents);
    const Baselines baselines = findBaselines(evaluated, means);

    Comparison comparison;
    comparison.contextTokens = contextTokens;
    for (std::size_t i = 0; i < evaluated.size(); ++i) {
        ComparisonRow row = evaluated[i].row;
        fillDifferences(row, i, means, baselines);
        fillRecall(row, evaluated[i].losses, full, recallTokens, documents);
        row.tokens = static_cast<std::int64_t>(documents.size()) * contextTokens;
        row.documents = static_cast<int>(std::set<int>(documents.begin(), documents.end()).size());
        row.byPosition = bucketsOf(evaluated[i].losses, full, bucketEdges, contextTokens);
        comparison.rows.push_back(std::move(row));
    }
    comparison.versus = everyTwo(means);
    return comparison;
}

}  // namespace consa
