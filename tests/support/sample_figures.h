// A small figure of each kind, for tests of what is exported.
#pragma once

#include "tests/support/fake_evaluation.h"
#include "ui/export/figure_export.h"
#include "ui/export/run_figures.h"
#include "ui/models/frontier_record.h"

#include <memory>
#include <vector>

namespace consa::test {

inline RunFacts facts() {
    RunFacts run;
    run.model = QStringLiteral("Tiny");
    run.run = QStringLiteral("run-7");
    run.step = 40;
    run.target = 0.625;
    run.sparsity = 0.5;
    run.config.seed = 42;
    return run;
}

inline std::shared_ptr<const Figure> curves() {
    std::vector<HistoryPoint> points;
    for (int step = 1; step <= 40; ++step)
        points.push_back({1, step, 4 - 0.05 * step, 4, 0.0125 * step, 0.5, 0.625, 0.1, 0.2});
    return curvesFigure(facts(), points, {{1, 20, "retarget", "Target set to 62.5 %"}});
}

inline Comparison comparison() {
    SessionSnapshot snapshot;
    snapshot.grid = {4, 2, Granularity::KvHead};
    return fakeComparison(snapshot, {});
}

/// One of each kind.
inline std::vector<std::shared_ptr<const Figure>> all() {
    FrontierRecord record;
    SessionSnapshot snapshot;
    snapshot.comparison = comparison();
    record.setSnapshot(snapshot);
    HeatmapFigure heatmap;
    heatmap.content.layout = AttentionLayout({4, 2, Granularity::KvHead}, true);
    heatmap.content.probability.assign(8, 0.75);
    heatmap.content.reference.assign(8, 0.5);
    heatmap.content.view = HeatmapView::Change;
    heatmap.content.referenceName = QStringLiteral("the start");
    return {makeFigure(heatmap), curves(), positionsFigure(facts(), comparison()),
            frontierFigure(facts().model, record.points())};
}

/// Lines without provenance.

}  // namespace consa::test
