// Painting of the legend: a scale or swatches, the threshold, what a pin looks like.
#include "ui/style/color_scale.h"
#include "ui/views/heatmap_cells.h"
#include "ui/views/heatmap_marks.h"

#include <algorithm>

namespace consa {

namespace {
constexpr int kPinEntryHeight = 28;
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
    if (m_content->effectiveView() == HeatmapView::Mask) {
        drawSwatches(*painter);
    } else {
        drawScale(*painter);
    }
    if (m_content->hasPins()) drawPinEntry(*painter);
}

QRect HeatmapLegend::scaleRect() const {
    return m_bar.adjusted(0, 0, 0, m_content->hasPins() ? -kPinEntryHeight : 0);
}

std::optional<double> HeatmapLegend::valueAt(QPointF point) const {
    const bool hasScale = m_content && m_content->layout.grid.unitCount() > 0 &&
                          m_content->effectiveView() != HeatmapView::Mask && m_bar.height() > 0;
    if (!hasScale) return std::nullopt;
    const QRectF bar = scaleRect();
    constexpr double kGrace = 4;  // pixels: the bar is narrow, and its ends should be easy to reach
    if (!bar.adjusted(-kGrace, -kGrace, kGrace, kGrace).contains(point)) return std::nullopt;
    const double share = std::clamp(1 - (point.y() - bar.top()) / bar.height(), 0.0, 1.0);
    return m_content->effectiveView() == HeatmapView::Change ? 2 * share - 1 : share;
}

void HeatmapLegend::drawScale(QCPPainter& painter) const {
    constexpr int kStripCount = 100;
    const bool isChange = m_content->effectiveView() == HeatmapView::Change;
    const QRect bar = scaleRect();
    for (int strip = 0; strip < kStripCount; ++strip) {
        // Each strip reaches to the bottom under the next one: no seam at any zoom.
        const double top = bar.top() + bar.height() * strip / static_cast<double>(kStripCount);
        const QRectF rect(bar.left(), top, bar.width(), bar.top() + bar.height() - top);
        const double value = 1.0 - (strip + 0.5) / kStripCount;
        painter.fillRect(rect, isChange ? changeColor(2 * value - 1) : cividis(value));
    }
    drawTicks(painter, bar, isChange);
    if (!isChange && m_content->threshold) drawThreshold(painter, bar, *m_content->threshold);
    if (m_content->scaleValue) drawScaleValue(painter, bar, isChange);
    painter.setFont(plotLabelFont());
    painter.setPen(QPen(m_theme.text));
    painter.save();
    painter.translate(bar.right() + 48, bar.top() + bar.height() / 2.0);
    painter.rotate(-90);
    const double length = std::max(bar.height(), 120);
    painter.drawText(QRectF(-length / 2, -9, length, 18), Qt::AlignCenter, name());
    painter.restore();
}

QString HeatmapLegend::name() const {
    return m_content->effectiveView() == HeatmapView::Change
               ? QCoreApplication::translate("consa", "Change of P(full)")
               : QCoreApplication::translate("consa", "P(full attention)");
}

QRectF HeatmapLegend::nameBox() const {
    if (!m_content || m_content->effectiveView() == HeatmapView::Mask) return m_bar;
    const QRect bar = scaleRect();
    const QFontMetricsF metrics(plotLabelFont());
    QRectF box(QPointF(), QSizeF(metrics.height(), metrics.horizontalAdvance(name())));
    box.moveCenter({bar.right() + 48.0, bar.top() + bar.height() / 2.0});
    return box;
}

void HeatmapLegend::drawTicks(QCPPainter& painter, const QRect& bar, bool isChange) const {
    painter.setFont(plotTickFont());
    const QStringList labels = isChange
                                   ? QStringList{QStringLiteral("+1"), QStringLiteral("+0.5"), QStringLiteral("0"),
                                                 QStringLiteral("−0.5"), QStringLiteral("−1")}
                                   : QStringList{QStringLiteral("1.0"), QStringLiteral("0.75"), QStringLiteral("0.5"),
                                                 QStringLiteral("0.25"), QStringLiteral("0.0")};
    const int line = QFontMetrics(plotTickFont()).height();
    const int step = bar.height() >= 90 ? 1 : bar.height() >= 2 * line ? 2 : 4;
    for (int index = 0; index < labels.size(); index += step) {
        const double y = bar.top() + bar.height() * index / 4.0;
        painter.setPen(QPen(m_theme.line));
        painter.drawLine(QLineF(bar.right() + 1, y, bar.right() + 4, y));
        painter.setPen(QPen(m_theme.muted));
        painter.drawText(QRectF(bar.right() + 8, y - 8, 32, 16), Qt::AlignLeft | Qt::AlignVCenter, labels[index]);
    }
}

/// The stretch whose cells are outlined, in a frame.
void HeatmapLegend::drawScaleValue(QCPPainter& painter, const QRect& bar, bool isChange) const {
    const double length = isChange ? 2 : 1, lowest = isChange ? -1 : 0;
    const auto placeOf = [&](double value) {
        return bar.top() + bar.height() * (1 - std::clamp((value - lowest) / length, 0.0, 1.0));
    };
    const double top = placeOf(*m_content->scaleValue + m_content->scaleReach());
    const double bottom = placeOf(*m_content->scaleValue - m_content->scaleReach());
    painter.setBrush(Qt::NoBrush);
    painter.setPen(QPen(m_theme.background, 3, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
    painter.drawRect(QRectF(bar.left() - 2, top, bar.width() + 3, bottom - top));
    painter.setPen(QPen(m_theme.text, 1, Qt::SolidLine, Qt::SquareCap, Qt::MiterJoin));
    painter.drawRect(QRectF(bar.left() - 2, top, bar.width() + 3, bottom - top));
}

/// A notch from the left where the mask is cut.
void HeatmapLegend::drawThreshold(QCPPainter& painter, const QRect& bar, double threshold) const {
    const double y = bar.top() + bar.height() * (1 - std::clamp(threshold, 0.0, 1.0));
    painter.save();
    painter.setAntialiasing(true);
    painter.setPen(Qt::NoPen);
    painter.setBrush(m_theme.text);
    painter.drawPolygon(
        QPolygonF{{QPointF(bar.left() - 1, y), QPointF(bar.left() - 7, y - 4), QPointF(bar.left() - 7, y + 4)}});
    painter.restore();
    painter.setPen(QPen(readableOn(cividis(threshold)), 1));
    painter.drawLine(QLineF(bar.left(), y, bar.right(), y));
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
    const bool isBelowScale = m_content->effectiveView() != HeatmapView::Mask;
    const double top = isBelowScale ? m_bar.bottom() - 15 : m_bar.top() + 48;
    drawPin(painter, QPointF(m_bar.left() + 2, top + 13), kPinSize, m_theme.text, m_theme.background);
    painter.setFont(plotLabelFont());
    painter.setPen(QPen(m_theme.text));
    painter.drawText(QRectF(m_bar.left() + 24, top - 1, 64, 18), Qt::AlignLeft | Qt::AlignVCenter,
                     QCoreApplication::translate("consa", "pinned"));
}

}  // namespace consa
