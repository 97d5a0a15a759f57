// Curves, points and axes of a comparison's two pictures.
#include "ui/views/comparison_scene.h"

#include "ui/style/color_scale.h"

#include <qcustomplot.h>
#include <algorithm>
#include <cmath>
#include <map>

namespace consa {

namespace {

constexpr double kReach = 12;  // pixels

QString translated(const char* text) {
    return QCoreApplication::translate("consa", text);
}

/// A marker a kind, so that nothing rests on colour alone.
QCPScatterStyle markerOf(const QString& series, const QColor& color, const QColor& background) {
    const auto shape = series == QLatin1String("learned")       ? QCPScatterStyle::ssDisc
                       : series == QLatin1String("interleaved") ? QCPScatterStyle::ssSquare
                       : series == QLatin1String("full")        ? QCPScatterStyle::ssCircle
                       : series == QLatin1String("sliding")     ? QCPScatterStyle::ssCircle
                                                                : QCPScatterStyle::ssDiamond;
    const bool isFilled = shape != QCPScatterStyle::ssCircle;
    return {shape, QPen(color, 1.2), QBrush(isFilled ? color : background), 7};
}

}  // namespace

ComparisonScene::ComparisonScene(QCustomPlot& plot) : m_plot(plot), m_rect(new QCPAxisRect(&plot, false)) {
    plot.plotLayout()->clear();
    plot.plotLayout()->addElement(0, 0, m_rect);
    QCPAxis* across = m_rect->addAxis(QCPAxis::atBottom);
    QCPAxis* up = m_rect->addAxis(QCPAxis::atLeft);
    for (QCPAxis* axis : {across, up}) {
        axis->setTickLength(0, 3);
        axis->setSubTicks(false);
        axis->setTickLabelPadding(5);
        axis->grid()->setLayer(QStringLiteral("grid"));
        axis->setNumberFormat(QStringLiteral("g"));
        axis->setNumberPrecision(6);
    }
    up->setLabel(translated("Loss above all full, nats"));
    m_legend = new QCPLegend;
    auto* side = new QCPLayoutGrid;
    plot.plotLayout()->addElement(0, 1, side);
    side->addElement(0, 0, m_legend);
    side->addElement(1, 0, new QCPLayoutElement(&plot));
    side->setRowStretchFactor(0, 0.001);
    m_legend->setLayer(QStringLiteral("legend"));
    m_legend->setFont(plotTickFont());
    m_legend->setBorderPen(Qt::NoPen);
    m_legend->setIconSize(22, 10);
    m_legend->setRowSpacing(1);
    m_legend->setMargins(QMargins(4, 8, 20, 8));
    plot.plotLayout()->setColumnStretchFactor(1, 0.001);
    m_rect->setMinimumMargins(QMargins(8, 10, 12, 4));
}

void ComparisonScene::setTheme(const PlotTheme& theme) {
    m_theme = theme;
    draw();
}

void ComparisonScene::showPositions(const Comparison& comparison, std::optional<int> selected) {
    m_picture = ComparisonPicture::Positions;
    m_comparison = comparison;
    m_selected = selected;
    draw();
}

void ComparisonScene::showFrontier(const std::vector<FrontierPoint>& points) {
    m_picture = ComparisonPicture::Frontier;
    m_points = points;
    draw();
}

void ComparisonScene::clear() {
    m_plot.clearPlottables();
    m_legend->clearItems();
    m_isEmpty = true;
}

void ComparisonScene::draw() {
    clear();
    applyTheme(m_theme, m_plot);
    m_legend->setBrush(Qt::NoBrush);
    m_legend->setTextColor(m_theme.text);
    if (m_picture == ComparisonPicture::Positions) {
        drawPositions();
    } else {
        drawFrontier();
    }
    m_rect->setVisible(!m_isEmpty);
}

void ComparisonScene::drawPositions() {
    QCPAxis* across = m_rect->axis(QCPAxis::atBottom);
    QCPAxis* up = m_rect->axis(QCPAxis::atLeft);
    across->setLabel(translated("Position in the window, tokens"));
    across->setScaleType(QCPAxis::stLogarithmic);
    QSharedPointer<QCPAxisTickerLog> ticker(new QCPAxisTickerLog);
    ticker->setLogBase(2);
    across->setTicker(ticker);
    double first = 1e9, last = 1, lowest = 0, highest = 0;
    int presetIndex = 0;
    for (std::size_t index = 0; index < m_comparison.rows.size(); ++index) {
        const ComparisonRow& row = m_comparison.rows[index];
        const QString name = QString::fromStdString(row.name);
        const bool isKnown = layoutSeries(name) != name || name == QLatin1String("full") ||
                             name == QLatin1String("sliding") || name == QLatin1String("learned");
        const LayoutStyle style = layoutStyle(name, isKnown ? 0 : presetIndex++, m_theme.text, m_theme.muted);
        QCPGraph* curve = m_plot.addGraph(across, up);
        const bool isSelected = m_selected && static_cast<std::size_t>(*m_selected) == index;
        curve->setPen(QPen(style.color, isSelected ? 3 : 1.6, style.dash));
        curve->setLineStyle(QCPGraph::lsStepLeft);
        curve->setName(name);
        curve->addToLegend(m_legend);
        for (const PositionBucket& bucket : row.byPosition) {
            const double from = bucket.fromToken > 0 ? bucket.fromToken : bucket.toToken / 2.0;
            curve->addData(from, bucket.deltaNll);
            if (&bucket == &row.byPosition.back()) curve->addData(bucket.toToken, bucket.deltaNll);
            first = std::min(first, from);
            last = std::max(last, double(bucket.toToken));
            if (!std::isfinite(bucket.deltaNll)) continue;
            lowest = std::min(lowest, bucket.deltaNll);
            highest = std::max(highest, bucket.deltaNll);
            m_isEmpty = false;
        }
    }
    if (m_isEmpty) return;
    across->setRange(first, last);
    fitValues(lowest, highest);
}

void ComparisonScene::fitValues(double lowest, double highest) {
    const double padding = std::max((highest - lowest) * 0.08, 0.001);
    m_rect->axis(QCPAxis::atLeft)->setRange(lowest - padding, highest + padding);
}

void ComparisonScene::drawFrontier() {
    QCPAxis* across = m_rect->axis(QCPAxis::atBottom);
    across->setLabel(translated("Sparsity, %"));
    across->setScaleType(QCPAxis::stLinear);
    across->setTicker(QSharedPointer<QCPAxisTicker>(new QCPAxisTicker));
    across->setRange(-3, 103);
    std::map<QString, std::vector<std::size_t>> series;
    double lowest = 0, highest = 0;
    for (std::size_t index = 0; index < m_points.size(); ++index) {
        series[m_points[index].series].push_back(index);
        lowest = std::min(lowest, m_points[index].deltaNll);
        highest = std::max(highest, m_points[index].deltaNll + m_points[index].standardError);
        m_isEmpty = false;
    }
    int presetIndex = 0;
    for (const auto& [name, members] : series) drawSeries(name, members, presetIndex++);
    fitValues(lowest, highest);
}

void ComparisonScene::drawSeries(const QString& series, const std::vector<std::size_t>& members, int presetIndex) {
    const bool isRule = m_points[members.front()].name.contains(QLatin1Char('@'));
    const LayoutStyle style =
        layoutStyle(isRule ? series + QLatin1Char('@') : series, presetIndex, m_theme.text, m_theme.muted);
    QCPGraph* curve = m_plot.addGraph(m_rect->axis(QCPAxis::atBottom), m_rect->axis(QCPAxis::atLeft));
    const bool isLine = series == QLatin1String("learned");  // of the others several lie at one budget
    curve->setLineStyle(isLine ? QCPGraph::lsLine : QCPGraph::lsNone);
    curve->setPen(QPen(style.color, 1.6, style.dash));
    curve->setScatterStyle(markerOf(series, style.color, m_theme.background));
    curve->setName(series);
    curve->addToLegend(m_legend);
    auto* errors = new QCPErrorBars(m_rect->axis(QCPAxis::atBottom), m_rect->axis(QCPAxis::atLeft));
    errors->removeFromLegend();
    errors->setDataPlottable(curve);
    errors->setPen(QPen(style.color, 1));
    std::vector<std::size_t> sorted = members;
    std::sort(sorted.begin(), sorted.end(), [this](std::size_t left, std::size_t right) {
        return m_points[left].layout.sparsity() < m_points[right].layout.sparsity();
    });
    for (const std::size_t index : sorted) {
        curve->addData(m_points[index].layout.sparsity() * 100, m_points[index].deltaNll);
        errors->addData(m_points[index].standardError);
    }
}

QPointF ComparisonScene::placeOf(std::size_t point) const {
    return {m_rect->axis(QCPAxis::atBottom)->coordToPixel(m_points[point].layout.sparsity() * 100),
            m_rect->axis(QCPAxis::atLeft)->coordToPixel(m_points[point].deltaNll)};
}

std::optional<std::size_t> ComparisonScene::pointAt(QPointF place) const {
    std::optional<std::size_t> nearest;
    double smallest = kReach;
    if (m_picture != ComparisonPicture::Frontier) return nearest;
    for (std::size_t index = 0; index < m_points.size(); ++index) {
        const double distance = QLineF(place, placeOf(index)).length();
        if (distance > smallest) continue;
        smallest = distance;
        nearest = index;
    }
    return nearest;
}

}  // namespace consa
