// What the curves carry beside their lines: marks of steering and the crosshair.
#pragma once

#include "ui/models/run_history.h"
#include "ui/style/plot_theme.h"
#include "ui/views/history_chart.h"

#include <qcustomplot.h>

namespace consa {

/// Vertical lines where steering took effect; with labels in the topmost plot.
class HistoryChart::Marks final : public QCPAbstractItem {
public:
    Marks(QCustomPlot* plot, QCPAxisRect* rect, const HistoryChart& chart, bool hasLabels);

    void setTheme(const PlotTheme& theme) { m_theme = theme; }
    double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

protected:
    void draw(QCPPainter* painter) override;

private:
    [[nodiscard]] QString label(const SessionEvent& event) const;

    QCPAxisRect* m_rect;
    const HistoryChart& m_chart;
    const RunHistory& m_history;
    bool m_hasLabels;
    PlotTheme m_theme;
};

/// One vertical line through all plots, on a layer of its own.
class HistoryChart::Crosshair final : public QCPAbstractItem {
public:
    explicit Crosshair(QCustomPlot* plot);

    void setTheme(const PlotTheme& theme) { m_theme = theme; }
    /// Redraws the crosshair's layer alone; a negative place hides it.
    void showAt(double place);
    double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

protected:
    void draw(QCPPainter* painter) override;

private:
    double m_place = -1;
    PlotTheme m_theme;
};

}  // namespace consa
