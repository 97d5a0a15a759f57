// Curves of the run: data, ranges, zoom and readout.
#include "ui/views/history_chart.h"

#include "ui/models/loss_words.h"
#include "ui/style/color_scale.h"
#include "ui/style/number_text.h"
#include "ui/views/history_chart_items.h"

#include <QKeyEvent>
#include <QLabel>
#include <QToolButton>
#include <algorithm>
#include <cmath>

namespace consa {

namespace {

constexpr int kNarrow = 700;     // pixels
constexpr int kLongRun = 20000;  // points (measured: smooth lines of more hold the window up)

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
                    setVisibleRange(range.lower, range.upper);
                    setLive(false);
                });
    }
}

void HistoryChart::applyColors() {
    const PlotTheme theme = PlotTheme::fromPalette(palette());
    applyTheme(theme, *m_plot);
    const QColor learned = layoutStyle(QStringLiteral("learned"), 0, theme.text, theme.muted).color;
    m_smooth->setPen(QPen(theme.text, 2.2));
    // Under a smoothed line the loss itself steps back, but stays.
    m_loss->setPen(m_smoothing > 1 ? QPen(theme.muted, 1) : QPen(theme.text, 1.3));
    m_expected->setPen(QPen(learned, 1.8));
    m_scheduled->setPen(QPen(theme.muted, 1.3, Qt::DashLine));
    m_target->setPen(QPen(theme.muted, 1, Qt::DotLine));
    m_multiplier->setPen(QPen(QColor(0xd5, 0x5e, 0x00), 1.3));
    if (m_isThin)
        for (QCPGraph* curve : {m_loss, m_smooth, m_expected, m_scheduled, m_target, m_multiplier})
            curve->setPen(QPen(curve->pen().color(), 0));
    for (QCPGraph* curve : {m_loss, m_smooth, m_expected, m_scheduled, m_target, m_multiplier})
        curve->setAntialiased(!m_isThin);
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

void HistoryChart::showEmpty(bool isEmpty) {
    m_emptyText->setVisible(isEmpty);
    m_legend->setVisible(!isEmpty);
    for (QCPAxisRect* rect : m_rects) rect->axis(QCPAxis::atLeft)->setTickLabels(!isEmpty);
    m_rects[Multiplier]->axis(QCPAxis::atBottom)->setTickLabels(!isEmpty);
}

void HistoryChart::setVisibleRange(double lower, double upper) {
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
    const HistoryPoints& points = m_history.points();
    const QCPAxisRect* rect = m_rects[Loss];
    const bool isOver = !points.empty() && pixelX >= rect->left() && pixelX <= rect->right();
    // In a narrow chart the values take the place of what nobody can reach while pointing at the curves.
    m_tools->setVisible(!isOver || width() >= kNarrow);
    if (points.empty() || pixelX < rect->left() || pixelX > rect->right()) {
        m_crosshair->showAt(-1);
        m_readout->clear();
        return;
    }
    const double place = rect->axis(QCPAxis::atBottom)->pixelToCoord(pixelX);
    const auto drawn = m_loss->data();
    auto nearest = drawn->findBegin(place, false);
    if (nearest == drawn->constEnd()) --nearest;
    if (nearest != drawn->constBegin() && place - std::prev(nearest)->key < nearest->key - place) --nearest;
    m_crosshair->showAt(nearest->key);
    const HistoryPoint point = points[static_cast<std::size_t>(nearest - drawn->constBegin())];
    m_readout->setText(tr("Step %1   %2 %3   expected %4 %   target %5 %   λ₁ %6")
                           .arg(point.step)
                           .arg(lossWord(m_lossKind))
                           .arg(numberText(point.loss, 4))
                           .arg(point.expectedSparsity * 100, 0, 'f', 1)
                           .arg(point.target * 100, 0, 'f', 1)
                           .arg(numberText(point.multiplier, 3)));
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
