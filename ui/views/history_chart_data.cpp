// From points to curves: over which axis, how smooth, as far as the run has come.
#include "ui/models/run_history.h"
#include "ui/views/history_chart.h"

#include <qcustomplot.h>
#include <QComboBox>
#include <QSignalBlocker>
#include <QSpinBox>
#include <algorithm>

namespace consa {

namespace {

/// The next of 1, 2, 5, 10, 20, ... so that a growing range grows in few steps.
int roundedUp(int value) {
    for (int decade = 1; decade < 1000000000; decade *= 10) {
        for (int factor : {1, 2, 5}) {
            if (decade * factor >= value) return decade * factor;
        }
    }
    return value;
}

/// Of three equal values in a row the middle one changes no line: only the ends are kept.
void addCorner(QCPGraph& curve, double key, double value) {
    QCPGraphDataContainer& data = *curve.data();
    const int count = data.size();
    if (count >= 2 && data.at(count - 1)->value == value && data.at(count - 2)->value == value) {
        (data.end() - 1)->key = key;
    } else {
        data.add({key, value});
    }
}

}  // namespace

void HistoryChart::setStepCount(int stepCount) {
    if (m_stepCount == stepCount) return;
    m_stepCount = stepCount;
    if (m_isLive) followRun();
}

void HistoryChart::setStepTokens(double stepTokens) {
    if (m_stepTokens == stepTokens) return;
    m_stepTokens = stepTokens;
    if (m_axis == CurveAxis::Tokens) redrawCurves();
}

void HistoryChart::setAxis(CurveAxis axis) {
    const QSignalBlocker blocker(m_axisBox);
    m_axisBox->setCurrentIndex(static_cast<int>(axis));
    if (m_axis == axis) return;
    m_axis = axis;
    labelAxis();
    redrawCurves();
    setLive(true);
}

void HistoryChart::setSmoothing(int stepCount) {
    const QSignalBlocker blocker(m_smoothingBox);
    m_smoothingBox->setValue(stepCount);
    stepCount = m_smoothingBox->value();
    if (m_smoothing == stepCount) return;
    m_smoothing = stepCount;
    smoothFrom(0);
    drawOverlays();
    applyColors();
}

void HistoryChart::appendFrom(std::size_t first) {
    const HistoryPoints& points = m_history.points();
    QVector<QCPGraphData> loss, expected, multiplier;
    for (std::size_t index = first; index < points.size(); ++index) {
        const HistoryPoint point = points[index];
        const double place = placeOf(point, m_stepTokens, m_seconds);
        loss.append({place, point.loss});
        expected.append({place, point.expectedSparsity * 100});
        multiplier.append({place, point.multiplier});
        addCorner(*m_scheduled, place, point.scheduledTarget * 100);
        addCorner(*m_target, place, point.target * 100);
    }
    m_loss->data()->add(loss, true);
    m_expected->data()->add(expected, true);
    m_multiplier->data()->add(multiplier, true);
    smoothFrom(first);
    showEmpty(points.empty() && m_overlaid.empty());
    thinLongCurves();
    if (m_isLive) followRun();
    rescaleValues();
    queueReplot();
}

void HistoryChart::smoothFrom(std::size_t first) {
    if (first == 0) {
        m_mean = MovingMean(m_smoothing);
        m_smooth->data()->clear();
    }
    if (m_smoothing <= 1) return;
    QVector<QCPGraphData> smooth;
    for (auto point = m_loss->data()->at(static_cast<int>(first)); point != m_loss->data()->constEnd(); ++point)
        smooth.append({point->key, m_mean.add(point->value)});
    m_smooth->data()->add(smooth, true);
}

void HistoryChart::redrawCurves() {
    for (QCPGraph* curve : {m_loss, m_expected, m_scheduled, m_target, m_multiplier}) curve->data()->clear();
    m_seconds = 0;
    appendFrom(0);
    drawOverlays();
}

void HistoryChart::clearCurves() {
    for (QCPGraph* curve : {m_loss, m_smooth, m_expected, m_scheduled, m_target, m_multiplier}) curve->data()->clear();
    m_seconds = 0;
    m_mean = MovingMean(m_smoothing);
    showEmpty(m_overlaid.empty());
    thinLongCurves();
    setLive(true);
    queueReplot();
}

double HistoryChart::placeOf(const HistoryPoint& point, double stepTokens, double& seconds) const {
    seconds += point.seconds;
    if (m_axis == CurveAxis::Time) return seconds;
    return m_axis == CurveAxis::Tokens ? point.step * stepTokens : point.step;
}

double HistoryChart::placeOfStep(int step) const {
    if (m_axis == CurveAxis::Steps) return step;
    if (m_axis == CurveAxis::Tokens) return step * m_stepTokens;
    const auto drawn = m_loss->data();
    const auto index = static_cast<int>(m_history.points().lowerBound(step + 1));
    return index == 0 ? 0 : drawn->at(std::min(index, drawn->size()) - 1)->key;
}

/// Where `stepCount` steps end; time goes on at the pace so far.
double HistoryChart::plannedEnd(int stepCount) const {
    if (m_axis != CurveAxis::Time) return placeOfStep(stepCount);
    const HistoryPoints& points = m_history.points();
    return points.empty() ? 0 : m_seconds * stepCount / points.back().step;
}

void HistoryChart::followRun() {
    const int ownStep = m_history.points().empty() ? 0 : m_history.points().back().step;
    // The planned run, but of a long one only as much as keeps its curves readable.
    const int readable = roundedUp(std::max(8 * ownStep, 250));
    const double planned = plannedEnd(std::max({std::min(m_stepCount, readable), ownStep, 10}));
    setVisibleRange(0, std::max(planned, lastOverlaidPlace()));
}

}  // namespace consa
