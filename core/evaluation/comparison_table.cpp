// Writes a comparison as a table for a terminal.
#include "core/base/text_table.h"
#include "core/evaluation/comparison.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace consa {
namespace {

using Line = std::vector<std::string>;
const Line kTitles{"  layout",    "full k/N",       "sparsity",   "PPL", "dNLL vs full", "gain vs interleaved",
                   "of rule gap", "of sliding gap", "recall dNLL"};

std::string percent(double share) {
    return std::isfinite(share) ? fixedDigits(100 * share, 1) + " %" : "-";
}

std::string withInterval(double share, const std::optional<Interval>& interval) {
    if (!interval) return percent(share);
    return fmt::format("{} [{:.1f}, {:.1f}]", percent(share), 100 * interval->low, 100 * interval->high);
}

std::string withError(double value, double error) {
    return std::isfinite(value) ? fixedDigits(value, 4) + " +- " + fixedDigits(error, 4) : "-";
}

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
    return {(isBest ? "* " : "  ") + row.name,
            fmt::format("{}/{}", row.layout.fullCount(), row.layout.grid.unitCount()),
            percent(row.layout.sparsity()),
            fixedDigits(row.perplexity(), 3),
            withError(row.deltaNll, row.deltaStandardError),
            row.hasGain ? withError(row.gainOverInterleaved, row.gainStandardError) : "-",
            withInterval(row.shareOfRuleGap, row.shareOfRuleGapInterval),
            withInterval(row.shareOfSlidingGap, row.shareOfSlidingGapInterval),
            row.recallTokens > 0 ? withError(row.recallDeltaNll, row.recallDeltaStandardError) : "-"};
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

/// What holds for the whole table, a line each.
std::string footer(const Comparison& comparison) {
    std::string text = weightsNote(comparison.rows);
    if (!comparison.rows.empty() && comparison.rows[0].recallTokens > 0)
        text += fmt::format("Recall: the {} tokens that complete a pair seen before, but out of the window's reach.\n",
                            comparison.rows[0].recallTokens);
    if (const auto check = selfCheck(comparison))
        text += fmt::format(
            "Self-check below the window: largest difference {:.1e} nats, 0 expected within rounding.\n", *check);
    if (!comparison.testOpenings)
        text += "How often the test text of this corpus was opened is not known: the record of it can't be kept.\n";
    else if (*comparison.testOpenings > 0)
        text += fmt::format("The test text of this corpus was opened {} time{} so far.\n", *comparison.testOpenings,
                            *comparison.testOpenings == 1 ? "" : "s");
    return text;
}

}  // namespace

std::string toTable(const Comparison& comparison) {
    std::vector<Line> lines{kTitles};
    const ComparisonRow* best = bestSparseRow(comparison.rows);
    for (const ComparisonRow& row : comparison.rows) lines.push_back(toLine(row, &row == best));
    const bool hasRecall = std::any_of(comparison.rows.begin(), comparison.rows.end(),
                                       [](const ComparisonRow& row) { return row.recallTokens > 0; });
    if (!hasRecall) {
        for (Line& line : lines) line.pop_back();
    }
    return alignedText(lines, 1) + footer(comparison);
}

}  // namespace consa
