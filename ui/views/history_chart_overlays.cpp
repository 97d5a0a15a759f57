// Curves of other runs behind those of the run on show.
#include "ui/models/run_history.h"
#include "ui/style/color_scale.h"
#include "ui/style/plot_theme.h"
#include "ui/views/history_chart.h"

#include <qcustomplot.h>

namespace consa {

void HistoryChart::setOverlays(const std::vector<CurveOverlay>& overlays) {
    m_overlaid = overlays;
    drawOverlays();
    showEmpty(m_overlaid.empty() && m_history.points().empty());
    if (m_isLive) followRun();
}

void HistoryChart::drawOverlays() {
    for (QCPGraph* curve : m_overlays) m_plot->removeGraph(curve);
    for (QCPGraph* curve : m_smoothOverlays) m_plot->removeGraph(curve);
    m_overlays.clear();
    m_smoothOverlays.clear();
    m_overlayLegend->clearItems();
    for (const CurveOverlay& overlay : m_overlaid) {
        const auto add = [&](Plot plot, std::vector<QCPGraph*>& curves) {
            QCPAxisRect* rect = m_rects[plot];
            QCPGraph* curve = m_plot->addGraph(rect->axis(QCPAxis::atBottom), rect->axis(QCPAxis::atLeft));
            curve->setName(overlay.name);
            curve->setAdaptiveSampling(true);
            curves.push_back(curve);
            return curve;
        };
        QCPGraph* loss = add(Loss, m_overlays);
        QCPGraph* sparsity = add(Sparsity, m_overlays);
        QCPGraph* multiplier = add(Multiplier, m_overlays);
        QCPGraph* smooth = m_smoothing > 1 ? add(Loss, m_smoothOverlays) : nullptr;
        MovingMean mean(m_smoothing);
        double seconds = 0;
        for (const HistoryPoint& point : overlay.points) {
            const double place = placeOf(point, overlay.stepTokens, seconds);
            loss->addData(place, point.loss);
            sparsity->addData(place, point.expectedSparsity * 100);
            multiplier->addData(place, point.multiplier);
            if (smooth) smooth->addData(place, mean.add(point.loss));
        }
        loss->addToLegend(m_overlayLegend);
    }
    m_overlayLegend->setVisible(!m_overlaid.empty());
    applyColors();
}

void HistoryChart::colorOverlays(const PlotTheme& theme) {
    for (std::size_t index = 0; index < m_overlays.size(); ++index) {
        const int run = static_cast<int>(index / PlotCount);
        const LayoutStyle style = layoutStyle(QStringLiteral("run"), run, theme.text, theme.muted);
        const Qt::PenStyle dash = run % 2 == 0 ? Qt::SolidLine : Qt::DashLine;
        QColor raw = style.color;
        if (m_smoothing > 1) raw.setAlphaF(0.45F);
        m_overlays[index]->setPen(QPen(raw, 1.2, dash));
        if (m_smoothing > 1) m_smoothOverlays[index / PlotCount]->setPen(QPen(style.color, 2, dash));
    }
}

double HistoryChart::lastOverlaidPlace() const {
    double last = 0;
    for (const QCPGraph* curve : m_overlays)
        if (curve->dataCount() > 0) last = std::max(last, curve->data()->at(curve->dataCount() - 1)->key);
    return last;
}

}  // namespace consa
