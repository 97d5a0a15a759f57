// The same scene as on the screen, off it.
#include "ui/export/figure_export.h"

#include "core/base/version.h"
#include "ui/export/figure_room.h"
#include "ui/models/preset_list_model.h"

#include <qcustomplot.h>
#include <algorithm>
#include <utility>

namespace consa {

namespace {

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
FigureFacts provenance(const HeatmapFigure& figure) {
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
class OffscreenHeatmap final : public OffscreenPlot {
public:
    OffscreenHeatmap(const HeatmapFigure& figure, const FigureOptions& options)
        : OffscreenPlot(options.textScale), m_scene(m_plot) {
        HeatmapContent content = figure.content;
        content.selected.reset();
        content.hovered.reset();
        content.scaleValue.reset();
        m_scene.setTheme(options.theme);
        m_scene.setCaption(options.hasCaption ? figureCaption(figure) : QString());
        m_scene.setContent(std::move(content));
        m_scene.arrange(options.size);
    }

    [[nodiscard]] QCustomPlot& plot() override { return m_plot; }
    [[nodiscard]] bool hasRoom(QSize size) override { return captionHasRoom(m_plot, size) && m_scene.hasRoom(); }

private:
    QCustomPlot m_plot;
    HeatmapScene m_scene;
};

class HeatmapSheet final : public Figure {
public:
    explicit HeatmapSheet(HeatmapFigure figure) : m_figure(std::move(figure)) {}

    [[nodiscard]] QString name() const override { return QStringLiteral("heatmap"); }
    [[nodiscard]] QString title() const override { return tr("Heatmap"); }
    [[nodiscard]] QString caption() const override { return figureCaption(m_figure); }
    [[nodiscard]] FigureFacts facts() const override { return provenance(m_figure); }
    [[nodiscard]] std::unique_ptr<OffscreenPlot> arrange(const FigureOptions& options) const override {
        return std::make_unique<OffscreenHeatmap>(m_figure, options);
    }
    [[nodiscard]] QByteArray table(char separator) const override { return renderCsv(m_figure, separator); }

private:
    HeatmapFigure m_figure;
};

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
    if (figure.content.effectiveView() == HeatmapView::Change)
        parts << tr("change since %1").arg(figure.content.referenceName);
    if (const auto count = pinCount(figure.content.pins); count > 0) parts << tr("%1 pinned").arg(count);
    if (source.windowTokens > 0)
        parts << tr("window %1").arg(source.windowTokens) << tr("sinks %1").arg(source.sinkTokens);
    parts << tr("seed %1").arg(source.provenance.seed);
    if (!source.provenance.run.empty()) parts << tr("run %1").arg(QString::fromStdString(source.provenance.run));
    parts << QStringLiteral("ConSA Explorer %1").arg(QLatin1String(kVersion));
    return parts.join(QStringLiteral(", ")) + QLatin1Char('.');
}

QImage renderImage(const HeatmapFigure& figure, const FigureOptions& options) {
    OffscreenHeatmap offscreen(figure, options);
    return plotToImage(offscreen.plot(), options, provenance(figure));
}

QByteArray renderSvg(const HeatmapFigure& figure, const FigureOptions& options) {
    OffscreenHeatmap offscreen(figure, options);
    return plotToSvg(offscreen.plot(), options, QStringLiteral("ConSA heatmap"), figureCaption(figure));
}

QByteArray renderCsv(const HeatmapFigure& figure, char separator) {
    const AttentionLayout& layout = figure.content.layout;
    const bool hasChange = figure.content.effectiveView() == HeatmapView::Change;
    QByteArrayList header{"layer", "unit", "probability", "full"};
    if (hasChange) header << "change";
    QByteArray csv = commentLines(provenance(figure)) + header.join(separator) + '\n';
    const int unitsPerLayer = layout.grid.unitsPerLayer();
    for (int layer = 0; layer < layout.grid.layerCount; ++layer) {
        for (int unit = 0; unit < unitsPerLayer; ++unit) {
            const auto index = static_cast<std::size_t>(layer * unitsPerLayer + unit);
            QByteArrayList cells{QByteArray::number(layer), QByteArray::number(unit)};
            cells << (figure.content.probability.empty()
                          ? QByteArray()
                          : QByteArray::number(figure.content.probability[index], 'g', 9));
            cells << (layout.isFull(layer, unit) ? "1" : "0");
            if (hasChange) cells << QByteArray::number(figure.content.changeOf(index), 'g', 9);
            csv += cells.join(separator) + '\n';
        }
    }
    return csv;
}

QByteArray renderTsv(const HeatmapFigure& figure) {
    QByteArray tsv;
    const AttentionLayout& layout = figure.content.layout;
    const HeatmapView view = figure.content.effectiveView();
    const int unitsPerLayer = layout.grid.unitsPerLayer();
    for (int layer = 0; layer < layout.grid.layerCount; ++layer) {
        for (int unit = 0; unit < unitsPerLayer; ++unit) {
            if (unit > 0) tsv += '\t';
            const auto index = static_cast<std::size_t>(layer * unitsPerLayer + unit);
            tsv += view == HeatmapView::Mask     ? QByteArray::number(layout.isFull(layer, unit) ? 1 : 0)
                   : view == HeatmapView::Change ? QByteArray::number(figure.content.changeOf(index), 'g', 9)
                                                 : QByteArray::number(figure.content.probability[index], 'g', 9);
        }
        tsv += '\n';
    }
    return tsv;
}

std::shared_ptr<const Figure> makeFigure(HeatmapFigure figure) {
    return std::make_shared<HeatmapSheet>(std::move(figure));
}

void saveFigure(const HeatmapFigure& figure, const FigureOptions& options, FigureFormat format, const QString& path) {
    saveFigure(HeatmapSheet(figure), options, format, path);
}

}  // namespace consa
