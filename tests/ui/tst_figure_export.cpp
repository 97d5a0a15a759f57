// Exported figures: size, resolution, provenance, vector content, values; nothing half-written.
#include "core/base/error.h"
#include "ui/export/figure_export.h"
#include "ui/export/run_export.h"
#include "ui/style/application_style.h"
#include "ui/style/color_scale.h"

#include <QImageReader>
#include <QtTest>
#include <filesystem>

using namespace consa;

namespace {

HeatmapFigure figureOf(int layers, int heads) {
    HeatmapFigure figure;
    const UnitGrid grid{layers, heads, Granularity::KvHead};
    for (int unit = 0; unit < grid.unitCount(); ++unit) {
        figure.content.probability.push_back(unit / static_cast<double>(grid.unitCount()));
    }
    figure.content.layout = layoutFromScores(grid, figure.content.probability, grid.unitCount() / 2);
    figure.source.modelName = "SmolLM2-135M";
    figure.source.modelArchitecture = "llama";
    figure.source.layout = figure.content.layout;
    figure.source.probabilities = figure.content.probability;
    figure.source.windowTokens = 256;
    figure.source.sinkTokens = 4;
    figure.source.provenance = {"run-7", 150, 42, 0.5, "0.1.0", "2026-01-01T00:00:00Z"};
    return figure;
}

}  // namespace

class TestFigureExport : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { applyApplicationStyle(ThemeChoice::Dark); }

    void pngHasSizeResolutionAndProvenance() {
        const QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("heat.png"));
        FigureOptions options;
        options.size = QSize(480, 400);
        options.dpi = 300;
        saveFigure(figureOf(30, 3), options, FigureFormat::Png, path);
        const QImage image = QImageReader(path).read();
        QCOMPARE(image.size(), QSize(1500, 1250));
        QCOMPARE(qRound(image.dotsPerMeterX() * 0.0254), 300);
        QCOMPARE(image.pixelColor(2, 2), QColor(Qt::white));  // whatever the window's theme
        for (const QString& fact :
             {QStringLiteral("SmolLM2-135M"), QStringLiteral("step 150"), QStringLiteral("target 50.0 %"),
              QStringLiteral("sparsity 50.0 %"), QStringLiteral("seed 42"), QStringLiteral("ConSA Explorer")}) {
            QVERIFY2(image.text(QStringLiteral("Description")).contains(fact), qPrintable(fact));
        }
        QCOMPARE(image.text(QStringLiteral("Step")), QStringLiteral("150"));
        QCOMPARE(image.text(QStringLiteral("Seed")), QStringLiteral("42"));
    }

    void pngShowsTheCells() {
        FigureOptions options;
        options.dpi = 96;
        options.hasCaption = false;
        const QImage image = renderImage(figureOf(8, 4), options);
        const std::vector<double> values = figureOf(8, 4).content.probability;
        int found = 0;
        for (double value : values) {
            const QRgb wanted = cividis(value).rgb();
            int pixels = 0;
            for (int y = 0; y < image.height(); y += 4) {
                for (int x = 0; x < image.width(); x += 4) pixels += image.pixel(x, y) == wanted;
            }
            found += pixels > 20;
        }
        QCOMPARE(found, 32);
    }

    void svgIsVectorThroughout() {
        for (HeatmapView view : {HeatmapView::Probability, HeatmapView::Mask}) {
            HeatmapFigure figure = figureOf(8, 4);
            figure.content.view = view;
            const QByteArray svg = renderSvg(figure, {});
            QVERIFY(svg.contains("<svg"));
            QVERIFY(!svg.contains("<image"));
            QVERIFY(svg.contains("KV head"));
            QVERIFY(svg.contains(view == HeatmapView::Mask ? "sliding" : "P(full attention)"));
            QVERIFY(svg.contains("step 150"));
            QXmlStreamReader reader(svg);
            while (!reader.atEnd()) reader.readNext();
            QVERIFY2(!reader.hasError(), qPrintable(reader.errorString()));
        }
    }

    void csvHasTheValues() {
        const QByteArray csv = renderCsv(figureOf(8, 4));
        QList<QByteArray> lines;
        for (const QByteArray& line : csv.split('\n')) {
            if (!line.isEmpty() && !line.startsWith('#')) lines << line;
        }
        QCOMPARE(lines.size(), 33);
        QCOMPARE(lines[0], QByteArray("layer,unit,probability,full"));
        QCOMPARE(lines[1], QByteArray("0,0,0,0"));
        QCOMPARE(lines[18], QByteArray("4,1,0.53125,1"));
        const QList<QByteArray> rows = renderTsv(figureOf(8, 4)).trimmed().split('\n');
        QCOMPARE(rows.size(), 8);
        QCOMPARE(rows[1].split('\t')[2].toDouble(), 6 / 32.0);
    }

    void layoutsByRuleHaveNoProbabilities() {
        HeatmapFigure figure = figureOf(8, 4);
        figure.content.probability.clear();
        QVERIFY(renderCsv(figure).contains("7,3,,1\n"));
        QVERIFY(figureCaption(figure).contains(QStringLiteral("by rule")));
        QVERIFY(!renderSvg(figure, {}).contains("<image"));
    }

    void failedWritingLeavesTheOldFile() {
        const QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("missing/heat.svg"));
        QVERIFY_EXCEPTION_THROWN(saveFigure(figureOf(8, 4), {}, FigureFormat::Svg, path), Error);
        QVERIFY(!QFileInfo::exists(path));
    }

    void runFolderGivesItsHeatmap() {
        const QTemporaryDir folder;
        writeLayoutFile(std::filesystem::path(folder.path().toStdString()) / "layout.json", figureOf(8, 4).source);
        const HeatmapFigure figure = heatmapOfRun(folder.path());
        QCOMPARE(figure.content.probability.size(), std::size_t(32));
        QCOMPARE(figure.source.provenance.step, 150);
        QVERIFY_EXCEPTION_THROWN(static_cast<void>(heatmapOfRun(folder.filePath(QStringLiteral("none")))), Error);
    }

    void formatsAreNamed() {
        QCOMPARE(figureFormatFromWord(QStringLiteral("SVG")), FigureFormat::Svg);
        QVERIFY_EXCEPTION_THROWN(static_cast<void>(figureFormatFromWord(QStringLiteral("bmp"))), Error);
    }
};

QTEST_MAIN(TestFigureExport)
#include "tst_figure_export.moc"
