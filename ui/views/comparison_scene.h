// Evaluated layouts as a drawing: loss over position, or loss over sparsity; on screen or on the way into a file.
#pragma once

#include "core/evaluation/comparison.h"
#include "ui/models/frontier_record.h"
#include "ui/style/plot_theme.h"

#include <QPointF>
#include <optional>
#include <vector>

class QCPAxisRect;
class QCPGraph;
class QCPLegend;
class QCustomPlot;

namespace consa {

class EndLabels;
struct LayoutLine;

enum class ComparisonPicture { Positions, Frontier };

/// Builds the drawing inside `plot`, whose children it then owns. One colour, dash and marker a layout; curves carry
/// their names at their ends, and one that is looked at stands out before the others.
class ComparisonScene {
public:
    explicit ComparisonScene(QCustomPlot& plot);

    void setTheme(const PlotTheme& theme);
    /// Loss above all full of each row over the position in the window; row `emphasised` stands out.
    void showPositions(const Comparison& comparison, std::optional<std::size_t> emphasised);
    /// Loss above all full over the sparsity, with standard errors; the kind of point `emphasised` stands out.
    void showFrontier(const std::vector<FrontierPoint>& points, std::optional<std::size_t> emphasised = {});

    /// The point of the frontier within reach of a place in the plot.
    [[nodiscard]] std::optional<std::size_t> pointAt(QPointF place) const;
    [[nodiscard]] QPointF placeOf(std::size_t point) const;
    /// The row whose curve or name is within reach of a place in the plot.
    [[nodiscard]] std::optional<std::size_t> rowAt(QPointF place) const;
    /// Where the curve of a row is drawn in a bucket.
    [[nodiscard]] QPointF placeOf(std::size_t row, std::size_t bucket) const;
    [[nodiscard]] bool isEmpty() const { return m_isEmpty; }

private:
    void clear();
    void draw();
    void drawPositions();
    void drawRow(std::size_t row, const LayoutLine& line);
    void drawFrontier();
    void drawSeries(const QString& series, const std::vector<std::size_t>& members, const LayoutLine& line);
    void addEndLabels(const std::vector<LayoutLine>& lines);
    void fitValues(double lowest, double highest);
    [[nodiscard]] QColor fadedWhen(bool isFaded, const QColor& color) const;
    [[nodiscard]] bool isFaded(std::size_t row) const { return m_emphasised && *m_emphasised != row; }

    QCustomPlot& m_plot;
    QCPAxisRect* m_rect;
    QCPLegend* m_legend;
    EndLabels* m_endLabels;
    PlotTheme m_theme = PlotTheme::white();
    ComparisonPicture m_picture = ComparisonPicture::Positions;
    Comparison m_comparison;
    std::optional<std::size_t> m_emphasised;
    std::vector<FrontierPoint> m_points;
    bool m_isEmpty = true;
};

}  // namespace consa
