// What a session without a model says it measured, for tests of the window.
#pragma once

#include "core/layout/layout_patterns.h"
#include "core/session/session_command.h"
#include "core/session/session_snapshot.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <vector>

namespace consa {

inline ComparisonRow fakeRow(const SessionSnapshot& snapshot, const std::string& name, const AttentionLayout& layout,
                             double delta) {
    ComparisonRow row;
    row.name = name;
    row.layout = layout;
    row.windowTokens = snapshot.config.windowTokens;
    row.sinkTokens = snapshot.config.sinkTokens;
    row.nll = 2.7 + delta;
    row.deltaNll = delta;
    row.deltaStandardError = delta * 0.06;
    row.hasGain = name == "learned";
    row.gainOverInterleaved = 0.0605;
    row.gainStandardError = 0.0052;
    row.shareOfRuleGap = 0.664;
    row.shareOfSlidingGap = 1 - delta / 0.312;
    if (name == "learned") row.shareOfRuleGapInterval = Interval{0.61, 0.71};
    row.tokens = 28160;
    row.documents = 21;
    row.recallTokens = 3120;
    row.recallNll = 1.9 + 4 * delta;
    row.recallDeltaNll = 4 * delta;
    row.recallDeltaStandardError = 0.2 * delta;
    for (int from = 0; from < 512; from = from == 0 ? 32 : 2 * from) {
        const int to = from == 0 ? 32 : 2 * from;
        const double reach = from < snapshot.config.windowTokens ? 0.0 : 1.5 * delta * from / 512.0;
        row.byPosition.push_back({from, to, 55LL * (to - from), 2.7 + reach, reach});
    }
    return row;
}

/// All full, the learned cut when there are gates, interleaved layers, all sliding and what the command names.
inline Comparison fakeComparison(const SessionSnapshot& snapshot, const EvaluateCommand& command) {
    Comparison comparison;
    comparison.split = command.split;
    comparison.contextTokens = 512;
    comparison.atStep = snapshot.step;
    const auto add = [&](const std::string& name, const AttentionLayout& layout, double delta) {
        comparison.rows.push_back(fakeRow(snapshot, name, layout, delta));
    };
    add("full", AttentionLayout(snapshot.grid, true), 0);
    if (!snapshot.logAlpha.empty()) add("learned", snapshot.layout, 0.0305);
    double excess = 0.121;
    for (const NamedLayout& rule :
         layoutsFromRule("interleaved@" + std::to_string(snapshot.target).substr(0, 4), snapshot.grid)) {
        add(rule.name, rule.layout, excess);
        excess -= 0.03;
    }
    add("sliding", AttentionLayout(snapshot.grid, false), 0.312);
    double named = 0.05;
    for (const EvaluatedLayout& one : command.layouts) {
        add(one.name, one.layout, named);
        named += 0.019;
    }
    comparison.testOpenings = command.split == "test" ? 3 : 0;
    for (std::size_t row = 0; row < comparison.rows.size(); ++row) {
        for (std::size_t other = row + 1; other < comparison.rows.size(); ++other) {
            const double delta = comparison.rows[row].deltaNll - comparison.rows[other].deltaNll;
            comparison.versus.push_back({row, other, delta, 0.002 + 0.01 * std::abs(delta)});
        }
    }
    return comparison;
}

/// A cut curve like the engine's: the user's cut first, then from coarse to fine; a loss that rises faster and faster.
class FakeCuts {
public:
    /// The first budget whose point is missing; empty when the curve is complete.
    [[nodiscard]] std::optional<double> next(const SessionSnapshot& snapshot) const {
        std::vector<double> wanted{0.5, 0.25, 0.75, 0.9, 0.1, 0.6, 0.4, 0.8, 0.3, 0.7, 0.2};
        if (snapshot.cut) wanted.insert(wanted.begin(), *snapshot.cut);
        if (isStale(snapshot)) return wanted.front();
        const auto missing = std::find_if(wanted.begin(), wanted.end(), [this](double sparsity) {
            return std::find(m_done.begin(), m_done.end(), sparsity) == m_done.end();
        });
        return missing == wanted.end() ? std::nullopt : std::optional(*missing);
    }

    void add(SessionSnapshot& snapshot, double asked, const AttentionLayout& layout) {
        constexpr double kNllFull = 2.52;
        CutCurve& curve = snapshot.cutCurve;
        if (isStale(snapshot)) {
            curve = {};
            m_done.clear();
        }
        const double sparsity = layout.sparsity();
        const double delta = 0.31 * sparsity * sparsity * sparsity;
        const CutPoint point{sparsity, kNllFull + delta, delta, 0.001 + 0.02 * delta};
        const auto place = std::lower_bound(curve.points.begin(), curve.points.end(), sparsity,
                                            [](const CutPoint& one, double value) { return one.sparsity < value; });
        if (place == curve.points.end() || place->sparsity != sparsity) curve.points.insert(place, point);
        curve.step = snapshot.step;
        curve.tokens = 4096;
        curve.nllFull = kNllFull;
        m_done.push_back(asked);
    }

private:
    [[nodiscard]] static bool isStale(const SessionSnapshot& snapshot) {
        return snapshot.cutCurve.points.empty() || snapshot.cutCurve.step != snapshot.step;
    }

    std::vector<double> m_done;  // asked for and evaluated, at the curve's step
};

}  // namespace consa
