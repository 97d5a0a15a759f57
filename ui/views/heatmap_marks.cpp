// Strokes that cells and legend share.
#include "ui/views/heatmap_marks.h"

#include "ui/style/color_scale.h"

#include <qcustomplot.h>
#include <algorithm>

namespace consa {

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

}  // namespace consa
