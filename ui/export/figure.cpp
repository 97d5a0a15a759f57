// Figures into bytes and files.
#include "ui/export/figure.h"

namespace consa {

QByteArray render(const Figure& figure, const FigureOptions& options, FigureFormat format) {
    if (format == FigureFormat::Csv) return figure.table(',');
    if (format == FigureFormat::Tsv) return figure.table('\t');
    const std::unique_ptr<OffscreenPlot> offscreen = figure.arrange(options);
    const QString title = QStringLiteral("ConSA ") + figure.name();
    switch (format) {
        case FigureFormat::Svg:
            return plotToSvg(offscreen->plot(), options, title, figure.caption());
        case FigureFormat::Pdf:
            return plotToPdf(offscreen->plot(), options, title, figure.caption(), figure.facts());
        default:
            return encodePng(plotToImage(offscreen->plot(), options, figure.facts()));
    }
}

void saveFigure(const Figure& figure, const FigureOptions& options, FigureFormat format, const QString& path) {
    writeWhole(path, render(figure, options, format));
}

}  // namespace consa
