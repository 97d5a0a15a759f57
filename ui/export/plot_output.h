// A plot off the screen as a picture or a vector file, and files that are written whole or not at all.
#pragma once

#include "ui/style/plot_theme.h"

#include <QByteArray>
#include <QImage>
#include <QSize>
#include <QString>
#include <utility>
#include <vector>

class QCustomPlot;

namespace consa {

enum class FigureFormat { Png, Svg, Pdf, Csv, Tsv };

struct FigureOptions {
    QSize size{640, 560};  // in pixels at 96 dpi: the figure's printed size
    int dpi = 300;
    PlotTheme theme = PlotTheme::white();
    bool hasCaption = true;
    double textScale = 1;  // 1: 8.25 points along the axes, 9 for what they are
};

/// Where a figure comes from, as keys and values for PNG text chunks and comments of tables.
using FigureFacts = std::vector<std::pair<QString, QString>>;

/// Pixels are size x dpi / 96 whatever the screen; carries dpi and facts as text keys.
[[nodiscard]] QImage plotToImage(QCustomPlot& plot, const FigureOptions& options, const FigureFacts& facts);
/// Contains no raster image.
[[nodiscard]] QByteArray plotToSvg(QCustomPlot& plot, const FigureOptions& options, const QString& title,
                                   const QString& description);
/// One page of the figure's size; contains no raster image. Title, description and facts are in its XMP metadata.
[[nodiscard]] QByteArray plotToPdf(QCustomPlot& plot, const FigureOptions& options, const QString& title,
                                   const QString& description, const FigureFacts& facts);

/// Puts `text` below everything else in a plot that will be drawn at this size, in as many lines as it takes.
void addCaption(QCustomPlot& plot, const QString& text, const PlotTheme& theme, QSize size);

/// "# key: value" a line.
[[nodiscard]] QByteArray commentLines(const FigureFacts& facts);
[[nodiscard]] QByteArray encodePng(const QImage& image);
/// The old file stays when writing fails. Throws Error naming path and reason.
void writeWhole(const QString& path, const QByteArray& bytes);

/// By the file's suffix. Throws Error (BadInput) naming the formats that exist.
[[nodiscard]] FigureFormat figureFormatFromWord(const QString& word);
/// "png", "svg", "pdf", "csv", "tsv".
[[nodiscard]] QString formatWord(FigureFormat format);

}  // namespace consa
