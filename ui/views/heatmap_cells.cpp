// Painting of cells and legend; everything is a rectangle, a line or a text, so that vector files stay vector.
#include "ui/views/heatmap_cells.h"

#include "ui/style/color_scale.h"

#include <algorithm>
#include <cmath>

namespace consa {

namespace {

constexpr double kLetterSize = 18;   // cells smaller than this carry no letter
constexpr double kPinSize = 10;      // from the needle's point to the head's far edge
constexpr double kCornerSize = 24;   // pins of smaller cells stand in the middle
constexpr int kPinEntryHeight = 28;  // of the legend

QColor maskColor(bool isFull) {
    return cividis(isFull ? 1.0 : 0.0);
}

/// Diagonal lines inside `rect`, the mark of sliding attention.
void drawHatch(QCPPainter& painter, const QRectF& rect) {
    painter.setPen(QPen(cividis(0.45), 1));
    const double step = 5;
    for (double offset = step; offset < rect.width() + rect.height(); offset += step) {
        const double startX = std::min(offset, rect.width());
        const double startY = offset - startX;
        const double endY = std::min(offset, rect.height());
        const double endX = offset - endY;
        painter.drawLine(QLineF(rect.left() + startX, rect.top() + startY, rect.left() + endX, rect.top() + endY));
    }
}

void fillMask(QCPPainter& painter, const QRectF& rect, bool isFull) {
    painter.fillRect(rect, maskColor(isFull));
    if (!isFull) drawHatch(painter, rect.adjusted(0, 0, -1, -1));
}

/// A drawing pin whose needle ends at `tip`; the outline sets it off from what lies under it.
void drawPin(QCPPainter& painter, QPointF tip, double size, const QColor& color, const QColor& outline) {
    const double radius = size * 0.3;
    const QPointF head = tip + QPointF(size - radius, radius - size);
    painter.save();
    painter.setAntialiasing(true);
    painter.setPen(QPen(outline, 3.2, Qt::SolidLine, Qt::RoundCap));
    painter.drawLine(QLineF(tip, head));
    painter.setPen(QPen(outline, 1));
    painter.setBrush(color);
    painter.drawEllipse(head, radius + 0.8, radius + 0.8);
    painter.setPen(QPen(color, 1.4, Qt::SolidLine, Qt::RoundCap));
    painter.drawLine(QLineF(tip, head));
    painter.restore();
}

}  // namespace

QRectF HeatmapCells::cellRect(UnitIndex cell) const {
    const double left = std::round(keyAxis()->coordToPixel(cell.unit - 0.5));
    const double right = std::round(keyAxis()->coordToPixel(cell.unit + 0.5));
    const double top = std::round(valueAxis()->coordToPixel(cell.layer - 0.5));
    const double bottom = std::round(valueAxis()->coordToPixel(cell.layer + 0.5));
    return {left, top, right - left - 1, bottom - top - 1};
}

QCPRange HeatmapCells::getKeyRange(bool& isFound, QCP::SignDomain) const {
    isFound = m_content && m_content->layout.grid.unitCount() > 0;
    return isFound ? QCPRange(-0.5, m_content->layout.grid.unitsPerLayer() - 0.5) : QCPRange();
}

QCPRange HeatmapCells::getValueRange(bool& isFound, QCP::SignDomain, const QCPRange&) const {
    isFound = m_content && m_content->layout.grid.unitCount() > 0;
    return isFound ? QCPRange(-0.5, m_content->layout.grid.layerCount - 0.5) : QCPRange();
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

void HeatmapCells::drawPins(QCPPainter& painter) const {
    const int unitsPerLayer = m_content->layout.grid.unitsPerLayer();
    const bool isMask = m_content->effectiveView() == HeatmapView::Mask;
    for (std::size_t index = 0; index < m_content->pins.size(); ++index) {
        if (!m_content->pins[index]) continue;
        const UnitIndex cell{static_cast<int>(index) / unitsPerLayer, static_cast<int>(index) % unitsPerLayer};
        const QRectF rect = cellRect(cell);
        const QColor under = isMask ? maskColor(m_content->layout.isFull(cell.layer, cell.unit))
                                    : cividis(m_content->probability[index]);
        const QColor color = readableOn(under);
        const double side = std::min(rect.width(), rect.height());
        const double size = std::min(kPinSize, 0.8 * side);
        const QPointF tip = side >= kCornerSize ? rect.topRight() + QPointF(-size - 3, size + 3)
                                                : rect.center() + QPointF(-size / 2, size / 2);
        drawPin(painter, tip, size, color, readableOn(color));
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
    const auto outline = [&](const std::optional<UnitIndex>& cell, const QColor& color, int width) {
        if (!cell || cell->layer >= grid.layerCount || cell->unit >= grid.unitsPerLayer()) return;
        painter.setPen(QPen(color, width, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
        painter.drawRect(cellRect(*cell).adjusted(-1, -1, 1, 1));
    };
    outline(m_content->hovered, m_theme.muted, 1);
    outline(m_content->selected, m_theme.text, 2);
}

HeatmapLegend::HeatmapLegend(QCustomPlot* plot) : QCPAbstractItem(plot) {
    setClipToAxisRect(false);
}

void HeatmapLegend::place(QPoint topLeft, int height) {
    m_bar = QRect(topLeft, QSize(14, height));
}

void HeatmapLegend::draw(QCPPainter* painter) {
    if (!m_content || m_content->layout.grid.unitCount() == 0) return;
    painter->setAntialiasing(false);
    if (m_content->effectiveView() == HeatmapView::Probability) {
        drawScale(*painter);
    } else {
        drawSwatches(*painter);
    }
    if (m_content->hasPins()) drawPinEntry(*painter);
}

void HeatmapLegend::drawScale(QCPPainter& painter) const {
    constexpr int kStripCount = 100;
    const QRect bar = m_bar.adjusted(0, 0, 0, m_content->hasPins() ? -kPinEntryHeight : 0);
    for (int strip = 0; strip < kStripCount; ++strip) {
        // Each strip reaches to the bottom under the next one: no seam at any zoom.
        const double top = bar.top() + bar.height() * strip / static_cast<double>(kStripCount);
        const QRectF rect(bar.left(), top, bar.width(), bar.top() + bar.height() - top);
        painter.fillRect(rect, cividis(1.0 - (strip + 0.5) / kStripCount));
    }
    painter.setFont(plotTickFont());
    const QStringList labels{QStringLiteral("1.0"), QStringLiteral("0.75"), QStringLiteral("0.5"),
                             QStringLiteral("0.25"), QStringLiteral("0.0")};
    const int step = bar.height() >= 90 ? 1 : 2;
    for (int index = 0; index < labels.size(); index += step) {
        const double y = bar.top() + bar.height() * index / 4.0;
        painter.setPen(QPen(m_theme.line));
        painter.drawLine(QLineF(bar.right() + 1, y, bar.right() + 4, y));
        painter.setPen(QPen(m_theme.muted));
        painter.drawText(QRectF(bar.right() + 8, y - 8, 32, 16), Qt::AlignLeft | Qt::AlignVCenter, labels[index]);
    }
    painter.setFont(plotLabelFont());
    painter.setPen(QPen(m_theme.text));
    painter.save();
    painter.translate(bar.right() + 48, bar.top() + bar.height() / 2.0);
    painter.rotate(-90);
    const double length = std::max(bar.height(), 120);
    painter.drawText(QRectF(-length / 2, -9, length, 18), Qt::AlignCenter,
                     QCoreApplication::translate("consa", "P(full attention)"));
    painter.restore();
}

void HeatmapLegend::drawSwatches(QCPPainter& painter) const {
    const QStringList words{QCoreApplication::translate("consa", "full"),
                            QCoreApplication::translate("consa", "sliding")};
    for (int index = 0; index < words.size(); ++index) {
        const QRectF swatch(m_bar.left(), m_bar.top() + index * 24, 16, 16);
        fillMask(painter, swatch, index == 0);
        painter.setFont(plotLabelFont());
        painter.setPen(QPen(m_theme.text));
        painter.drawText(QRectF(swatch.right() + 8, swatch.top() - 1, 64, 18), Qt::AlignLeft | Qt::AlignVCenter,
                         words[index]);
    }
}

void HeatmapLegend::drawPinEntry(QCPPainter& painter) const {
    const bool isBelowScale = m_content->effectiveView() == HeatmapView::Probability;
    const double top = isBelowScale ? m_bar.bottom() - 15 : m_bar.top() + 48;
    drawPin(painter, QPointF(m_bar.left() + 2, top + 13), kPinSize, m_theme.text, m_theme.background);
    painter.setFont(plotLabelFont());
    painter.setPen(QPen(m_theme.text));
    painter.drawText(QRectF(m_bar.left() + 24, top - 1, 64, 18), Qt::AlignLeft | Qt::AlignVCenter,
                     QCoreApplication::translate("consa", "pinned"));
}

}  // namespace consa
