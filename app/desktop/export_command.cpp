// Options of the export command, handed to the exporter.
#include "app/desktop/export_command.h"

#include "core/base/error.h"
#include "ui/export/run_export.h"

#include <QCommandLineParser>
#include <QFileInfo>
#include <QRegularExpression>
#include <cmath>
#include <cstdio>

namespace consa {

namespace {

constexpr double kPixelsPerMillimeter = 96 / 25.4;

[[noreturn]] void refuse(const QString& sentence) {
    throw Error(sentence.toStdString());
}

QSize sizeFromText(const QString& text) {
    const QRegularExpressionMatch match = QRegularExpression(QStringLiteral("^(\\d{2,4})x(\\d{2,4})$")).match(text);
    if (!match.hasMatch())
        refuse(QStringLiteral("--size takes WIDTHxHEIGHT in millimetres, for example 160x140, not '%1'.").arg(text));
    return QSize(static_cast<int>(std::lround(match.captured(1).toInt() * kPixelsPerMillimeter)),
                 static_cast<int>(std::lround(match.captured(2).toInt() * kPixelsPerMillimeter)));
}

int dpiFromText(const QString& text) {
    bool isNumber = false;
    const int dpi = text.toInt(&isNumber);
    if (!isNumber || dpi < 36 || dpi > 2400)
        refuse(QStringLiteral("--dpi takes a number from 36 to 2400, not '%1'.").arg(text));
    return dpi;
}

PlotTheme themeFromText(const QString& text) {
    if (text == QLatin1String("white")) return PlotTheme::white();
    if (text == QLatin1String("dark")) return PlotTheme::dark();
    refuse(QStringLiteral("--theme takes white or dark, not '%1'.").arg(text));
}

HeatmapView viewFromText(const QString& text) {
    if (text == QLatin1String("probability")) return HeatmapView::Probability;
    if (text == QLatin1String("mask")) return HeatmapView::Mask;
    refuse(QStringLiteral("--view takes probability or mask, not '%1'.").arg(text));
}

std::shared_ptr<const Figure> figureFromWords(const QString& figure, const QStringList& paths, const QString& view) {
    if (figure == QLatin1String("frontier")) return frontierOfRunFolders(paths);
    if (paths.size() != 1) refuse(QStringLiteral("Only the figure frontier joins several runs; name one."));
    const QString& path = paths.front();
    if (figure == QLatin1String("curves")) return curvesOfRun(path);
    if (figure == QLatin1String("positions")) return positionsOfRun(path);
    if (figure != QLatin1String("heatmap"))
        refuse(QStringLiteral("There is no figure '%1'; heatmap, curves, positions and frontier exist.").arg(figure));
    HeatmapFigure heatmap = heatmapOfRun(path);
    heatmap.content.view = viewFromText(view);
    return makeFigure(std::move(heatmap));
}

}  // namespace

void runExportCommand(const QStringList& arguments) {
    const auto option = [](const char* name, const char* fallback) {
        return QCommandLineOption(QLatin1String(name), QString(), QStringLiteral("value"), QLatin1String(fallback));
    };
    QCommandLineParser parser;
    parser.addOptions({option("figure", "heatmap"), option("format", ""), option("view", "probability"),
                       option("dpi", "300"), option("size", "160x140"), option("theme", "white"), option("out", ""),
                       QCommandLineOption(QStringLiteral("no-caption"))});
    if (!parser.parse(QStringList{QStringLiteral("export")} + arguments)) {
        refuse(parser.errorText() + QStringLiteral(" See consa-explorer --help."));
    }
    const auto value = [&parser](const char* name) { return parser.value(QLatin1String(name)); };
    const QString out = value("out");
    if (parser.positionalArguments().isEmpty() || out.isEmpty()) {
        refuse(QStringLiteral("export needs a run folder and --out FILE; see consa-explorer --help."));
    }
    FigureOptions options;
    options.dpi = dpiFromText(value("dpi"));
    options.size = sizeFromText(value("size"));
    options.theme = themeFromText(value("theme"));
    options.hasCaption = !parser.isSet(QStringLiteral("no-caption"));
    const QString format = value("format").isEmpty() ? QFileInfo(out).suffix() : value("format");
    const FigureFormat figureFormat = figureFormatFromWord(format);
    const auto figure = figureFromWords(value("figure"), parser.positionalArguments(), value("view"));
    saveFigure(*figure, options, figureFormat, out);
    std::fprintf(stderr, "Wrote %s\n", qPrintable(out));
}

}  // namespace consa
