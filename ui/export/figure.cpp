// Figures into bytes and files.
#include "ui/export/figure.h"

#include "core/base/error.h"
#include "ui/export/figure_room.h"

#include <QCoreApplication>
#include <algorithm>

namespace consa {

namespace {

constexpr double kTextStep = 1.0 / 11;  // a pixel of the smaller text

void refuseSmall(const Figure& figure, const FigureOptions& options) {
    const QSize least = readableSize(figure, options);
    throw Error(QCoreApplication::translate("consa",
                                            "The figure %1 can't be read at %2 mm; give it %3 at least, or leave out "
                                            "the caption.")
                    .arg(figure.title(), millimeterText(options.size), millimeterText(least))
                    .toStdString());
}

}  // namespace

bool OffscreenPlot::hasRoom(QSize size) {
    return plotHasRoom(plot(), size);
}

std::unique_ptr<OffscreenPlot> arrangeToFit(const Figure& figure, FigureOptions options) {
    std::unique_ptr<OffscreenPlot> arranged = figure.arrange(options);
    while (!arranged->hasRoom(options.size) && options.textScale > kLeastTextScale) {
        options.textScale = std::max(options.textScale - kTextStep, kLeastTextScale);
        arranged.reset();  // its text goes with it
        arranged = figure.arrange(options);
    }
    return arranged;
}

QByteArray render(const Figure& figure, const FigureOptions& options, FigureFormat format) {
    if (format == FigureFormat::Csv) return figure.table(',');
    if (format == FigureFormat::Tsv) return figure.table('\t');
    const std::unique_ptr<OffscreenPlot> offscreen = arrangeToFit(figure, options);
    if (!offscreen->hasRoom(options.size)) refuseSmall(figure, options);
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
