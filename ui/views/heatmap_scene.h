// The heatmap as a drawing: cells, axes, scale and caption in any plot, on screen or on the way into a file.
#pragma once

#include "core/layout/attention_layout.h"
#include "core/layout/pins.h"
#include "ui/style/plot_theme.h"

#include <QRectF>
#include <QSize>
#include <QString>
#include <optional>
#include <vector>

class QCPAxisRect;
class QCPItemText;

namespace consa {

/// One cell: row and column of the grid.
struct UnitIndex {
    int layer = 0;
    int unit = 0;

    bool operator==(const UnitIndex&) const = default;
};

/// Probability colours P(full); Mask shows the rounded decision and reads in greyscale too; Change colours P(full)
/// minus that of a reference.
enum class HeatmapView { Probability, Mask, Change };

/// What the heatmap shows. Without probabilities (a layout by rule) the mask stands in for them, without a reference
/// the probabilities for the change.
struct HeatmapContent {
    AttentionLayout layout;
    std::vector<double> probability;    // row-major; empty when unknown
    std::vector<std::uint8_t> flipped;  // row-major; cells outlined as changed by the cut; empty when none
    UnitPins pins;                      // row-major; cells marked as pinned; empty when none
    bool isHeld = false;                // a fixed layout that weights are trained around
    HeatmapView view = HeatmapView::Probability;
    std::optional<UnitIndex> selected;
    std::optional<UnitIndex> hovered;
    std::vector<double> reference{};     // P(full) to compare with, row-major; empty for none
    QString referenceName{};             // "the start"
    std::optional<double> threshold{};   // P(full) that parts full from sliding, a mark on the scale
    bool isTransposed = false;           // layers across, units down
    std::optional<double> scaleValue{};  // P(full) or change under the pointer at the scale; cells near it are outlined

    [[nodiscard]] bool hasPins() const { return !pins.empty(); }
    [[nodiscard]] HeatmapView effectiveView() const;
    /// P(full), or the decision where nothing was learned, minus the reference. Needs a reference.
    [[nodiscard]] double changeOf(std::size_t unit) const;
    /// The number that colours the unit; nothing in the mask.
    [[nodiscard]] std::optional<double> valueOf(std::size_t unit) const;
    /// Half the width of what counts as near a place of the scale: 1 / 40 of its length (taste).
    [[nodiscard]] double scaleReach() const { return effectiveView() == HeatmapView::Change ? 0.05 : 0.025; }
    /// Whether the unit's value is near scaleValue.
    [[nodiscard]] bool isNearScaleValue(std::size_t unit) const;
    /// Cells down and across.
    [[nodiscard]] int rowCount() const;
    [[nodiscard]] int columnCount() const;
};

class HeatmapCells;
class HeatmapLegend;

/// Builds the drawing inside `plot`, whose children it then owns. Vector throughout: no picture in an SVG.
class HeatmapScene {
public:
    explicit HeatmapScene(QCustomPlot& plot);

    void setContent(HeatmapContent content);
    [[nodiscard]] const HeatmapContent& content() const { return m_content; }
    void setTheme(const PlotTheme& theme);
    /// Text below the picture; empty for none. Takes effect with arrange().
    void setCaption(const QString& caption);
    /// Places cells and legend for a picture of this size, in logical pixels.
    void arrange(QSize size);
    /// False when the size of arrange() leaves too little for cells and legend to be told apart.
    [[nodiscard]] bool hasRoom() const;

    /// The cell under a point of the plot; none in the gaps outside the grid.
    [[nodiscard]] std::optional<UnitIndex> cellAt(QPointF point) const;
    [[nodiscard]] QRectF cellRect(UnitIndex cell) const;
    /// The value of the colour bar under a point of the plot; none beside it and in the mask, which has no bar.
    [[nodiscard]] std::optional<double> scaleValueAt(QPointF point) const;
    /// Where the colour bar is; empty in the mask.
    [[nodiscard]] QRectF scaleRect() const;

private:
    void updateAxes();

    QCustomPlot& m_plot;
    QCPAxisRect* m_rect;
    HeatmapCells* m_cells;
    HeatmapLegend* m_legend;
    QCPItemText* m_captionItem;
    QString m_caption;
    QSize m_size;
    QSize m_room;   // for cells
    QRect m_paper;  // what is left above the caption
    HeatmapContent m_content;
};

}  // namespace consa
