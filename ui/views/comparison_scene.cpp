// Curves, points and axes of a comparison's two pictures.
#include "ui/views/comparison_scene.h"

#include "ui/style/layout_lines.h"
#include "ui/style/plot_ticker.h"
#include "ui/views/end_labels.h"

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

QCPScatterStyle::ScatterShape shapeOf(LayoutMarker marker) {
    switch (marker) {
        case LayoutMarker::Disc:
            return QCPScatterStyle::ssDisc;
        case LayoutMarker::Circle:
            return QCPScatterStyle::ssCircle;
        case LayoutMarker::Square:
            return QCPScatterStyle::ssSquare;
        case LayoutMarker::Diamond:
            return QCPScatterStyle::ssDiamond;
        case LayoutMarker::Triangle:
            return QCPScatterStyle::ssTriangle;
        case LayoutMarker::TriangleDown:
            return QCPScatterStyle::ssTriangleInverted;
        case LayoutMarker::Cross:
            return QCPScatterStyle::ssCross;
        case LayoutMarker::Plus:
            return QCPScatterStyle::ssPlus;
    }
    return QCPScatterStyle::ssDisc;
}

QCPScatterStyle markerOf(LayoutMarker marker, const QColor& color, const QColor& background) {
    const bool isFilled = marker != LayoutMarker::Circle;
    return {shapeOf(marker), QPen(color, 1.3), QBrush(isFilled ? color : background), 7};
}

QStringList namesOf(const Comparison& comparison) {
    QStringList names;
    for (const ComparisonRow& row : comparison.rows) names << QString::fromStdString(row.name);
    return names;
}

/// A bucket begins at its first token; the first one, which has none on a logarithmic axis, in its middle.
double beginOf(const PositionBucket& bucket) {
    return bucket.fromToken > 0 ? bucket.fromToken : bucket.toToken / 2.0;
}

}  // namespace

