// Cluster errors by linearisation and by bootstrap.
#include "core/evaluation/clustered_statistics.h"

#include "core/base/dice.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>

namespace consa {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();

/// Sums of every series in every document: [documents][series].
std::vector<std::vector<double>> sumsByDocument(const std::vector<std::vector<double>>& series,
                                                std::span<const int> documents) {
    std::map<int, std::size_t> places;
    std::vector<std::vector<double>> sums;
    for (std::size_t window = 0; window < documents.size(); ++window) {
        const auto [place, isNew] = places.try_emplace(documents[window], sums.size());
        if (isNew) sums.emplace_back(series.size());
        for (std::size_t s = 0; s < series.size(); ++s) sums[place->second][s] += series[s][window];
    }
    return sums;
}

}  // namespace

Interval centralInterval(std::vector<double> values) {
    if (values.empty()) return {kNaN, kNaN};
    std::sort(values.begin(), values.end());
    const std::size_t cut = values.size() / 40;  // 2.5 %
    return {values[cut], values[values.size() - 1 - cut]};
}

PairedDifference pairedDifference(std::span<const double> differences, std::span<const int> documents) {
    return differencePerToken(differences, std::vector<std::int64_t>(differences.size(), 1), documents);
}

PairedDifference differencePerToken(std::span<const double> differences, std::span<const std::int64_t> tokens,
                                    std::span<const int> documents) {
    struct Sums {
        double difference = 0, tokens = 0;
    };
    std::map<int, Sums> byDocument;
    Sums all;
    for (std::size_t i = 0; i < differences.size(); ++i) {
        if (tokens[i] == 0) continue;
        Sums& sums = byDocument[documents[i]];
        sums.difference += differences[i];
        sums.tokens += static_cast<double>(tokens[i]);
        all.difference += differences[i];
        all.tokens += static_cast<double>(tokens[i]);
    }
    PairedDifference result{all.tokens > 0 ? all.difference / all.tokens : kNaN, kNaN};
    if (byDocument.size() < 2) return result;
    double squares = 0;
    for (const auto& [document, sums] : byDocument) {
        const double deviation = sums.difference - result.mean * sums.tokens;
        squares += deviation * deviation;
    }
    const auto clusters = static_cast<double>(byDocument.size());
    result.standardError = std::sqrt(squares * clusters / (clusters - 1)) / all.tokens;
    return result;
}

std::vector<std::vector<double>> bootstrapSums(const std::vector<std::vector<double>>& series,
                                               std::span<const int> documents, int draws, std::uint64_t seed) {
    const std::vector<std::vector<double>> sums = sumsByDocument(series, documents);
    Dice dice(mixSeed(seed, sums.size()));
    std::vector<std::vector<double>> result(static_cast<std::size_t>(draws), std::vector<double>(series.size()));
    for (std::vector<double>& draw : result) {
        for (std::size_t i = 0; i < sums.size(); ++i) {
            const std::vector<double>& document = sums[dice.below(sums.size())];
            std::transform(draw.begin(), draw.end(), document.begin(), draw.begin(), std::plus<>());
        }
    }
    return result;
}

}  // namespace consa
