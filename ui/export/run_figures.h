// Curves and comparisons as figures.
#pragma once

#include "core/evaluation/comparison.h"
#include "core/session/session_snapshot.h"
#include "ui/export/figure.h"
#include "ui/models/frontier_record.h"

#include <vector>

namespace consa {

/// What all figures of one run say about it.
struct RunFacts {
    QString model;
    QString run;  // folder's name
    TrainingConfig config;
    int step = 0;
    double target = 0;
    double sparsity = 0;  // of the layout
};

[[nodiscard]] RunFacts runFactsOf(const SessionSnapshot& snapshot);

/// Loss, sparsity and multiplier over the steps.
[[nodiscard]] std::shared_ptr<const Figure> curvesFigure(RunFacts facts, std::vector<HistoryPoint> points,
                                                         std::vector<SessionEvent> events);
/// Loss above all full over the position in the window; the table has all figures of the comparison.
[[nodiscard]] std::shared_ptr<const Figure> positionsFigure(RunFacts facts, Comparison comparison);
/// Loss above all full over sparsity, of one or more runs with one model; the table is that of `consa frontier`.
[[nodiscard]] std::shared_ptr<const Figure> frontierFigure(QString model, std::vector<FrontierPoint> points);
/// The comparison's rows, a line a layout: every number that the engine gives.
[[nodiscard]] QByteArray comparisonTable(const Comparison& comparison, char separator);

}  // namespace consa
