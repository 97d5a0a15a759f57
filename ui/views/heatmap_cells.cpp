// Painting of cells and legend; everything is a rectangle, a line or a text, so that vector files stay vector.
#include "ui/views/heatmap_cells.h"

#include "ui/style/color_scale.h"
#include "ui/views/heatmap_marks.h"

#include <algorithm>
#include <cmath>

namespace consa {

namespace {

constexpr double kLetterSize = 18;     // cells smaller than this carry no letter
constexpr double kCornerSize = 24;     // pins of smaller cells stand in the middle
constexpr double kGapFrom = 5;         // pixels of a cell
constexpr double kNotedChange = 0.25;  // of P(full); smaller ones carry no sign

}  // namespace

QRectF HeatmapCells::cellRect(UnitIndex cell) const {
    const bool isTransposed = m_content && m_content->isTransposed;
    const int column = isTransposed ? cell.layer : cell.unit;
    const int row = isTransposed ? cell.unit : cell.layer;
    const double left = std::round(keyAxis()->coordToPixel(column - 0.5));
    const double right = std::round(keyAxis()->coordToPixel(column + 0.5));
    const double top = std::round(valueAxis()->coordToPixel(row - 0.5));
    const double bottom = std::round(valueAxis()->coordToPixel(row + 0.5));
    // The gap goes, from the whole grid, where cells are too small to spare a pixel.
    const double gapX = std::abs(keyAxis()->coordToPixel(1) - keyAxis()->coordToPixel(0)) >= kGapFrom ? 1 : 0;
    const double gapY = std::abs(valueAxis()->coordToPixel(1) - valueAxis()->coordToPixel(0)) >= kGapFrom ? 1 : 0;
    return {left, top, right - left - gapX, bottom - top - gapY};
}

QCPRange HeatmapCells::getKeyRange(bool& isFound, QCP::SignDomain) const {
    isFound = m_content && m_content->layout.grid.unitCount() > 0;
    return isFound ? QCPRange(-0.5, m_content->columnCount() - 0.5) : QCPRange();
}

QCPRange HeatmapCells::getValueRange(bool& isFound, QCP::SignDomain, const QCPRange&) const {
    isFound = m_content && m_content->layout.grid.unitCount() > 0;
    return isFound ? QCPRange(-0.5, m_content->rowCount() - 0.5) : QCPRange();
}

void HeatmapCells::draw(QCPPainter* painter) {
    if (!m_content) return;
    painter->setAntialiasing(false);
    const UnitGrid& grid = m_content->layout.grid;
    for (int layer = 0; layer < grid.layerCount; ++layer) {
        for (int unit = 0; unit < grid.unitsPerLayer(); ++unit) {
            drawCell(*painter, {layer, unit}, cellRect({layer, unit}));
        }
    }
    drawPins(*painter);
    drawOutlines(*painter);
}

void HeatmapCells::drawCell(QCPPainter& painter, UnitIndex cell, const QRectF& rect) const {
    const auto index = static_cast<std::size_t>(cell.layer * m_content->layout.grid.unitsPerLayer() + cell.unit);
    if (m_content->effectiveView() == HeatmapView::Probability) {
        painter.fillRect(rect, cividis(m_content->probability[index]));
        return;
    }
    if (m_content->effectiveView() == HeatmapView::Change) return drawChange(painter, rect, m_content->changeOf(index));
    const bool isFull = m_content->layout.isFull(cell.layer, cell.unit);
    fillMask(painter, rect, isFull);
    if (rect.width() < kLetterSize || rect.height() < kLetterSize) return;
    QFont font = plotTickFont();
    font.setBold(true);
    painter.setFont(font);
    const QRectF plate(rect.center() - QPointF(7, 7), QSizeF(14, 14));
    if (!isFull) painter.fillRect(plate, maskColor(false));
    painter.setPen(QPen(readableOn(maskColor(isFull))));
    painter.drawText(rect, Qt::AlignCenter, isFull ? QStringLiteral("F") : QStringLiteral("W"));
}

/// The sign says again what the colour does, for eyes and printers that cannot tell the two ends apart.
void HeatmapCells::drawChange(QCPPainter& painter, const QRectF& rect, double change) const {
    const QColor color = changeColor(change);
    painter.fillRect(rect, color);
    if (std::abs(change) < kNotedChange || rect.width() < kLetterSize || rect.height() < kLetterSize) return;
    QFont font = plotTickFont();
    font.setBold(true);
    painter.setFont(font);
    painter.setPen(QPen(readableOn(color)));
    painter.drawText(rect, Qt::AlignCenter, change > 0 ? QStringLiteral("+") : QStringLiteral("−"));
}

void HeatmapCells::drawPins(QCPPainter& painter) const {
    const int unitsPerLayer = m_content->layout.grid.unitsPerLayer();
    const HeatmapView view = m_content->effectiveView();
    for (std::size_t index = 0; index < m_content->pins.size(); ++index) {
        if (!m_content->pins[index]) continue;
        const UnitIndex cell{static_cast<int>(index) / unitsPerLayer, static_cast<int>(index) % unitsPerLayer};
        const QRectF rect = cellRect(cell);
        const QColor under = view == HeatmapView::Mask     ? maskColor(m_content->layout.isFull(cell.layer, cell.unit))
                             : view == HeatmapView::Change ? changeColor(m_content->changeOf(index))
                                                           : cividis(m_content->probability[index]);
        const QColor color = readableOn(under);
        const double side = std::min(rect.width(), rect.height());
        const double size = std::min(kPinSize, 0.8 * side);
        const QPointF tip = side >= kCornerSize ? rect.topRight() + QPointF(-size - 3, size + 3)
                                                : rect.center() + QPointF(-size / 2, size / 2);
        drawPin(painter, tip, size, color, readableOn(color));
    }
}

/// A line in the text's colour around one in the background's shows on every colour of the scale.
void HeatmapCells::drawScaleCells(QCPPainter& painter) const {
    const int unitsPerLayer = m_content->layout.grid.unitsPerLayer();
    for (std::size_t index = 0; index < m_content->layout.full.size(); ++index) {
        if (!m_content->isNearScaleValue(index)) continue;
        const QRectF rect =
            cellRect({static_cast<int>(index) / unitsPerLayer, static_cast<int>(index) % unitsPerLayer});
        painter.setPen(QPen(m_theme.text, 2, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
        painter.drawRect(rect.adjusted(0, 0, -1, -1));
        if (std::min(rect.width(), rect.height()) < kLetterSize / 2) continue;
        painter.setPen(QPen(m_theme.background, 1, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
        painter.drawRect(rect.adjusted(2, 2, -3, -3));
    }
}

void HeatmapCells::drawOutlines(QCPPainter& painter) const {
    const UnitGrid& grid = m_content->layout.grid;
    painter.setBrush(Qt::NoBrush);
    for (std::size_t index = 0; index < m_content->flipped.size(); ++index) {
        if (!m_content->flipped[index]) continue;
        const int unitsPerLayer = grid.unitsPerLayer();
        const UnitIndex cell{static_cast<int>(index) / unitsPerLayer, static_cast<int>(index) % unitsPerLayer};
        const QRectF rect = cellRect(cell);
        // White between two dark lines shows on every colour of the scale; small cells have room for one of each.
        const bool isSmall = std::min(rect.width(), rect.height()) < 16;
        painter.setPen(QPen(QColor(0x10, 0x15, 0x1b), 1));
        painter.drawRect(rect.adjusted(0, 0, -1, -1));
        if (!isSmall) painter.drawRect(rect.adjusted(3, 3, -4, -4));
        painter.setPen(QPen(Qt::white, isSmall ? 1 : 2, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
        painter.drawRect(isSmall ? rect.adjusted(1, 1, -2, -2) : rect.adjusted(2, 2, -2, -2));
    }
    if (m_content->scaleValue) drawScaleCells(painter);
    const auto outline = [&](const std::optional<UnitIndex>& cell, const QColor& color, int width) {
        if (!cell || cell->layer >= grid.layerCount || cell->unit >= grid.unitsPerLayer()) return;
        painter.setPen(QPen(color, width, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
        painter.drawRect(cellRect(*cell).adjusted(-1, -1, 1, 1));
    };
    outline(m_content->hovered, m_theme.muted, 1);
    outline(m_content->selected, m_theme.text, 2);
    if (!m_content->selected || m_content->selected->layer >= grid.layerCount ||
        m_content->selected->unit >= grid.unitsPerLayer())
        return;
    // A second line inside shows where the cell is as dark as the text.
    painter.setPen(QPen(m_theme.background, 1, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
    painter.drawRect(cellRect(*m_content->selected).adjusted(1, 1, -2, -2));
}

}  // namespace consa
