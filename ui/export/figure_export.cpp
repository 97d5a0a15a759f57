// Renders the same scene as the screen into files.
#include "ui/export/figure_export.h"

#include "core/base/error.h"
#include "core/base/version.h"
#include "ui/models/preset_list_model.h"

#include <qcustomplot.h>
#include <QBuffer>
#include <QImageWriter>
#include <QSaveFile>
#include <QSvgGenerator>
#include <algorithm>
#include <cmath>
#include <utility>

namespace consa {

namespace {

constexpr double kScreenDpi = 96;

QString tr(const char* text) {
    return QCoreApplication::translate("consa", text);
}

QString percent(double share) {
    return QStringLiteral("%1 %").arg(share * 100, 0, 'f', 1);
}

std::ptrdiff_t pinCount(const UnitPins& pins) {
    return std::count_if(pins.begin(), pins.end(), [](const auto& pin) { return pin.has_value(); });
}

/// Keys and values of the figure's origin, for PNG text chunks and CSV comments.
std::vector<std::pair<QString, QString>> provenance(const HeatmapFigure& figure) {
    const LayoutFile& source = figure.source;
    return {{QStringLiteral("Title"), QStringLiteral("ConSA heatmap")},
            {QStringLiteral("Description"), figureCaption(figure)},
            {QStringLiteral("Model"), QString::fromStdString(source.modelName)},
            {QStringLiteral("Run"), QString::fromStdString(source.provenance.run)},
            {QStringLiteral("Step"), QString::number(source.provenance.step)},
            {QStringLiteral("Target"), QString::number(source.provenance.target)},
            {QStringLiteral("Sparsity"), QString::number(source.layout.sparsity())},
            {QStringLiteral("Seed"), QString::number(source.provenance.seed)},
            {QStringLiteral("Window"), QString::number(source.windowTokens)},
            {QStringLiteral("Sinks"), QString::number(source.sinkTokens)},
            {QStringLiteral("Created"), QString::fromStdString(source.provenance.created)},
            {QStringLiteral("Software"), QStringLiteral("ConSA Explorer %1").arg(QLatin1String(kVersion))}};
}

/// A plot off the screen with the figure arranged in it.
class OffscreenFigure {
public:
    OffscreenFigure(const HeatmapFigure& figure, const FigureOptions& options) : m_scene(m_plot) {
        HeatmapContent content = figure.content;
        content.selected.reset();
        content.hovered.reset();
        m_scene.setTheme(options.theme);
        m_scene.setCaption(options.hasCaption ? figureCaption(figure) : QString());
        m_scene.setContent(std::move(content));
        m_scene.arrange(options.size);
    }

