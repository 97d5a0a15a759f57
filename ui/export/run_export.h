// Figures of a finished run without a window.
#pragma once

#include "ui/export/figure_export.h"

namespace consa {

/// The heatmap of a run folder's layout.json (or of a layout file). Throws Error.
[[nodiscard]] HeatmapFigure heatmapOfRun(const QString& path);

/// The curves of a run folder's events.jsonl. Throws Error.
[[nodiscard]] std::shared_ptr<const Figure> curvesOfRun(const QString& path);
/// Loss over sparsity from the comparison.json of run folders that were measured alike. Throws Error.
[[nodiscard]] std::shared_ptr<const Figure> frontierOfRunFolders(const QStringList& paths);
/// Loss by position from a run folder's comparison.json. Throws Error.
[[nodiscard]] std::shared_ptr<const Figure> positionsOfRun(const QString& path);

}  // namespace consa
