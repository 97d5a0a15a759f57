// Geometry of the heatmap: where cells, axes, legend and caption go.
#include "ui/views/heatmap_scene.h"

#include "ui/views/heatmap_cells.h"

#include <algorithm>
#include <cmath>

namespace consa {

namespace {

constexpr int kLeft = 56;  // layer numbers and their label
constexpr int kTop = 44;   // KV head numbers and their label
constexpr int kBottom = 8;
constexpr int kLegendGap = 24;
constexpr double kLargestCell = 96;

/// The size of one cell. Grids much longer one way get cells longer the other way, so that the picture stays a picture.
QSizeF cellSize(QSizeF room, double rows, double columns) {
    const double widest = std::clamp(0.75 * rows / columns, 1.25, 7.0);
    const double tallest = std::clamp(0.75 * columns / rows, 1.25, 4.0);
    const double height = std::min({room.height() / rows, tallest * room.width() / columns, kLargestCell});
    return {std::min(room.width() / columns, height * widest), height};
}

/// The smallest step of 1, 2, 5, 10, ... whose labels are at least `smallest` pixels apart.
int labelStep(double cellPixels, double smallest) {
    for (int decade = 1; decade < 10000; decade *= 10) {
        for (int factor : {1, 2, 5}) {
            if (cellPixels * decade * factor >= smallest) return decade * factor;
        }
    }
    return 10000;
}

void setLabelStep(QCPAxis& axis, int step) {
    QSharedPointer<QCPAxisTickerFixed> ticker(new QCPAxisTickerFixed);
    ticker->setTickStep(step);
    axis.setTicker(ticker);
}

}  // namespace

HeatmapView HeatmapContent::effectiveView() const {
    if (view == HeatmapView::Change && reference.size() == layout.full.size()) return view;
    if (probability.empty()) return HeatmapView::Mask;
    return view == HeatmapView::Mask ? view : HeatmapView::Probability;
}

double HeatmapContent::changeOf(std::size_t unit) const {
    return (probability.empty() ? layout.full[unit] : probability[unit]) - reference[unit];
}

std::optional<double> HeatmapContent::valueOf(std::size_t unit) const {
    switch (effectiveView()) {
        case HeatmapView::Probability:
            return probability[unit];
        case HeatmapView::Change:
            return changeOf(unit);
        case HeatmapView::Mask:
            break;
    }
    return std::nullopt;
}

bool HeatmapContent::isNearScaleValue(std::size_t unit) const {
    const std::optional<double> value = scaleValue ? valueOf(unit) : std::nullopt;
    return value && std::abs(*value - *scaleValue) <= scaleReach();
}

int HeatmapContent::rowCount() const {
    return isTransposed ? layout.grid.unitsPerLayer() : layout.grid.layerCount;
}

int HeatmapContent::columnCount() const {
    return isTransposed ? layout.grid.layerCount : layout.grid.unitsPerLayer();
}

HeatmapScene::HeatmapScene(QCustomPlot& plot) : m_plot(plot), m_rect(new QCPAxisRect(&plot, false)) {
    plot.plotLayout()->clear();
    plot.plotLayout()->addElement(0, 0, m_rect);
    m_rect->setAutoMargins(QCP::msNone);
    QCPAxis* across = m_rect->addAxis(QCPAxis::atTop);
    QCPAxis* down = m_rect->addAxis(QCPAxis::atLeft);
    down->setRangeReversed(true);
    for (QCPAxis* axis : {across, down}) {
        axis->setTickLength(0);
        axis->setSubTicks(false);
        axis->grid()->setVisible(false);
        axis->setNumberFormat(QStringLiteral("f"));
        axis->setNumberPrecision(0);
        axis->setTickLabelPadding(6);
        axis->setLabelPadding(4);
    }
    m_cells = new HeatmapCells(across, down);
    m_cells->setContent(&m_content);
    m_legend = new HeatmapLegend(&plot);
    m_legend->setContent(&m_content);
    m_captionItem = new QCPItemText(&plot);
    m_captionItem->setClipToAxisRect(false);
    m_captionItem->position->setType(QCPItemPosition::ptAbsolute);
    m_captionItem->setPositionAlignment(Qt::AlignLeft | Qt::AlignTop);
    m_captionItem->setTextAlignment(Qt::AlignLeft);
    m_captionItem->setFont(plotTickFont());
    m_captionItem->setVisible(false);
}

void HeatmapScene::setContent(HeatmapContent content) {
    const bool hasNewShape =
        content.layout.grid != m_content.layout.grid || content.isTransposed != m_content.isTransposed;
    m_content = std::move(content);
    if (hasNewShape && m_size.isValid()) arrange(m_size);
}

void HeatmapScene::setTheme(const PlotTheme& theme) {
    applyTheme(theme, m_plot);
    for (QCPAxis* axis : m_rect->axes()) {
        axis->setBasePen(Qt::NoPen);
        axis->setTickPen(Qt::NoPen);
    }
    m_cells->setTheme(theme);
    m_legend->setTheme(theme);
    m_captionItem->setColor(theme.muted);
}

void HeatmapScene::setCaption(const QString& caption) {
    m_caption = caption;
}

bool HeatmapScene::hasRoom() const {
    constexpr int kLeastSide = 72, kLeastCell = 2;  // pixels: the colour bar's words, and a cell beside its gap (taste)
    return m_room.width() >= std::max(kLeastSide, kLeastCell * m_content.columnCount()) &&
           m_room.height() >= std::max(kLeastSide, kLeastCell * m_content.rowCount()) &&
           QRectF(m_paper).contains(m_legend->nameBox());
}

void HeatmapScene::arrange(QSize size) {
    m_size = size;
    int captionHeight = 0;
    if (!m_caption.isEmpty()) {
        const QString text = wrappedText(m_caption, plotTickFont(), size.width() - 2 * 16);
        captionHeight =
            QFontMetrics(plotTickFont()).lineSpacing() * (static_cast<int>(text.count(QLatin1Char('\n'))) + 1) + 16;
        m_captionItem->setText(text);
        m_captionItem->position->setCoords(16, size.height() - captionHeight + 4);
    }
    m_captionItem->setVisible(captionHeight > 0);

    const UnitGrid& grid = m_content.layout.grid;
    m_rect->setVisible(grid.unitCount() > 0);
    if (grid.unitCount() == 0) return;
    m_room = QSize(size.width() - kLeft - kLegendGap - HeatmapLegend::kWidth,
                   size.height() - kTop - kBottom - captionHeight);
    const QSizeF room = m_room.expandedTo(QSize(16, 16));
    const QSizeF cell = cellSize(room, m_content.rowCount(), m_content.columnCount());
    const int width = static_cast<int>(std::floor(cell.width() * m_content.columnCount()));
    const int height = static_cast<int>(std::floor(cell.height() * m_content.rowCount()));
    const int left = kLeft + std::max(0, static_cast<int>(room.width() - width) / 2);
    const int top = kTop + std::max(0, static_cast<int>(room.height() - height) / 2);
    m_rect->setMargins(QMargins(left, top, size.width() - left - width, size.height() - top - height));
    m_legend->place(QPoint(left + width + kLegendGap, top), height - 1);
    updateAxes();
    const QFontMetrics metrics(plotTickFont());
    const int widest = metrics.horizontalAdvance(QString::number(m_content.columnCount() - 1));
    setLabelStep(*m_rect->axis(QCPAxis::atLeft), labelStep(cell.height(), metrics.height() + 1));
    setLabelStep(*m_rect->axis(QCPAxis::atTop), labelStep(cell.width(), std::max(20, widest + 6)));
    m_paper = QRect(0, 0, size.width(), size.height() - captionHeight);
}

void HeatmapScene::updateAxes() {
    const bool isByLayer = m_content.layout.grid.granularity == Granularity::Layer;
    QCPAxis* across = m_rect->axis(QCPAxis::atTop);
    QCPAxis* down = m_rect->axis(QCPAxis::atLeft);
    across->setRange(-0.5, m_content.columnCount() - 0.5);
    down->setRange(-0.5, m_content.rowCount() - 0.5);
    QCPAxis* layers = m_content.isTransposed ? across : down;
    QCPAxis* units = m_content.isTransposed ? down : across;
    units->setLabel(isByLayer ? QCoreApplication::translate("consa", "Whole layer")
                              : QCoreApplication::translate("consa", "KV head"));
    units->setTickLabels(!isByLayer);
    layers->setLabel(QCoreApplication::translate("consa", "Layer"));
    layers->setTickLabels(true);
}

std::optional<UnitIndex> HeatmapScene::cellAt(QPointF point) const {
    const double column = m_rect->axis(QCPAxis::atTop)->pixelToCoord(point.x()) + 0.5;
    const double row = m_rect->axis(QCPAxis::atLeft)->pixelToCoord(point.y()) + 0.5;
    const bool isInside = column >= 0 && column < m_content.columnCount() && row >= 0 && row < m_content.rowCount();
    if (m_content.layout.grid.unitCount() == 0 || !isInside) return std::nullopt;
    const int layer = static_cast<int>(m_content.isTransposed ? column : row);
    return UnitIndex{layer, static_cast<int>(m_content.isTransposed ? row : column)};
}

QRectF HeatmapScene::cellRect(UnitIndex cell) const {
    return m_cells->cellRect(cell);
}

QRectF HeatmapScene::scaleRect() const {
    return m_content.effectiveView() == HeatmapView::Mask ? QRectF() : QRectF(m_legend->scaleRect());
}

std::optional<double> HeatmapScene::scaleValueAt(QPointF point) const {
    return m_legend->valueAt(point);
}

}  // namespace consa
