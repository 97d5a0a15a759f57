// Evaluated layouts as a drawing: loss over position, or loss over sparsity; on screen or on the way into a file.
#pragma once

#include "core/evaluation/comparison.h"
#include "ui/models/frontier_record.h"
#include "ui/style/plot_theme.h"

#include <QPointF>
#include <optional>
#include <vector>

class QCPAxisRect;
class QCPLegend;
class QCustomPlot;

namespace consa {

enum class ComparisonPicture { Positions, Frontier };

/// Builds the drawing inside `plot`, whose children it then owns. One colour, dash and marker a layout.
class ComparisonScene {
public:
    explicit ComparisonScene(QCustomPlot& plot);

    void setTheme(const PlotTheme& theme);
    /// Loss above all full of each row over the position in the window; `selected` is drawn thicker.
    void showPositions(const Comparison& comparison, std::optional<int> selected);
    /// Loss above all full over the sparsity, with standard errors.
    void showFrontier(const std::vector<FrontierPoint>& points);

    /// The point of the frontier within reach of a place in the plot.
    [[nodiscard]] std::optional<std::size_t> pointAt(QPointF place) const;
    [[nodiscard]] QPointF placeOf(std::size_t point) const;
    [[nodiscard]] bool isEmpty() const { return m_isEmpty; }

private:
    void clear();
    void draw();
    void drawPositions();
    void drawFrontier();
    void drawSeries(const QString& series, const std::vector<std::size_t>& members, int presetIndex);
    void fitValues(double lowest, double highest);

    QCustomPlot& m_plot;
    QCPAxisRect* m_rect;
    QCPLegend* m_legend;
    PlotTheme m_theme = PlotTheme::white();
    ComparisonPicture m_picture = ComparisonPicture::Positions;
    Comparison m_comparison;
    std::optional<int> m_selected;
    std::vector<FrontierPoint> m_points;
    bool m_isEmpty = true;
};

}  // namespace consa
