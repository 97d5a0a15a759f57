// Curves of other runs behind those of the run on show.
#include "ui/style/color_scale.h"
#include "ui/style/plot_theme.h"
#include "ui/views/history_chart.h"

#include <qcustomplot.h>

namespace consa {

void HistoryChart::setOverlays(const std::vector<CurveOverlay>& overlays) {
    for (QCPGraph* curve : m_overlays) m_plot->removeGraph(curve);
    m_overlays.clear();
    m_overlayLegend->clearItems();
    for (const CurveOverlay& overlay : overlays) {
        for (const Plot plot : {Loss, Sparsity, Multiplier}) {
            QCPAxisRect* rect = m_rects[plot];
            QCPGraph* curve = m_plot->addGraph(rect->axis(QCPAxis::atBottom), rect->axis(QCPAxis::atLeft));
            QVector<QCPGraphData> values;
            for (const HistoryPoint& point : overlay.points) {
                const double value = plot == Loss       ? point.loss
                                     : plot == Sparsity ? point.expectedSparsity * 100
                                                        : point.multiplier;
                values.append({double(point.step), value});
            }
            curve->data()->set(values, true);
            curve->setName(overlay.name);
            curve->setAdaptiveSampling(true);
            m_overlays.push_back(curve);
            if (plot == Loss) curve->addToLegend(m_overlayLegend);
        }
    }
    m_overlayLegend->setVisible(!overlays.empty());
    if (!overlays.empty()) showEmpty(false);
    applyColors();
    if (m_isLive) followRun();
}

void HistoryChart::colorOverlays(const PlotTheme& theme) {
    for (std::size_t index = 0; index < m_overlays.size(); ++index) {
        const int run = static_cast<int>(index / PlotCount);
        const LayoutStyle style = layoutStyle(QStringLiteral("run"), run, theme.text, theme.muted);
        m_overlays[index]->setPen(QPen(style.color, 1.2, run % 2 == 0 ? Qt::SolidLine : Qt::DashLine));
    }
}

int HistoryChart::lastOverlaidStep() const {
    int last = 0;
    for (const QCPGraph* curve : m_overlays)
        if (curve->dataCount() > 0)
            last = std::max(last, static_cast<int>(curve->data()->at(curve->dataCount() - 1)->key));
    return last;
}

}  // namespace consa
