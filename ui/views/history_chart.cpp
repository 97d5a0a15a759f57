// Curves of the run: data, ranges, zoom and readout.
#include "ui/views/history_chart.h"

#include "ui/models/loss_words.h"
#include "ui/style/color_scale.h"
#include "ui/views/history_chart_items.h"

#include <QKeyEvent>
#include <QLabel>
#include <QToolButton>
#include <algorithm>
#include <cmath>

namespace consa {

namespace {

constexpr int kLongRun = 20000;  // points (measured: smooth lines of more hold the window up)

/// The next of 1, 2, 5, 10, 20, ... so that a growing range grows in few steps.
int roundedUp(int value) {
    for (int decade = 1; decade < 1000000000; decade *= 10) {
        for (int factor : {1, 2, 5}) {
            if (decade * factor >= value) return decade * factor;
        }
    }
    return value;
}

}  // namespace

HistoryChart::HistoryChart(RunHistory& history, QWidget* parent)
    : QWidget(parent), m_history(history), m_plot(new QCustomPlot) {
    setFocusPolicy(Qt::StrongFocus);
    setAccessibleName(tr("Curves of the run"));
    setAccessibleDescription(tr("Loss, sparsity and multiplier over the steps; Home shows the whole run."));
    createPlots();
    createCurves();
    createReadout();
    connectPlots();
    applyColors();
    followRun();
    appendFrom(0);
}

void HistoryChart::connectPlots() {
    connect(&m_history, &RunHistory::pointsAppended, this, &HistoryChart::appendFrom);
    connect(&m_history, &RunHistory::eventsChanged, this, &HistoryChart::queueReplot);
    connect(&m_history, &RunHistory::cleared, this, &HistoryChart::clearCurves);
    connect(m_liveButton, &QToolButton::clicked, this, &HistoryChart::setLive);
    m_plot->installEventFilter(this);
    for (QCPAxisRect* rect : m_rects) {
        connect(rect->axis(QCPAxis::atBottom), qOverload<const QCPRange&>(&QCPAxis::rangeChanged), this,
                [this](const QCPRange& range) {
                    if (m_isSettingRange) return;
                    setVisibleSteps(range.lower, range.upper);
                    setLive(false);
                });
    }
}

void HistoryChart::applyColors() {
    const PlotTheme theme = PlotTheme::fromPalette(palette());
    applyTheme(theme, *m_plot);
    const QColor learned = layoutStyle(QStringLiteral("learned"), 0, theme.text, theme.muted).color;
    m_loss->setPen(QPen(theme.text, 1.3));
    m_expected->setPen(QPen(learned, 1.8));
    m_scheduled->setPen(QPen(theme.muted, 1.3, Qt::DashLine));
    m_target->setPen(QPen(theme.muted, 1, Qt::DotLine));
    m_multiplier->setPen(QPen(QColor(0xd5, 0x5e, 0x00), 1.3));
    if (m_isThin)
        for (QCPGraph* curve : {m_loss, m_expected, m_scheduled, m_target, m_multiplier})
            curve->setPen(QPen(curve->pen().color(), 0));
    for (QCPGraph* curve : {m_loss, m_expected, m_scheduled, m_target, m_multiplier}) curve->setAntialiased(!m_isThin);
    colorOverlays(theme);
    QColor veil = theme.background;
    veil.setAlphaF(0.8F);
    for (QCPLegend* legend : {m_legend, m_overlayLegend}) {
        legend->setBrush(veil);
        legend->setTextColor(theme.muted);
    }
    QColor zoom = theme.accent;
    m_plot->selectionRect()->setPen(QPen(zoom));
    zoom.setAlphaF(0.15F);
    m_plot->selectionRect()->setBrush(zoom);
    for (Marks* marks : m_marks) marks->setTheme(theme);
    for (QCPItemText* name : m_names) name->setColor(theme.text);
    m_crosshair->setTheme(theme);
    queueReplot();
}

void HistoryChart::setStepCount(int stepCount) {
    if (m_stepCount == stepCount) return;
    m_stepCount = stepCount;
    if (m_isLive) followRun();
}

void HistoryChart::setLoss(TrainingLoss loss) {
    if (m_lossKind == loss) return;
    m_lossKind = loss;
    m_names[Loss]->setText(lossAxisLabel(loss));
    queueReplot();
}

void HistoryChart::setEmptyText(const QString& text) {
    m_emptyText->setText(text);
}

int HistoryChart::pointCount() const {
    return m_loss->dataCount();
}

void HistoryChart::setLive(bool isLive) {
    m_isLive = isLive;
    m_liveButton->setChecked(isLive);
    if (isLive) followRun();
}

void HistoryChart::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) applyColors();
}

void HistoryChart::keyPressEvent(QKeyEvent* event) {
    if (event->key() == Qt::Key_Home || event->key() == Qt::Key_L) return setLive(true);
    QWidget::keyPressEvent(event);
}

bool HistoryChart::eventFilter(QObject* watched, QEvent* event) {
    if (watched != m_plot) return QWidget::eventFilter(watched, event);
    switch (event->type()) {
        case QEvent::MouseButtonPress: {
            setFocus(Qt::MouseFocusReason);
            const bool isPan = static_cast<QMouseEvent*>(event)->modifiers() & Qt::ShiftModifier;
            m_plot->setSelectionRectMode(isPan ? QCP::srmNone : QCP::srmZoom);
            break;
        }
        case QEvent::MouseButtonDblClick:
            setLive(true);
            return true;
        case QEvent::MouseMove:
            showStepAt(static_cast<int>(static_cast<QMouseEvent*>(event)->position().x()));
            break;
        case QEvent::Leave:
            showStepAt(-1);
            break;
        case QEvent::Resize:
            m_emptyText->resize(m_plot->size());
            break;
        default:
            break;
    }
    return QWidget::eventFilter(watched, event);
}