ComparisonScene::ComparisonScene(QCustomPlot& plot) : m_plot(plot), m_rect(new QCPAxisRect(&plot, false)) {
    plot.plotLayout()->clear();
    plot.plotLayout()->addElement(0, 0, m_rect);
    m_rect->setMinimumSize(50, 22);
    plot.setAutoAddPlottableToLegend(false);
    QCPAxis* across = m_rect->addAxis(QCPAxis::atBottom);
    QCPAxis* up = m_rect->addAxis(QCPAxis::atLeft);
    for (QCPAxis* axis : {across, up}) {
        axis->setTickLength(0, 3);
        axis->setSubTicks(false);
        axis->setTickLabelPadding(5);
        axis->grid()->setLayer(QStringLiteral("grid"));
        axis->setNumberFormat(QStringLiteral("g"));
        axis->setNumberPrecision(6);
        axis->setTicker(QSharedPointer<QCPAxisTicker>(new PlotTicker<>));
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
    m_legend->setRowSpacing(0);
    plot.plotLayout()->setColumnStretchFactor(1, 0.001);
    m_endLabels = new EndLabels(&plot, m_rect);
    QObject::connect(&plot, &QCustomPlot::afterLayout, m_rect, [this] {
        constexpr int kMostTicks = 5;
        bool isChanged = false;
        for (QCPAxis* axis : m_rect->axes()) isChanged = fitTicks(*axis, kMostTicks) || isChanged;
        if (isChanged) layOutAgain(m_plot);
    });
}

void ComparisonScene::setTheme(const PlotTheme& theme) {
    m_theme = theme;
    draw();
}

void ComparisonScene::showPositions(const Comparison& comparison, std::optional<std::size_t> emphasised) {
    m_picture = ComparisonPicture::Positions;
    m_comparison = comparison;
    m_emphasised = emphasised;
    draw();
}

void ComparisonScene::showFrontier(const std::vector<FrontierPoint>& points, std::optional<std::size_t> emphasised) {
    m_picture = ComparisonPicture::Frontier;
    m_points = points;
    m_emphasised = emphasised;
    draw();
}

void ComparisonScene::clear() {
    m_plot.clearPlottables();
    m_legend->clearItems();
    m_endLabels->setLabels({});
    m_isEmpty = true;
}

void ComparisonScene::draw() {
    clear();
    applyTheme(m_theme, m_plot);
    m_legend->setBrush(Qt::NoBrush);
    m_legend->setTextColor(m_theme.text);
    // An empty legend takes no room from the names at the ends of the curves.
    const bool hasLegend = m_picture == ComparisonPicture::Frontier;
    m_legend->setVisible(hasLegend);
    m_legend->setMargins(hasLegend ? QMargins(4, 8, 20, 8) : QMargins());
    m_endLabels->setTheme(m_theme);
    if (m_picture == ComparisonPicture::Positions) {
        drawPositions();
    } else {
        drawFrontier();
    }
    m_rect->setMinimumMargins(QMargins(8, 10, std::max(12, m_endLabels->room()), 4));
    m_rect->setVisible(!m_isEmpty);
}

QColor ComparisonScene::fadedWhen(bool isFaded, const QColor& color) const {
    if (!isFaded) return color;
    constexpr double kLeft = 0.3;  // of the colour (taste)
    const auto mix = [](int back, int front) { return qRound(back + (front - back) * kLeft); };
    const QColor& back = m_theme.background;
    return {mix(back.red(), color.red()), mix(back.green(), color.green()), mix(back.blue(), color.blue())};
}

void ComparisonScene::drawPositions() {
    QCPAxis* across = m_rect->axis(QCPAxis::atBottom);
    across->setLabel(translated("Position in the window, tokens"));
    across->setScaleType(QCPAxis::stLogarithmic);
    QSharedPointer<QCPAxisTickerLog> ticker(new PlotTicker<QCPAxisTickerLog>);
    ticker->setLogBase(2);
    across->setTicker(ticker);
    double first = 1e9, last = 1, lowest = 0, highest = 0;
    for (const ComparisonRow& row : m_comparison.rows) {
        for (const PositionBucket& bucket : row.byPosition) {
            first = std::min(first, beginOf(bucket));
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
    const std::vector<LayoutLine> lines = layoutLines(namesOf(m_comparison), m_theme.text, m_theme.muted);
    for (std::size_t row = 0; row < lines.size(); ++row)
        if (m_emphasised != row) drawRow(row, lines[row]);
    if (m_emphasised && *m_emphasised < lines.size()) drawRow(*m_emphasised, lines[*m_emphasised]);
    addEndLabels(lines);
}

void ComparisonScene::drawRow(std::size_t row, const LayoutLine& line) {
    QCPGraph* curve = m_plot.addGraph(m_rect->axis(QCPAxis::atBottom), m_rect->axis(QCPAxis::atLeft));
    LayoutLine shown = line;
    shown.color = fadedWhen(isFaded(row), line.color);
    curve->setPen(shown.pen(m_emphasised == row ? 3 : 1.6));
    curve->setScatterStyle(markerOf(line.marker, shown.color, m_theme.background));
    curve->setLineStyle(QCPGraph::lsStepLeft);
    const std::vector<PositionBucket>& buckets = m_comparison.rows[row].byPosition;
    curve->setName(QString::fromStdString(m_comparison.rows[row].name));
    for (const PositionBucket& bucket : buckets) curve->addData(beginOf(bucket), bucket.deltaNll);
    if (!buckets.empty()) curve->addData(buckets.back().toToken, buckets.back().deltaNll);
}

void ComparisonScene::addEndLabels(const std::vector<LayoutLine>& lines) {
    std::vector<EndLabel> labels;
    for (std::size_t row = 0; row < lines.size(); ++row) {
        const ComparisonRow& shown = m_comparison.rows[row];
        const double end = shown.byPosition.empty() ? 0 : shown.byPosition.back().deltaNll;
        const bool isFirst = m_emphasised == row || shown.name == "learned" || shown.name == "full";
        labels.push_back({QString::fromStdString(shown.name), std::isfinite(end) ? end : 0,
                          fadedWhen(isFaded(row), lines[row].color), isFaded(row), isFirst});
    }
    m_endLabels->setLabels(std::move(labels));
}

void ComparisonScene::fitValues(double lowest, double highest) {
    const double padding = std::max((highest - lowest) * 0.08, 0.001);
    m_rect->axis(QCPAxis::atLeft)->setRange(lowest - padding, highest + padding);
}

void ComparisonScene::drawFrontier() {
    QCPAxis* across = m_rect->axis(QCPAxis::atBottom);
    across->setLabel(translated("Sparsity, %"));
    across->setScaleType(QCPAxis::stLinear);
    across->setTicker(QSharedPointer<QCPAxisTicker>(new PlotTicker<>));
    across->setRange(-3, 103);
    std::map<QString, std::vector<std::size_t>> series;
    double lowest = 0, highest = 0;
    for (std::size_t index = 0; index < m_points.size(); ++index) {
        series[m_points[index].series].push_back(index);
        lowest = std::min(lowest, m_points[index].deltaNll);
        highest = std::max(highest, m_points[index].deltaNll + m_points[index].standardError);
        m_isEmpty = false;
    }
    QStringList names;
    for (const auto& one : series) names << one.first;
    const std::vector<LayoutLine> lines = layoutLines(names, m_theme.text, m_theme.muted);
    for (qsizetype index = 0; index < names.size(); ++index)
        drawSeries(names[index], series[names[index]], lines[static_cast<std::size_t>(index)]);
    fitValues(lowest, highest);
}

void ComparisonScene::drawSeries(const QString& series, const std::vector<std::size_t>& members,
                                 const LayoutLine& line) {
    const bool isBehind = m_emphasised && m_points[*m_emphasised].series != series;
    LayoutLine shown = line;
    shown.color = fadedWhen(isBehind, line.color);
    QCPGraph* curve = m_plot.addGraph(m_rect->axis(QCPAxis::atBottom), m_rect->axis(QCPAxis::atLeft));
    const bool isLine = series == QLatin1String("learned");  // of the others several lie at one budget
    curve->setLineStyle(isLine ? QCPGraph::lsLine : QCPGraph::lsNone);
    curve->setPen(shown.pen(1.6));
    curve->setScatterStyle(markerOf(line.marker, shown.color, m_theme.background));
    curve->setName(series);
    curve->addToLegend(m_legend);
    // An item clips its text, which at a higher resolution goes a little past what whole pixels measure.
    m_legend->item(m_legend->itemCount() - 1)->setMargins(QMargins(0, 1, 3, 3));
    auto* errors = new QCPErrorBars(m_rect->axis(QCPAxis::atBottom), m_rect->axis(QCPAxis::atLeft));
    errors->removeFromLegend();
    errors->setDataPlottable(curve);
    errors->setPen(QPen(shown.color, 1));
    std::vector<std::size_t> sorted = members;
    std::sort(sorted.begin(), sorted.end(), [this](std::size_t left, std::size_t right) {
        return m_points[left].sparsity < m_points[right].sparsity;
    });
    for (const std::size_t index : sorted) {
        curve->addData(m_points[index].sparsity * 100, m_points[index].deltaNll);
        errors->addData(m_points[index].standardError);
    }
}

QPointF ComparisonScene::placeOf(std::size_t point) const {
    return {m_rect->axis(QCPAxis::atBottom)->coordToPixel(m_points[point].sparsity * 100),
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

QPointF ComparisonScene::placeOf(std::size_t row, std::size_t bucket) const {
    const PositionBucket& shown = m_comparison.rows[row].byPosition[bucket];
    const QCPAxis* across = m_rect->axis(QCPAxis::atBottom);
    const double begin = across->coordToPixel(beginOf(shown));
    return {(begin + across->coordToPixel(shown.toToken)) / 2,
            m_rect->axis(QCPAxis::atLeft)->coordToPixel(shown.deltaNll)};
}

std::optional<std::size_t> ComparisonScene::rowAt(QPointF place) const {
    if (m_picture != ComparisonPicture::Positions || m_isEmpty) return std::nullopt;
    if (const auto named = m_endLabels->labelAt(place)) return named;
    const QCPAxis* across = m_rect->axis(QCPAxis::atBottom);
    if (place.x() < m_rect->left() || place.x() > m_rect->right()) return std::nullopt;
    const double position = across->pixelToCoord(place.x());
    std::optional<std::size_t> nearest;
    double smallest = kReach;
    for (std::size_t row = 0; row < m_comparison.rows.size(); ++row) {
        const std::vector<PositionBucket>& buckets = m_comparison.rows[row].byPosition;
        for (std::size_t bucket = 0; bucket < buckets.size(); ++bucket) {
            if (position < beginOf(buckets[bucket]) || position >= buckets[bucket].toToken) continue;
            const double distance = std::abs(place.y() - placeOf(row, bucket).y());
            if (distance >= smallest) continue;
            smallest = distance;
            nearest = row;
        }
    }
    return nearest;
}

}  // namespace consa
