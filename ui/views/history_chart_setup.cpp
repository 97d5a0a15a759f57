// What the curves consist of: plots, graphs, legend and readout.
#include "ui/models/loss_words.h"
#include "ui/style/application_style.h"
#include "ui/style/icons.h"
#include "ui/style/plot_ticker.h"
#include "ui/views/history_chart.h"
#include "ui/views/history_chart_items.h"

#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QSpinBox>
#include <QToolButton>
#include <algorithm>

namespace consa {

namespace {

constexpr int kLongestMean = 500;  // steps
constexpr int kMostSteps = 5;      // ticks
constexpr int kMostValues[] = {4, 4, 3};

/// 250, 50k, 1.5M.
class CountTicker final : public PlotTicker<> {
protected:
    QString getTickLabel(double tick, const QLocale& locale, QChar format, int precision) override {
        if (tick >= 1e9) return QStringLiteral("%1G").arg(tick / 1e9);
        if (tick >= 1e6) return QStringLiteral("%1M").arg(tick / 1e6);
        if (tick >= 1e4) return QStringLiteral("%1k").arg(tick / 1e3);
        return PlotTicker::getTickLabel(tick, locale, format, precision);
    }
};

QCPLegend* createLegend(QCPAxisRect& rect, Qt::Alignment place) {
    auto* legend = new QCPLegend;
    rect.insetLayout()->addElement(legend, place);
    rect.insetLayout()->setMargins(QMargins(8, 8, 8, 8));
    legend->setLayer(QStringLiteral("legend"));
    legend->setBorderPen(Qt::NoPen);
    legend->setFont(plotTickFont());
    legend->setIconSize(18, 8);
    legend->setMargins(QMargins(6, 2, 6, 2));
    legend->setColumnSpacing(12);
    return legend;
}

/// What is drawn upwards, above the plot where that is too low for a label along its axis.
QCPItemText* createName(QCustomPlot& plot, QCPAxisRect& rect) {
    auto* name = new QCPItemText(&plot);
    name->setClipToAxisRect(false);
    name->position->setType(QCPItemPosition::ptAxisRectRatio);
    name->position->setAxisRect(&rect);
    name->position->setCoords(0, 0);
    name->setPositionAlignment(Qt::AlignLeft | Qt::AlignBottom);
    name->setPadding(QMargins(0, 0, 4, 0));
    name->setFont(plotTickFont());
    name->setVisible(false);
    return name;
}

/// Room for half a tick label above the uppermost plot and beyond the last step, and for a name above any plot.
QMargins marginsOf(bool isUppermost, bool hasNameAbove) {
    const int name = hasNameAbove ? QFontMetrics(plotTickFont()).height() + 2 : 0;
    return {8, std::max(isUppermost ? 8 : 4, name), 28, 4};
}

}  // namespace

void HistoryChart::createPlots() {
    m_plot->setFocusPolicy(Qt::NoFocus);
    m_plot->plotLayout()->clear();
    m_plot->plotLayout()->setRowSpacing(4);
    auto* margins = new QCPMarginGroup(m_plot);
    for (int plot = 0; plot < PlotCount; ++plot) {
        auto* rect = new QCPAxisRect(m_plot, false);
        m_rects[plot] = rect;
        m_plot->plotLayout()->addElement(plot, 0, rect);
        rect->setMinimumSize(50, 22);  // three share the height of a small picture
        QCPAxis* steps = rect->addAxis(QCPAxis::atBottom);
        QCPAxis* values = rect->addAxis(QCPAxis::atLeft);
        rect->setMarginGroup(QCP::msLeft | QCP::msRight, margins);
        rect->setMinimumMargins(marginsOf(plot == Loss, false));
        rect->setRangeZoomAxes(steps, nullptr);
        rect->setRangeDragAxes(steps, nullptr);
        for (QCPAxis* axis : {steps, values}) {
            axis->setTickLength(0, 3);
            axis->setSubTicks(false);
            axis->setTickLabelPadding(5);
            axis->grid()->setLayer(QStringLiteral("grid"));
            axis->setNumberFormat(QStringLiteral("g"));
            axis->setNumberPrecision(8);
        }
        values->setTicker(QSharedPointer<QCPAxisTicker>(new PlotTicker<>));
        steps->setTickLabels(plot == PlotCount - 1);
        m_marks[plot] = new Marks(m_plot, rect, *this, plot == Loss);
        m_names[plot] = createName(*m_plot, *rect);
    }
    m_plot->plotLayout()->setRowStretchFactor(Multiplier, 0.7);
    m_names[Loss]->setText(lossAxisLabel(m_lossKind));
    m_names[Sparsity]->setText(tr("Sparsity, %"));
    m_names[Multiplier]->setText(tr("λ₁"));
    connect(m_plot, &QCustomPlot::afterLayout, this, &HistoryChart::placeNames);
    labelAxis();
    m_rects[Sparsity]->axis(QCPAxis::atLeft)->setRange(0, 100);
    m_crosshair = new Crosshair(m_plot);
    m_plot->setInteractions(QCP::iRangeDrag | QCP::iRangeZoom);
    m_plot->setSelectionRectMode(QCP::srmZoom);
    m_plot->setNoAntialiasingOnDrag(true);
}

void HistoryChart::placeNames() {
    const QFontMetrics metrics(plotLabelFont());
    bool isChanged = false;
    for (int plot = 0; plot < PlotCount; ++plot) {
        const QString name = m_names[plot]->text();
        QCPAxis* values = m_rects[plot]->axis(QCPAxis::atLeft);
        const QString beside = m_rects[plot]->height() >= metrics.horizontalAdvance(name) ? name : QString();
        m_names[plot]->setVisible(beside.isEmpty());
        isChanged = isChanged || values->label() != beside;
        values->setLabel(beside);
        m_rects[plot]->setMinimumMargins(marginsOf(plot == Loss, beside.isEmpty()));
    }
    if (isChanged) layOutAgain(*m_plot);
    placeTicks();
}

void HistoryChart::placeTicks() {
    QCPAxis* lowest = m_rects[Multiplier]->axis(QCPAxis::atBottom);
    bool isChanged = fitTicks(*lowest, kMostSteps);
    for (int plot = 0; plot < PlotCount; ++plot) {
        m_rects[plot]->axis(QCPAxis::atBottom)->ticker()->setTickCount(lowest->ticker()->tickCount());  // its grid
        isChanged = fitTicks(*m_rects[plot]->axis(QCPAxis::atLeft), kMostValues[plot]) || isChanged;
    }
    if (isChanged) layOutAgain(*m_plot);
}

void HistoryChart::createCurves() {
    const auto createCurve = [this](Plot plot, const QString& name) {
        QCPGraph* curve =
            m_plot->addGraph(m_rects[plot]->axis(QCPAxis::atBottom), m_rects[plot]->axis(QCPAxis::atLeft));
        curve->setName(name);
        curve->setAdaptiveSampling(true);
        return curve;
    };
    m_loss = createCurve(Loss, tr("loss"));
    m_smooth = createCurve(Loss, tr("smoothed loss"));
    m_target = createCurve(Sparsity, tr("target"));
    m_scheduled = createCurve(Sparsity, tr("schedule"));
    m_expected = createCurve(Sparsity, tr("expected"));
    m_multiplier = createCurve(Multiplier, tr("multiplier"));
    m_legend = createLegend(*m_rects[Sparsity], Qt::AlignRight | Qt::AlignBottom);
    m_legend->setFillOrder(QCPLegend::foColumnsFirst);
    m_overlayLegend = createLegend(*m_rects[Loss], Qt::AlignRight | Qt::AlignTop);
    m_overlayLegend->setVisible(false);
    for (QCPGraph* curve : {m_expected, m_scheduled, m_target}) curve->addToLegend(m_legend);
}

void HistoryChart::setLegendBelow() {
    m_rects[Sparsity]->insetLayout()->take(m_legend);
    m_plot->plotLayout()->addElement(PlotCount, 0, m_legend);
    m_plot->plotLayout()->setRowStretchFactor(PlotCount, 0.001);
    // An item clips its text, which at a higher resolution goes a little past what whole pixels measure.
    for (int index = 0; index < m_legend->itemCount(); ++index) m_legend->item(index)->setMargins(QMargins(0, 1, 3, 3));
}

QWidget* HistoryChart::createTools() {
    m_axisBox = new QComboBox;
    m_axisBox->addItems({tr("over steps"), tr("over tokens"), tr("over time")});
    m_axisBox->setAccessibleName(tr("What the curves are drawn over"));
    m_axisBox->setToolTip(tr("Draw the curves over steps, the tokens read or the time that the steps took"));
    connect(m_axisBox, &QComboBox::activated, this, [this](int index) {
        setAxis(static_cast<CurveAxis>(index));
        emit looksChosen();
    });
    m_smoothingBox = new QSpinBox;
    m_smoothingBox->setRange(1, kLongestMean);
    m_smoothingBox->setSpecialValueText(tr("not smoothed"));
    m_smoothingBox->setPrefix(tr("mean of "));
    m_smoothingBox->setAccessibleName(tr("Smoothing of the loss in steps"));
    m_smoothingBox->setToolTip(tr("Draw the mean of the last steps over the loss; the loss itself stays"));
    connect(m_smoothingBox, &QSpinBox::valueChanged, this, [this](int stepCount) {
        setSmoothing(stepCount);
        emit looksChosen();
    });
    m_tools = new QWidget;
    auto* row = new QHBoxLayout(m_tools);
    row->setContentsMargins(0, 0, 0, 0);
    row->setSpacing(8);
    row->addWidget(m_axisBox);
    row->addWidget(m_smoothingBox);
    return m_tools;
}

void HistoryChart::labelAxis() {
    QCPAxis* shown = m_rects[Multiplier]->axis(QCPAxis::atBottom);
    shown->setLabel(m_axis == CurveAxis::Steps    ? tr("Step")
                    : m_axis == CurveAxis::Tokens ? tr("Tokens read")
                                                  : tr("Time in steps, h:min:s"));
    for (QCPAxisRect* rect : m_rects) {
        QSharedPointer<QCPAxisTicker> ticker(new PlotTicker<>);
        if (m_axis == CurveAxis::Tokens) ticker.reset(new CountTicker);
        if (m_axis == CurveAxis::Time) ticker.reset(new QCPAxisTickerTime);
        rect->axis(QCPAxis::atBottom)->setTicker(ticker);
    }
}

void HistoryChart::createReadout() {
    m_readout = createMutedLabel(QString());
    m_readout->setMinimumWidth(0);
    m_readout->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Preferred);
    m_liveButton = new QToolButton;
    m_liveButton->setText(tr("Live"));
    m_liveButton->setIcon(lineIcon(QStringLiteral("live")));
    m_liveButton->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_liveButton->setAutoRaise(true);
    m_liveButton->setCheckable(true);
    m_liveButton->setChecked(true);
    m_liveButton->setToolTip(tr("Show the whole run and follow it (Home). Drag to zoom, Shift+drag to pan."));
    m_liveButton->setAccessibleName(tr("Follow the run"));
    m_emptyText = createMutedLabel(tr("Nothing trained yet. Press Space."), m_plot);
    m_emptyText->setAlignment(Qt::AlignCenter);
    m_emptyText->setAttribute(Qt::WA_TransparentForMouseEvents);

    auto* row = new QHBoxLayout;
    row->setContentsMargins(12, 0, 8, 4);
    row->addWidget(m_readout, 1);
    row->addWidget(createTools());
    row->addSpacing(8);
    row->addWidget(m_liveButton);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_plot, 1);
    layout->addLayout(row);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
}

}  // namespace consa
