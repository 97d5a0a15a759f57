// The least size at which a figure can be read.
#pragma once

#include "ui/export/figure.h"

namespace consa {

/// Text along the axes has 6 points.
inline constexpr double kLeastTextScale = 8.0 / 11;

/// True when no line of text below the plot is cut off at this width.
[[nodiscard]] bool captionHasRoom(QCustomPlot& plot, QSize size);
/// True when, drawn at this size, every axis is long enough to be read and the legend and the caption are whole.
[[nodiscard]] bool plotHasRoom(QCustomPlot& plot, QSize size);

/// The options' size where the figure can be read there, else the least that is as wide and high at least.
[[nodiscard]] QSize readableSize(const Figure& figure, FigureOptions options);

/// "70x60", in millimetres, rounded up.
[[nodiscard]] QString millimeterText(QSize size);

}  // namespace consa
