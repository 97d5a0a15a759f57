// Drawing of marks and crosshair.
#include "ui/views/history_chart_items.h"

#include <algorithm>

namespace consa {

HistoryChart::Marks::Marks(QCustomPlot* plot, QCPAxisRect* rect, const HistoryChart& chart, bool hasLabels)
    : QCPAbstractItem(plot), m_rect(rect), m_chart(chart), m_history(chart.m_history), m_hasLabels(hasLabels) {
    setClipAxisRect(rect);
    setLayer(QStringLiteral("grid"));
}

void HistoryChart::Marks::draw(QCPPainter* painter) {
    painter->setAntialiasing(false);
    painter->setFont(plotTickFont());
    const QFontMetrics metrics(plotTickFont());
    const QCPAxis* steps = m_rect->axis(QCPAxis::atBottom);
    double freeFrom = m_rect->left();
    for (const SessionEvent& event : m_history.events()) {
        const double place = m_chart.placeOfStep(event.step);
        if (!steps->range().contains(place)) continue;
        const double x = steps->coordToPixel(place);
        painter->setPen(QPen(m_theme.muted, 1, Qt::DotLine));
        painter->drawLine(QLineF(x, m_rect->top(), x, m_rect->bottom()));
        if (!m_hasLabels || x < freeFrom) continue;
        const QString text = label(event);
        const double width = metrics.horizontalAdvance(text) + 8;
        const double left = x + width > m_rect->right() ? x - width : x + 4;
        painter->setPen(QPen(m_theme.text));
        painter->drawText(QRectF(left, m_rect->top() + 2, width, metrics.height()), Qt::AlignLeft | Qt::AlignVCenter,
                          text);
        freeFrom = x + width + 4;
    }
}

QString HistoryChart::Marks::label(const SessionEvent& event) const {
    if (event.kind == "retarget") {
        const HistoryPoints& points = m_history.points();
        const std::size_t after = points.lowerBound(event.step + 1);
        if (after < points.size()) return QStringLiteral("→ %1 %").arg(points[after].target * 100, 0, 'f', 0);
        return HistoryChart::tr("target");
    }
    if (event.kind == "pin") return HistoryChart::tr("pins");
    if (event.kind == "evaluate") return HistoryChart::tr("compared");
    if (event.kind == "pause") return HistoryChart::tr("pause");
    if (event.kind == "resume") return HistoryChart::tr("resume");
    if (event.kind == "stop") return HistoryChart::tr("stop");
    if (event.kind == "hold") return HistoryChart::tr("hold");
    if (event.kind == "fork") return HistoryChart::tr("fork");
    if (event.kind == "rewind") return HistoryChart::tr("back");
    return HistoryChart::tr("freeze");
}

HistoryChart::Crosshair::Crosshair(QCustomPlot* plot) : QCPAbstractItem(plot) {
    setClipToAxisRect(false);
    plot->addLayer(QStringLiteral("crosshair"));
    plot->layer(QStringLiteral("crosshair"))->setMode(QCPLayer::lmBuffered);
    setLayer(QStringLiteral("crosshair"));
}

void HistoryChart::Crosshair::showAt(double place) {
    if (m_place == place) return;
    m_place = place;
    layer()->replot();
}

void HistoryChart::Crosshair::draw(QCPPainter* painter) {
    if (m_place < 0) return;
    painter->setAntialiasing(false);
    painter->setPen(QPen(m_theme.muted, 1));
    for (const QCPAxisRect* rect : parentPlot()->axisRects()) {
        const QCPAxis* steps = rect->axis(QCPAxis::atBottom);
        if (!steps->range().contains(m_place)) continue;
        const double x = steps->coordToPixel(m_place);
        painter->drawLine(QLineF(x, rect->top(), x, rect->bottom()));
    }
}

}  // namespace consa
