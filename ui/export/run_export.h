// Figures of a finished run without a window.
#pragma once

#include "ui/export/figure_export.h"

namespace consa {

/// The heatmap of a run folder's layout.json (or of a layout file). Throws Error.
[[nodiscard]] HeatmapFigure heatmapOfRun(const QString& path);

}  // namespace consa
