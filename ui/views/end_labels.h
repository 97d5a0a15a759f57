// Names of curves at their right ends.
#pragma once

#include "ui/style/plot_theme.h"

#include <qcustomplot.h>
#include <optional>
#include <vector>

namespace consa {

/// The name of a curve that ends at `value` on the left axis.
struct EndLabel {
    QString text;
    double value = 0;
    QColor color;          // of the line that ties the name to its curve
    bool isFaded = false;  // another one is looked at
    bool isFirst = false;  // stays when there is no room for all
};

/// Drawn right of an axis rect whose right margin leaves room(); never over one another. Where the plot is too low for
/// all of them the last ones are counted instead.
class EndLabels final : public QCPAbstractItem {
public:
    EndLabels(QCustomPlot* plot, QCPAxisRect* rect);

    void setLabels(std::vector<EndLabel> labels) { m_labels = std::move(labels); }
    void setTheme(const PlotTheme& theme) { m_theme = theme; }
    /// Pixels that the names need right of the axis rect; 0 without names.
    [[nodiscard]] int room() const;
    /// The label under a place in the plot.
    [[nodiscard]] std::optional<std::size_t> labelAt(QPointF place) const;
    double selectTest(const QPointF&, bool, QVariant*) const override { return -1; }

protected:
    void draw(QCPPainter* painter) override;

private:
    struct Placed {
        std::size_t label;
        double curveY;
        double labelY;
    };

    [[nodiscard]] std::vector<Placed> placed() const;
    [[nodiscard]] QString shortened(const QString& text) const;

    QCPAxisRect* m_rect;
    std::vector<EndLabel> m_labels;
    PlotTheme m_theme;
};

}  // namespace consa
