// The heatmap as a file: PNG with provenance, vector SVG, CSV; written whole or not at all.
#pragma once

#include "core/layout/layout_file.h"
#include "ui/style/plot_theme.h"
#include "ui/views/heatmap_scene.h"

#include <QByteArray>
#include <QImage>
#include <QSize>
#include <QString>

namespace consa {

enum class FigureFormat { Png, Svg, Csv };

/// What a figure shows: cells as on screen, and where they come from.
struct HeatmapFigure {
    HeatmapContent content;  // selection and hover are left out of the picture
    LayoutFile source;       // provenance for caption and metadata
};

struct FigureOptions {
    QSize size{640, 560};  // in pixels at 96 dpi: the figure's printed size
    int dpi = 300;
    PlotTheme theme = PlotTheme::white();
    bool hasCaption = true;
};

/// "SmolLM2-135M, learned KV heads at step 150, target 50.0 %, actual 50.0 % (45 of 90 full), window 256, ...".
[[nodiscard]] QString figureCaption(const HeatmapFigure& figure);

/// Pixels are size x dpi / 96 whatever the screen; carries dpi and provenance as text keys.
[[nodiscard]] QImage renderImage(const HeatmapFigure& figure, const FigureOptions& options);
/// Contains no raster image.
[[nodiscard]] QByteArray renderSvg(const HeatmapFigure& figure, const FigureOptions& options);
/// layer,unit,probability,full a line; an empty probability where none was learned. Provenance in # lines before it.
[[nodiscard]] QByteArray renderCsv(const HeatmapFigure& figure);
/// The grid alone, tab-separated, a row a layer, for spreadsheets.
[[nodiscard]] QByteArray renderTsv(const HeatmapFigure& figure);

/// By the file's suffix. Throws Error (BadInput) naming the formats that exist.
[[nodiscard]] FigureFormat figureFormatFromWord(const QString& word);

/// Renders and writes; the old file stays when writing fails. Throws Error naming path and reason.
void saveFigure(const HeatmapFigure& figure, const FigureOptions& options, FigureFormat format, const QString& path);

}  // namespace consa
