// Figures of run folders: the steps that were done, and the frontier of several runs.
#include "core/session/run_folder.h"
#include "core/session/run_frontier.h"
#include "tests/support/small_run.h"
#include "ui/export/run_export.h"
#include "ui/export/run_figures.h"

#include <QImage>
#include <QtTest>

using namespace consa;

namespace {

ComparisonRow measured(const char* name, bool isFull, double deltaNll) {
    ComparisonRow row;
    row.name = name;
    row.layout = AttentionLayout({1, 2, Granularity::KvHead}, true);
    row.layout.setFull(0, 0, isFull);
    row.windowTokens = 8;
    row.sinkTokens = 4;
    row.nll = 2 + deltaNll;
    row.deltaNll = deltaNll;
    row.deltaStandardError = 0.125;
    row.tokens = 1000;
    return row;
}

}  // namespace

class TestRunExport : public QObject {
    Q_OBJECT

private slots:
    void init() { m_home = std::make_unique<QTemporaryDir>(); }

    void captionsCountTheStepsThatWereDone() {
        const QString run = makeRun("a", 30);
        const auto figure = curvesOfRun(run);
        QVERIFY2(figure->caption().contains(QStringLiteral("step 30,")), qPrintable(figure->caption()));
        FigureOptions options;
        options.dpi = 96;
        const QImage png = QImage::fromData(render(*figure, options, FigureFormat::Png));
        QCOMPARE(png.text(QStringLiteral("Step")), QStringLiteral("30"));
        QVERIFY(png.text(QStringLiteral("Description")).contains(QStringLiteral("step 30,")));
        QVERIFY(render(*figure, options, FigureFormat::Svg).contains("step 30,"));
        QVERIFY(render(*figure, options, FigureFormat::Pdf).contains(":Step>30<"));
        const QByteArray csv = render(*figure, options, FigureFormat::Csv);
        QVERIFY(csv.contains("# Step: 30\n") && csv.contains("\n29,"));  // the lines themselves count from 0
    }

    void frontierNamesEveryRunAndNoStepOfOne() {
        const QStringList runs{makeRun("a", 30), makeRun("b", 40)};
        const auto figure = frontierOfRunFolders(runs);
        const QString caption = figure->caption();
        for (const char* words : {"m, ", "5 layouts", "runs a, b", "window 8", "sinks 4", "1000 tokens"})
            QVERIFY2(caption.contains(QLatin1String(words)), qPrintable(caption));
        for (const char* words : {"step", "seed", "target"})
            QVERIFY2(!caption.contains(QLatin1String(words)), qPrintable(caption));
        const QByteArray csv = render(*figure, {}, FigureFormat::Csv);
        QVERIFY(csv.contains("# Runs: a, b\n") && !csv.contains("# Step:") && !csv.contains("# Seed:"));
    }

    void frontiersTableIsThatOfTheCommand() {
        const QStringList runs{makeRun("a", 30), makeRun("b", 40)};
        const std::string command = frontierTable(frontierOfRuns({runs[0].toStdString(), runs[1].toStdString()}), ',');
        QByteArray table;
        for (const QByteArray& line : render(*frontierOfRunFolders(runs), {}, FigureFormat::Csv).split('\n'))
            if (!line.isEmpty() && !line.startsWith('#')) table += line + '\n';
        QCOMPARE(table.toStdString(), command);
        QCOMPARE(table.count('\n'), 6);
    }

private:
    QString makeRun(const char* name, int steps) {
        const QString folder = m_home->filePath(QLatin1String(name));
        RunRecord record = smallRun();
        record.config.stepCount = steps;
        record.modelFingerprint = "m1";
        record.corpusFingerprint = "c1";
        RunFolder run = RunFolder::create(folder.toStdString(), record);
        for (int step = 0; step < steps; ++step) run.appendLine(toJsonLine({0, step, 2, 2, 0.5, 0.5, 0.5, 0, 0.1}));
        LayoutFile layout;
        layout.modelName = "m";
        layout.modelArchitecture = "llama";
        layout.layout = AttentionLayout({1, 2, Granularity::KvHead}, true);
        layout.windowTokens = 8;
        run.saveLayout(layout);
        Comparison comparison;
        comparison.rows = {measured("full", true, 0), measured("learned", false, steps / 1000.0),
                           measured((std::string("interleaved:0@0.") + name).c_str(), false, 0.5)};
        run.saveComparison(comparison);
        return folder;
    }

    std::unique_ptr<QTemporaryDir> m_home;
};

QTEST_MAIN(TestRunExport)
#include "tst_run_export.moc"
