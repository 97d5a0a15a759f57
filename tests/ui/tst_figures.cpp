// Figures of curves and comparisons, PDF, the report, and that no screen or locale changes what is written.
#include "core/base/error.h"
#include "tests/support/sample_figures.h"
#include "tests/support/window_fixture.h"
#include "ui/export/export_dialog.h"
#include "ui/export/figure_actions.h"
#include "ui/export/figure_writer.h"
#include "ui/export/report.h"
#include "ui/export/run_figures.h"
#include "ui/models/gate_grid_model.h"

#include <qcustomplot.h>
#include <QComboBox>
#include <QImageReader>
#include <QJsonDocument>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>
#include <QtTest>

using namespace consa;
using namespace consa::test;

namespace {

QList<QByteArray> dataLines(const QByteArray& table) {
    QList<QByteArray> lines;
    for (const QByteArray& line : table.split('\n'))
        if (!line.isEmpty() && !line.startsWith('#')) lines << line;
    return lines;
}

}  // namespace

class TestFigures : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        QVERIFY(m_fixture.prepare());
        // A comma-decimal locale must not reach any file.
        QLocale::setDefault(QLocale(QLocale::German, QLocale::Germany));
    }
    void cleanup() { m_fixture.close(); }

    void vectorsHoldNoRaster() {
        for (const auto& figure : all()) {
            const QByteArray svg = render(*figure, {}, FigureFormat::Svg);
            QVERIFY2(svg.contains("<svg") && !svg.contains("<image"), qPrintable(figure->name()));
            QXmlStreamReader reader(svg);
            while (!reader.atEnd()) reader.readNext();
            QVERIFY(!reader.hasError());
            const QByteArray pdf = render(*figure, {}, FigureFormat::Pdf);
            QVERIFY(pdf.startsWith("%PDF-"));
            QVERIFY2(!pdf.contains("/Subtype /Image") && !pdf.contains("/Subtype/Image"), qPrintable(figure->name()));
            // What the caption says is in the files themselves, too.
            QVERIFY(svg.contains("<desc>" + figure->caption().toUtf8()));
            QVERIFY2(pdf.contains(">" + figure->caption().toUtf8() + "</rdf:li>"), qPrintable(figure->name()));
            QVERIFY(pdf.contains(":Software>ConSA Explorer"));
        }
    }

    void captionFitsThePicture() {
        for (const auto& figure : all()) {
            FigureOptions options;
            options.dpi = 96;
            const QImage image = QImage::fromData(render(*figure, options, FigureFormat::Png));
            // White all round: nothing is cut off.
            for (int x = 0; x < image.width(); ++x)
                QCOMPARE(image.pixelColor(x, image.height() - 1), QColor(Qt::white));
            for (int y = image.height() - 60; y < image.height(); ++y)
                QCOMPARE(image.pixelColor(image.width() - 4, y), QColor(Qt::white));
            int dark = 0;  // the caption's letters
            for (int y = image.height() - 40; y < image.height(); ++y)
                for (int x = 0; x < image.width(); ++x) dark += image.pixelColor(x, y).lightness() < 160;
            QVERIFY2(dark > 200, qPrintable(figure->name()));
        }
    }

    void pdfPageHasTheFiguresSize() {
        FigureOptions options;
        options.size = QSize(480, 240);
        const QByteArray pdf = render(*curves(), options, FigureFormat::Pdf);
        const auto match = QRegularExpression(QStringLiteral("MediaBox \\[0 0 ([0-9.]+) ([0-9.]+)\\]"))
                               .match(QString::fromLatin1(pdf));
        QVERIFY(match.hasMatch());
        QVERIFY(std::abs(match.captured(1).toDouble() - 360) < 1.5);  // points
        QVERIFY(std::abs(match.captured(2).toDouble() - 180) < 1.5);
    }

    void pngCarriesProvenance() {
        for (const auto& figure : all()) {
            QByteArray png = render(*figure, {}, FigureFormat::Png);
            QBuffer buffer(&png);
            const QImage image = QImageReader(&buffer).read();
            QCOMPARE(image.size(), QSize(2000, 1750));
            QVERIFY(image.text(QStringLiteral("Software")).startsWith(QStringLiteral("ConSA Explorer")));
            if (figure->name() == QLatin1String("heatmap") || figure->name() == QLatin1String("frontier")) continue;
            QCOMPARE(image.text(QStringLiteral("Seed")), QStringLiteral("42"));
            QCOMPARE(image.text(QStringLiteral("Target")), QStringLiteral("0.625"));
            for (const char* fact : {"Tiny", "step 40", "target 62.5 %", "sparsity 50.0 %", "seed 42", "run run-7"})
                QVERIFY2(figure->caption().contains(QLatin1String(fact)), fact);
        }
    }

    void numbersAreWrittenWithPoints() {
        const QList<QByteArray> lines = dataLines(render(*curves(), {}, FigureFormat::Csv));
        QCOMPARE(lines.size(), 41);
        QCOMPARE(lines[0].split(',').front(), QByteArray("step"));
        QCOMPARE(lines[1], QByteArray("1,3.95,4,0.0125,0.5,0.625,0.1,0.2"));
        const QList<QByteArray> tabs = dataLines(render(*curves(), {}, FigureFormat::Tsv));
        QCOMPARE(tabs[1].split('\t').size(), 8);
        const QList<QByteArray> rows = dataLines(comparisonTable(comparison(), ','));
        QCOMPARE(rows.size(), static_cast<qsizetype>(comparison().rows.size()) + 1);
        for (const QByteArray& row : rows) QCOMPARE(row.count(','), rows[0].count(','));
        const QList<QByteArray> change = dataLines(render(*all().front(), {}, FigureFormat::Csv));
        QCOMPARE(change[1], QByteArray("0,0,0.75,1,0.25"));
    }

    void legendsKeepTheirDescenders() {
        const std::unique_ptr<OffscreenPlot> offscreen = all().back()->arrange({});
        (void)plotToImage(offscreen->plot(), {}, {});
        const auto legends = offscreen->plot().findChildren<QCPLegend*>();
        QCOMPARE(legends.size(), 1);
        QVERIFY(legends.front()->itemCount() >= 3);
        for (int index = 0; index < legends.front()->itemCount(); ++index) {
            const QCPAbstractLegendItem* item = legends.front()->item(index);
            const QFontMetricsF metrics(item->font());
            // The text begins at the item's inner top and is clipped at its outer edge.
            QVERIFY(item->rect().top() + metrics.height() + 2 <= item->outerRect().bottom() + 1);
        }
    }

    void whiteFromADarkWindow() {
        applyApplicationStyle(ThemeChoice::Dark);
        for (const auto& figure : all()) {
            QByteArray png = render(*figure, {}, FigureFormat::Png);
            const QImage image = QImage::fromData(png);
            QCOMPARE(image.pixelColor(3, 3), QColor(Qt::white));
            FigureOptions dark;
            dark.theme = PlotTheme::dark();
            const QImage onDark = QImage::fromData(render(*figure, dark, FigureFormat::Png));
            QCOMPARE(onDark.pixelColor(3, 3), dark.theme.background);
        }
        applyApplicationStyle(ThemeChoice::Light);
    }

    void writersLeaveTheRestToAnotherThread() {
        const QTemporaryDir folder;
        const std::shared_ptr<const Figure> figure = all().front();
        for (const FigureFormat format :
             {FigureFormat::Png, FigureFormat::Svg, FigureFormat::Pdf, FigureFormat::Csv, FigureFormat::Tsv}) {
            const QString path = folder.filePath(QStringLiteral("figure.") + formatWord(format));
            FigureWriter writer(figure, {}, format, path);
            QVERIFY(writer.writeNext());  // drawn; the rest is left to another thread
            while (writer.writeNext()) continue;
            QFile file(path);
            QVERIFY(file.open(QIODevice::ReadOnly));
            if (format != FigureFormat::Pdf) QCOMPARE(file.readAll(), render(*figure, {}, format));  // it has a date
        }
    }

    void figuresAreSavedOneAfterAnother() {
        const QTemporaryDir folder;
        QVERIFY(m_fixture.open());
        auto& figures = m_fixture.the<FigureActions>();
        QSignalSpy notes(&figures, &FigureActions::noteOccurred), problems(&figures, &FigureActions::problemOccurred);
        const QString png = folder.filePath(QStringLiteral("a.png")), svg = folder.filePath(QStringLiteral("b.svg"));
        figures.saveFigureInto(curves(), {}, FigureFormat::Png, folder.filePath(QStringLiteral("absent/c.png")));
        figures.saveFigureInto(curves(), {}, FigureFormat::Png, png);
        figures.saveFigureInto(curves(), {}, FigureFormat::Svg, svg);
        QVERIFY(!QFileInfo::exists(png));  // the window goes on first
        QTRY_COMPARE(notes.count(), 2);
        QCOMPARE(problems.count(), 1);
        QCOMPARE(QImageReader(png).size(), QSize(2000, 1750));
        QVERIFY(QFileInfo(svg).size() > 1000);
    }

    void closingSavesFiguresFirst() {
        const QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("figure.png"));
        QVERIFY(m_fixture.open());
        m_fixture.the<FigureActions>().saveFigureInto(curves(), {}, FigureFormat::Png, path);
        QVERIFY(!QFileInfo::exists(path));
        m_fixture.close();
        QCOMPARE(QImageReader(path).read().size(), QSize(2000, 1750));
    }

    void reportHoldsEverything() {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("report"));
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(20));
        QTest::keyClick(m_fixture.window.get(), Qt::Key_E, Qt::ControlModifier);
        QTRY_VERIFY(m_fixture.snapshot().comparison.has_value());
        auto& figures = m_fixture.the<FigureActions>();
        QTRY_COMPARE(figures.otherFigures().size(), std::size_t(3));
        QSignalSpy notes(&figures, &FigureActions::noteOccurred), problems(&figures, &FigureActions::problemOccurred);
        figures.writeReportInto(path);
        QVERIFY(!QFileInfo::exists(path));  // whole or not at all
        figures.writeReportInto(folder.filePath(QStringLiteral("another")));
        QCOMPARE(problems.count(), 1);                       // one at a time
        QTRY_COMPARE_WITH_TIMEOUT(notes.count(), 1, 60000);  // a slow machine draws them too
        for (const char* name : {"index.html", "heatmap.png", "heatmap.svg", "heatmap.pdf", "heatmap.csv", "curves.svg",
                                 "positions.pdf", "frontier.csv", "comparison.csv", "layout.json", "config.json"})
            QVERIFY2(QFileInfo(path + QLatin1Char('/') + QLatin1String(name)).size() > 100, name);
        QFile page(path + QStringLiteral("/index.html"));
        QVERIFY(page.open(QIODevice::ReadOnly));
        const QByteArray html = page.readAll();
        QVERIFY(html.contains("src=\"curves.svg\"") && html.contains("consa learn") && html.contains("learned"));
        QFile json(path + QStringLiteral("/comparison.json"));
        QVERIFY(json.open(QIODevice::ReadOnly));
        QVERIFY(QJsonDocument::fromJson(json.readAll()).isObject());
        QVERIFY(readLayoutFile((path + QStringLiteral("/layout.json")).toStdString()).layout ==
                m_fixture.the<GateGridModel>().layout());
        figures.writeReportInto(path);  // nothing is overwritten
        QCOMPARE(problems.count(), 2);
    }

    void reportCutOffLeavesNothing() {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("report"));
        QVERIFY(m_fixture.open());
        m_fixture.the<FigureActions>().writeReportInto(path);
        QVERIFY(QFileInfo::exists(path + QStringLiteral(".part")));
        m_fixture.close();
        QVERIFY(QDir(folder.path()).isEmpty());
    }

    void dialogOffersEveryFigure() {
        HeatmapFigure heatmap;
        heatmap.content.layout = AttentionLayout({4, 2, Granularity::KvHead}, true);
        heatmap.content.probability.assign(8, 0.75);
        ExportDialog dialog(heatmap, {curves()});
        const auto box = [&dialog](const char* name) -> QComboBox& {
            for (auto* one : dialog.findChildren<QComboBox*>())
                if (one->accessibleName() == QLatin1String(name)) return *one;
            qFatal("no such field");
        };
        QCOMPARE(dialog.figure()->name(), QStringLiteral("heatmap"));
        box("Figure").setCurrentIndex(1);
        QCOMPARE(dialog.figure()->name(), QStringLiteral("curves"));
        QVERIFY(!box("View").isEnabled());
        box("Format").setCurrentText(QStringLiteral("PDF"));
        QCOMPARE(dialog.suffix(), QStringLiteral("pdf"));
        QVERIFY(!box("Resolution").isEnabled());
        QPushButton* save = nullptr;
        for (auto* button : dialog.findChildren<QPushButton*>())
            if (button->text().startsWith(QStringLiteral("Save"))) save = button;
        QVERIFY(save && save->isEnabled());
        for (auto* length : dialog.findChildren<QSpinBox*>()) length->setValue(40);
        QVERIFY(!save->isEnabled());
        bool saysSize = false;
        for (const auto* label : dialog.findChildren<QLabel*>())
            saysSize = saysSize || label->text().startsWith(QStringLiteral("Too small to read: at least "));
        QVERIFY(saysSize);
    }

private:
    WindowFixture m_fixture;
};

QTEST_MAIN(TestFigures)
#include "tst_figures.moc"