    QCustomPlot& plot() { return m_plot; }

private:
    QCustomPlot m_plot;
    HeatmapScene m_scene;
};

QByteArray encodePng(const QImage& image) {
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    QImageWriter writer(&buffer, "png");
    if (!writer.write(image)) {
        throw Error("Cannot encode the picture as PNG: " + writer.errorString().toStdString() + ".",
                    ErrorKind::RunFailed);
    }
    return buffer.data();
}

void writeWhole(const QString& path, const QByteArray& bytes) {
    QSaveFile file(path);
    const bool isWritten = file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.commit();
    if (!isWritten) {
        throw Error("Cannot write " + path.toStdString() + ": " + file.errorString().toStdString() +
                        "; choose another folder or free some space.",
                    ErrorKind::RunFailed);
    }
}

}  // namespace

QString figureCaption(const HeatmapFigure& figure) {
    const LayoutFile& source = figure.source;
    const AttentionLayout& layout = figure.content.layout;
    QStringList parts;
    if (!source.modelName.empty()) parts << QString::fromStdString(source.modelName);
    const QString unit = layout.grid.granularity == Granularity::Layer ? tr("layers") : tr("KV heads");
    if (figure.content.isHeld) {
        parts << tr("%1, held layout at step %2").arg(unit).arg(source.provenance.step);
    } else if (figure.content.probability.empty()) {
        parts << tr("%1, layout by rule").arg(unit);
    } else {
        parts << tr("%1 at step %2").arg(unit).arg(source.provenance.step);
        parts << tr("target %1").arg(percent(source.provenance.target));
    }
    parts << tr("sparsity %1 (%2 of %3 full)")
                 .arg(percent(layout.sparsity()))
                 .arg(layout.fullCount())
                 .arg(layout.grid.unitCount());
    if (const auto count = pinCount(figure.content.pins); count > 0) parts << tr("%1 pinned").arg(count);
    if (source.windowTokens > 0)
        parts << tr("window %1").arg(source.windowTokens) << tr("sinks %1").arg(source.sinkTokens);
    parts << tr("seed %1").arg(source.provenance.seed);
    if (!source.provenance.run.empty()) parts << tr("run %1").arg(QString::fromStdString(source.provenance.run));
    parts << QStringLiteral("ConSA Explorer %1").arg(QLatin1String(kVersion));
    return parts.join(QStringLiteral(", ")) + QLatin1Char('.');
}

QImage renderImage(const HeatmapFigure& figure, const FigureOptions& options) {
    OffscreenFigure offscreen(figure, options);
    const double scale = options.dpi / kScreenDpi;
    QImage image = offscreen.plot().toPixmap(options.size.width(), options.size.height(), scale).toImage();
    const int dotsPerMeter = static_cast<int>(std::lround(options.dpi / 0.0254));
    image.setDevicePixelRatio(1);
    image.setDotsPerMeterX(dotsPerMeter);
    image.setDotsPerMeterY(dotsPerMeter);
    for (const auto& [key, value] : provenance(figure)) image.setText(key, value);
    return image;
}

QByteArray renderSvg(const HeatmapFigure& figure, const FigureOptions& options) {
    OffscreenFigure offscreen(figure, options);
    QBuffer buffer;
    buffer.open(QIODevice::WriteOnly);
    QSvgGenerator generator;
    generator.setOutputDevice(&buffer);
    generator.setSize(options.size);
    generator.setViewBox(QRect(QPoint(), options.size));
    generator.setResolution(static_cast<int>(kScreenDpi));
    generator.setTitle(QStringLiteral("ConSA heatmap"));
    generator.setDescription(figureCaption(figure));
    QCPPainter painter;
    painter.begin(&generator);
    painter.setMode(QCPPainter::pmVectorized);
    painter.setMode(QCPPainter::pmNoCaching);
    painter.fillRect(QRect(QPoint(), options.size), options.theme.background);
    offscreen.plot().toPainter(&painter, options.size.width(), options.size.height());
    painter.end();
    // Qt names its own stand-in for a font; other programs know the generic family.
    QByteArray svg = buffer.data();
    return svg.replace("font-family=\"Sans Serif\"", "font-family=\"DejaVu Sans, Verdana, sans-serif\"");
}

QByteArray renderCsv(const HeatmapFigure& figure) {
    QByteArray csv;
    for (const auto& [key, value] : provenance(figure)) csv += "# " + key.toUtf8() + ": " + value.toUtf8() + '\n';
    csv += "layer,unit,probability,full\n";
    const AttentionLayout& layout = figure.content.layout;
    const int unitsPerLayer = layout.grid.unitsPerLayer();
    for (int layer = 0; layer < layout.grid.layerCount; ++layer) {
        for (int unit = 0; unit < unitsPerLayer; ++unit) {
            const auto index = static_cast<std::size_t>(layer * unitsPerLayer + unit);
            csv += QByteArray::number(layer) + ',' + QByteArray::number(unit) + ',';
            if (!figure.content.probability.empty())
                csv += QByteArray::number(figure.content.probability[index], 'g', 9);
            csv += layout.isFull(layer, unit) ? ",1\n" : ",0\n";
        }
    }
    return csv;
}

QByteArray renderTsv(const HeatmapFigure& figure) {
    QByteArray tsv;
    const AttentionLayout& layout = figure.content.layout;
    const bool isMask = figure.content.effectiveView() == HeatmapView::Mask;
    const int unitsPerLayer = layout.grid.unitsPerLayer();
    for (int layer = 0; layer < layout.grid.layerCount; ++layer) {
        for (int unit = 0; unit < unitsPerLayer; ++unit) {
            if (unit > 0) tsv += '\t';
            const auto index = static_cast<std::size_t>(layer * unitsPerLayer + unit);
            tsv += isMask ? QByteArray::number(layout.isFull(layer, unit) ? 1 : 0)
                          : QByteArray::number(figure.content.probability[index], 'g', 9);
        }
        tsv += '\n';
    }
    return tsv;
}

FigureFormat figureFormatFromWord(const QString& word) {
    const QString lower = word.toLower();
    if (lower == QLatin1String("png")) return FigureFormat::Png;
    if (lower == QLatin1String("svg")) return FigureFormat::Svg;
    if (lower == QLatin1String("csv")) return FigureFormat::Csv;
    throw Error("Unknown figure format '" + word.toStdString() + "': png, svg and csv exist.");
}

void saveFigure(const HeatmapFigure& figure, const FigureOptions& options, FigureFormat format, const QString& path) {
    switch (format) {
        case FigureFormat::Png:
            return writeWhole(path, encodePng(renderImage(figure, options)));
        case FigureFormat::Svg:
            return writeWhole(path, renderSvg(figure, options));
        case FigureFormat::Csv:
            return writeWhole(path, renderCsv(figure));
    }
}

}  // namespace consa
