// What a session without a model says it measured, for tests of the window.
#pragma once

#include "core/layout/layout_patterns.h"
#include "core/session/session_command.h"
#include "core/session/session_snapshot.h"

#include <algorithm>
#include <string>

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
    row.tokens = 28160;
    row.documents = 21;
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
    for (const EvaluatedLayout& one : command.layouts) add(one.name, one.layout, 0.05);
    return comparison;
}

/// Adds the point of `layout` to the curve; a loss that rises faster and faster.
inline void addFakePoint(CutCurve& curve, const AttentionLayout& layout) {
    constexpr double kNllFull = 2.52;
    const double sparsity = layout.sparsity();
    const double delta = 0.31 * sparsity * sparsity * sparsity;
    const CutPoint point{sparsity, kNllFull + delta, delta, 0.001 + 0.02 * delta};
    const auto place = std::lower_bound(curve.points.begin(), curve.points.end(), sparsity,
                                        [](const CutPoint& one, double value) { return one.sparsity < value; });
    if (place == curve.points.end() || place->sparsity != sparsity) curve.points.insert(place, point);
    curve.tokens = 4096;
    curve.nllFull = kNllFull;
}

}  // namespace consa
