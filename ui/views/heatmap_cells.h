// The two drawings of the heatmap that QCustomPlot lacks: a grid of vector cells and its legend.
#pragma once

#include "ui/views/heatmap_scene.h"

#include <qcustomplot.h>

namespace consa {

/// One rectangle a cell, hatched, lettered and outlined as the content asks.
class HeatmapCells final : public QCPAbstractPlottable {
public:
    HeatmapCells(QCPAxis* across, QCPAxis* down) : QCPAbstractPlottable(across, down) {}

    void setContent(const HeatmapContent* content) { m_content = content; }
    void setTheme(const PlotTheme& theme) { m_theme = theme; }

    /// The cell's rectangle on whole pixels, the 1 px gap left out.
    [[nodiscard]] QRectF cellRect(UnitIndex cell) const;

    double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }
    QCPRange getKeyRange(bool& isFound, QCP::SignDomain) const override;
    QCPRange getValueRange(bool& isFound, QCP::SignDomain, const QCPRange&) const override;

protected:
    void draw(QCPPainter* painter) override;
    void drawLegendIcon(QCPPainter*, const QRectF&) const override {}

private:
    void drawCell(QCPPainter& painter, UnitIndex cell, const QRectF& rect) const;
    void drawChange(QCPPainter& painter, const QRectF& rect, double change) const;
    void drawPins(QCPPainter& painter) const;
    void drawOutlines(QCPPainter& painter) const;
    void drawScaleCells(QCPPainter& painter) const;

    const HeatmapContent* m_content = nullptr;
    PlotTheme m_theme;
};

/// Colour bar of the Probability and Change views, swatches of the Mask view, at a place in pixels; below it what a pin
/// looks like when there are pins.
class HeatmapLegend final : public QCPAbstractItem {
public:
    explicit HeatmapLegend(QCustomPlot* plot);

    /// Pixels that the legend needs to the right of its bar's left edge.
    static constexpr int kWidth = 76;

    void setContent(const HeatmapContent* content) { m_content = content; }
    void setTheme(const PlotTheme& theme) { m_theme = theme; }
    /// Top left corner and height of the colour bar.
    void place(QPoint topLeft, int height);
    /// The colour bar, which makes room for the pins' entry below it.
    [[nodiscard]] QRect scaleRect() const;
    /// Where its name is drawn; in the Mask view, which has none, the place of the legend.
    [[nodiscard]] QRectF nameBox() const;
    /// What the colour bar stands for at a point, 1 at its top; none beside it, with some pixels of grace.
    [[nodiscard]] std::optional<double> valueAt(QPointF point) const;

    double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

protected:
    void draw(QCPPainter* painter) override;

private:
    [[nodiscard]] QString name() const;
    void drawScale(QCPPainter& painter) const;
    void drawScaleValue(QCPPainter& painter, const QRect& bar, bool isChange) const;
    void drawTicks(QCPPainter& painter, const QRect& bar, bool isChange) const;
    void drawThreshold(QCPPainter& painter, const QRect& bar, double threshold) const;
    void drawSwatches(QCPPainter& painter) const;
    void drawPinEntry(QCPPainter& painter) const;

    const HeatmapContent* m_content = nullptr;
    PlotTheme m_theme;
    QRect m_bar;
};

}  // namespace consa