void HistoryChart::appendFrom(std::size_t first) {
    const auto& points = m_history.points();
    QVector<QCPGraphData> loss, expected, scheduled, target, multiplier;
    for (std::size_t index = first; index < points.size(); ++index) {
        const HistoryPoint& point = points[index];
        loss.append({double(point.step), point.loss});
        expected.append({double(point.step), point.expectedSparsity * 100});
        scheduled.append({double(point.step), point.scheduledTarget * 100});
        target.append({double(point.step), point.target * 100});
        multiplier.append({double(point.step), point.multiplier});
    }
    m_loss->data()->add(loss, true);
    m_expected->data()->add(expected, true);
    m_scheduled->data()->add(scheduled, true);
    m_target->data()->add(target, true);
    m_multiplier->data()->add(multiplier, true);
    showEmpty(points.empty() && m_overlays.empty());
    thinLongCurves();
    if (m_isLive) followRun();
    rescaleValues();
    queueReplot();
}

void HistoryChart::showEmpty(bool isEmpty) {
    m_emptyText->setVisible(isEmpty);
    m_legend->setVisible(!isEmpty);
    for (QCPAxisRect* rect : m_rects) rect->axis(QCPAxis::atLeft)->setTickLabels(!isEmpty);
    m_rects[Multiplier]->axis(QCPAxis::atBottom)->setTickLabels(!isEmpty);
}

void HistoryChart::clearCurves() {
    for (QCPGraph* curve : {m_loss, m_expected, m_scheduled, m_target, m_multiplier}) curve->data()->clear();
    showEmpty(m_overlays.empty());
    thinLongCurves();
    setLive(true);
    queueReplot();
}

void HistoryChart::followRun() {
    const int ownStep = m_history.points().empty() ? 0 : m_history.points().back().step;
    const int lastStep = std::max(ownStep, lastOverlaidStep());
    // The planned run, but of a long one only as much as keeps its curves readable.
    const int readable = roundedUp(std::max(8 * lastStep, 250));
    setVisibleSteps(0, std::max({std::min(m_stepCount, readable), lastStep, 10}));
}

void HistoryChart::setVisibleSteps(double lower, double upper) {
    m_isSettingRange = true;
    const QCPRange range(std::max(lower, 0.0), std::max(upper, std::max(lower, 0.0) + 2));
    for (QCPAxisRect* rect : m_rects) rect->axis(QCPAxis::atBottom)->setRange(range);
    m_isSettingRange = false;
    rescaleValues();
    queueReplot();
}

void HistoryChart::rescaleValues() {
    const QCPRange visible = m_rects[Loss]->axis(QCPAxis::atBottom)->range();
    const auto fit = [this, &visible](QCPGraph* curve, QCPAxis* axis, double smallestSpan) {
        bool isFound = false;
        QCPRange range = curve->getValueRange(isFound, QCP::sdBoth, visible);
        for (QCPGraph* other : m_overlays) {
            if (other->valueAxis() != axis) continue;
            bool hasOther = false;
            const QCPRange values = other->getValueRange(hasOther, QCP::sdBoth, visible);
            if (hasOther) range = isFound ? range.expanded(values) : values;
            isFound = isFound || hasOther;
        }
        if (!isFound) range = QCPRange(0, smallestSpan);
        const double padding = std::max(range.size() * 0.08, (smallestSpan - range.size()) / 2);
        axis->setRange(range.lower - padding, range.upper + padding);
    };
    fit(m_loss, m_rects[Loss]->axis(QCPAxis::atLeft), 0.02);
    fit(m_multiplier, m_rects[Multiplier]->axis(QCPAxis::atLeft), 0.02);
}

void HistoryChart::showStepAt(int pixelX) {
    const auto& points = m_history.points();
    const QCPAxisRect* rect = m_rects[Loss];
    if (points.empty() || pixelX < rect->left() || pixelX > rect->right()) {
        m_crosshair->showAt(-1);
        m_readout->clear();
        return;
    }
    const double step = rect->axis(QCPAxis::atBottom)->pixelToCoord(pixelX);
    auto nearest = std::lower_bound(points.begin(), points.end(), step,
                                    [](const HistoryPoint& point, double value) { return point.step < value; });
    if (nearest == points.end()) --nearest;
    if (nearest != points.begin() && step - std::prev(nearest)->step < nearest->step - step) --nearest;
    m_crosshair->showAt(nearest->step);
    m_readout->setText(tr("Step %1   %2 %3   expected %4 %   target %5 %   λ₁ %6")
                           .arg(nearest->step)
                           .arg(lossWord(m_lossKind))
                           .arg(nearest->loss, 0, 'f', 4)
                           .arg(nearest->expectedSparsity * 100, 0, 'f', 1)
                           .arg(nearest->target * 100, 0, 'f', 1)
                           .arg(nearest->multiplier, 0, 'f', 3));
}

/// Of a long run more is drawn than a pixel wide line can show: thin lines without smoothing look the same and are
/// painted many times faster. No point is left out.
void HistoryChart::thinLongCurves() {
    const bool isLong = pointCount() > kLongRun;
    if (isLong == m_isThin) return;
    m_isThin = isLong;
    applyColors();
}

void HistoryChart::replotNow() {
    m_plot->replot(QCustomPlot::rpImmediateRefresh);
}

void HistoryChart::queueReplot() {
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

}  // namespace consa
