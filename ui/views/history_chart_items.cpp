// Drawing of marks and crosshair.
#include "ui/views/history_chart_items.h"

#include <algorithm>

namespace consa {

HistoryChart::Marks::Marks(QCustomPlot* plot, QCPAxisRect* rect, const RunHistory& history, bool hasLabels)
    : QCPAbstractItem(plot), m_rect(rect), m_history(history), m_hasLabels(hasLabels) {
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
        if (!steps->range().contains(event.step)) continue;
        const double x = steps->coordToPixel(event.step);
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
        const auto& points = m_history.points();
        const auto after = std::upper_bound(points.begin(), points.end(), event.step,
                                            [](int step, const HistoryPoint& point) { return step < point.step; });
        if (after != points.end()) return QStringLiteral("→ %1 %").arg(after->target * 100, 0, 'f', 0);
        return HistoryChart::tr("target");
    }
    if (event.kind == "pause") return HistoryChart::tr("pause");
    if (event.kind == "resume") return HistoryChart::tr("resume");
    if (event.kind == "stop") return HistoryChart::tr("stop");
    return HistoryChart::tr("freeze");
}

HistoryChart::Crosshair::Crosshair(QCustomPlot* plot) : QCPAbstractItem(plot) {
    setClipToAxisRect(false);
    plot->addLayer(QStringLiteral("crosshair"));
    plot->layer(QStringLiteral("crosshair"))->setMode(QCPLayer::lmBuffered);
    setLayer(QStringLiteral("crosshair"));
}

void HistoryChart::Crosshair::showAt(int step) {
    if (m_step == step) return;
    m_step = step;
    layer()->replot();
}

void HistoryChart::Crosshair::draw(QCPPainter* painter) {
    if (m_step < 0) return;
    painter->setAntialiasing(false);
    painter->setPen(QPen(m_theme.muted, 1));
    for (const QCPAxisRect* rect : parentPlot()->axisRects()) {
        const QCPAxis* steps = rect->axis(QCPAxis::atBottom);
        if (!steps->range().contains(m_step)) continue;
        const double x = steps->coordToPixel(m_step);
        painter->drawLine(QLineF(x, rect->top(), x, rect->bottom()));
    }
}

}  // namespace consa
