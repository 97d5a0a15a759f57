// Writes a comparison as JSON and as a table for a terminal.
#include "core/evaluation/comparison.h"

#include "core/base/json_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

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

Json toJsonValue(const ComparisonRow& row) {
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
            {"shareOfSlidingGap", numberOrNull(row.shareOfSlidingGap)},
            {"tokens", row.tokens},
            {"documents", row.documents},
            {"weights", row.hasTrainedWeights ? "trained" : "model"},
            {"byPosition", std::move(buckets)}};
}

// printf's rounding with a fixed number of digits; "-" for what was not measured.
std::string fixed(double value, int digits) {
    if (!std::isfinite(value)) return "-";
    std::array<char, 64> text{};
    std::snprintf(text.data(), text.size(), std::abs(value) < 1e12 ? "%.*f" : "%.*e", digits, value);
    return text.data();
}

std::string percent(double share) {
    return std::isfinite(share) ? fixed(100 * share, 1) + " %" : "-";
}

std::string withError(double value, double error) {
    return std::isfinite(value) ? fixed(value, 4) + " +- " + fixed(error, 4) : "-";
}

constexpr std::size_t kColumnCount = 9;
using Line = std::array<std::string, kColumnCount>;
constexpr std::array<const char*, kColumnCount> kTitles{"",
                                                        "layout",
                                                        "full k/N",
                                                        "sparsity",
                                                        "PPL",
                                                        "dNLL vs full",
                                                        "gain vs interleaved",
                                                        "of rule gap",
                                                        "of sliding gap"};

bool isAllFull(const ComparisonRow& row) {
    return row.layout.fullCount() == row.layout.grid.unitCount();
}

/// The row with the lowest loss that isn't all full; null when there is none.
const ComparisonRow* bestSparseRow(const std::vector<ComparisonRow>& rows) {
    const ComparisonRow* best = nullptr;
    for (const ComparisonRow& row : rows) {
        if (!isAllFull(row) && std::isfinite(row.nll) && (!best || row.nll < best->nll)) best = &row;
    }
    return best;
}

Line toLine(const ComparisonRow& row, bool isBest) {
    return {isBest ? "*" : "",
            row.name,
            std::to_string(row.layout.fullCount()) + "/" + std::to_string(row.layout.grid.unitCount()),
            percent(row.layout.sparsity()),
            fixed(row.perplexity(), 3),
            withError(row.deltaNll, row.deltaStandardError),
            row.hasGain ? withError(row.gainOverInterleaved, row.gainStandardError) : "-",
            percent(row.shareOfRuleGap),
            percent(row.shareOfSlidingGap)};
}

// Characters of UTF-8 text: names may hold more than ASCII.
std::size_t width(const std::string& text) {
    const auto beginsCharacter = [](char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; };
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), beginsCharacter));
}

// Words to the left, numbers to the right.
std::string aligned(const Line& line, const std::array<std::size_t, kColumnCount>& widths) {
    std::string text;
    for (std::size_t column = 0; column < kColumnCount; ++column) {
        const std::string padding(widths[column] - width(line[column]), ' ');
        const bool isWord = column < 2;
        if (column > 0) text += column == 1 ? " " : "  ";
        text += isWord ? line[column] + padding : padding + line[column];
    }
    text.erase(text.find_last_not_of(' ') + 1);
    return text + "\n";
}

/// Which rows ran with trained weights; nothing where none did.
std::string weightsNote(const std::vector<ComparisonRow>& rows) {
    const auto trained = std::count_if(rows.begin(), rows.end(), [](const auto& row) { return row.hasTrainedWeights; });
    if (trained == 0) return "";
    if (trained == static_cast<std::ptrdiff_t>(rows.size())) return "All rows with the weights that the run trained.\n";
    std::string others;
    for (const ComparisonRow& row : rows)
        if (!row.hasTrainedWeights) others += (others.empty() ? "" : ", ") + row.name;
    return "Each row with its own trained weights, but for the model's own in: " + others + ".\n";
}

}  // namespace

double ComparisonRow::perplexity() const {
    return std::exp(nll);
}

std::string toJson(const Comparison& comparison) {
    Json rows = Json::array();
    for (const ComparisonRow& row : comparison.rows) rows.push_back(toJsonValue(row));
    return dumpJson(rows);
}

std::string toTable(const Comparison& comparison) {
    std::vector<Line> lines(1);
    std::copy(kTitles.begin(), kTitles.end(), lines[0].begin());
    const ComparisonRow* best = bestSparseRow(comparison.rows);
    for (const ComparisonRow& row : comparison.rows) lines.push_back(toLine(row, &row == best));

    std::array<std::size_t, kColumnCount> widths{};
    for (const Line& line : lines) {
        for (std::size_t column = 0; column < kColumnCount; ++column) {
            widths[column] = std::max(widths[column], width(line[column]));
        }
    }
    std::string text;
    for (const Line& line : lines) text += aligned(line, widths);
    return text + weightsNote(comparison.rows);
}

}  // namespace consa
