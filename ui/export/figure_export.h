// The heatmap as a figure: cells as on screen, with where they come from.
#pragma once

#include "core/layout/layout_file.h"
#include "ui/export/figure.h"
#include "ui/views/heatmap_scene.h"

namespace consa {

/// What a figure shows: cells as on screen, and where they come from.
struct HeatmapFigure {
    HeatmapContent content;  // selection and hover are left out of the picture
    LayoutFile source;       // provenance for caption and metadata
};

/// "SmolLM2-135M, learned KV heads at step 150, target 50.0 %, actual 50.0 % (45 of 90 full), window 256, ...".
[[nodiscard]] QString figureCaption(const HeatmapFigure& figure);

[[nodiscard]] QImage renderImage(const HeatmapFigure& figure, const FigureOptions& options);
/// Contains no raster image.
[[nodiscard]] QByteArray renderSvg(const HeatmapFigure& figure, const FigureOptions& options);
/// layer,unit,probability,full a line; an empty probability where none was learned. With a reference a column change.
[[nodiscard]] QByteArray renderCsv(const HeatmapFigure& figure, char separator = ',');
/// The grid alone, tab-separated, a row a layer, for spreadsheets.
[[nodiscard]] QByteArray renderTsv(const HeatmapFigure& figure);

/// The heatmap behind the interface that all figures share.
[[nodiscard]] std::shared_ptr<const Figure> makeFigure(HeatmapFigure figure);

void saveFigure(const HeatmapFigure& figure, const FigureOptions& options, FigureFormat format, const QString& path);

}  // namespace consa
