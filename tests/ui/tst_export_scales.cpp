// Figures come out the same whatever the screen's scale, the window's theme, the size of its text and the locale: each
// setting is a process of its own, for a screen's scale holds from a program's start.
#include "tests/support/fake_evaluation.h"
#include "tests/support/test_home.h"
#include "ui/export/figure_export.h"
#include "ui/export/run_figures.h"

#include <QApplication>
#include <QDir>
#include <QFile>
#include <QImage>
#include <QProcess>
#include <QRegularExpression>
#include <QTemporaryDir>
#include <QtTest>

using namespace consa;

namespace {

/// How a window may differ from the next.
struct Look {
    const char* screenScale;
    double textScale;
    ThemeChoice theme;
    const char* locale;
};

std::vector<std::shared_ptr<const Figure>> figures() {
    RunFacts facts;
    facts.model = QStringLiteral("Tiny");
    facts.run = QStringLiteral("run-7");
    facts.step = 40;
    facts.target = 0.625;
    facts.sparsity = 0.5;
    std::vector<HistoryPoint> points;
    for (int step = 1; step <= 1500; ++step)
        points.push_back({1, step, 4 - 0.001 * step, 4, 0.0005 * step, 0.5, 0.625, 0.1, 0.2});
    SessionSnapshot snapshot;
    snapshot.grid = {4, 2, Granularity::KvHead};
    snapshot.comparison = fakeComparison(snapshot, {});
    FrontierRecord record;
    record.setSnapshot(snapshot);
    HeatmapFigure heatmap;
    heatmap.content.layout = AttentionLayout({12, 3, Granularity::KvHead}, true);
    for (int unit = 0; unit < 36; ++unit) heatmap.content.probability.push_back(unit / 36.0);
    heatmap.content.threshold = 0.4;
    heatmap.source.layout = heatmap.content.layout;
    heatmap.source.provenance.created = "2026-01-01T00:00:00Z";
    return {makeFigure(heatmap), curvesFigure(facts, points, {{1, 20, "retarget", "Target set"}}),
            positionsFigure(facts, *snapshot.comparison), frontierFigure(facts.model, record.points())};
}

void writeFigures(const QString& folder) {
    for (const auto& figure : figures())
        for (const FigureFormat format : {FigureFormat::Png, FigureFormat::Svg, FigureFormat::Pdf, FigureFormat::Csv})
            saveFigure(*figure, {}, format,
                       QDir(folder).filePath(figure->name() + QLatin1Char('.') + formatWord(format)));
}

bool writeElsewhere(const Look& look, const QString& folder) {
    QProcess process;
    QProcessEnvironment environment = QProcessEnvironment::systemEnvironment();
    environment.insert(QStringLiteral("QT_SCALE_FACTOR"), QLatin1String(look.screenScale));
    environment.insert(QStringLiteral("LC_ALL"), QLatin1String(look.locale));
    environment.insert(QStringLiteral("LANG"), QLatin1String(look.locale));
    process.setProcessEnvironment(environment);
    process.start(QCoreApplication::applicationFilePath(),
                  {QStringLiteral("--write"), folder, QString::number(look.textScale),
                   look.theme == ThemeChoice::Dark ? QStringLiteral("dark") : QStringLiteral("light")});
    return process.waitForFinished(60000) && process.exitCode() == 0;
}

/// The bytes without the moment of writing.
QByteArray contentOf(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) return {};
    static const QRegularExpression kMoment(
        QStringLiteral("/(CreationDate|ModDate) \\([^)]*\\)|/ID \\[[^]]*\\]|# Created: [^\\n]*|"
                       "[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}[^<\\s]*|uuid:[0-9a-f-]+"));
    QString text = QString::fromLatin1(file.readAll());
    return text.remove(kMoment).toLatin1();
}

}  // namespace

class TestExportScales : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        QVERIFY(writeElsewhere({"1", 1, ThemeChoice::Light, "C.UTF-8"}, m_plain.path()));
        QCOMPARE(QDir(m_plain.path()).entryList(QDir::Files).size(), 16);
    }

    void figuresDoNotDependOnTheWindow_data() {
        QTest::addColumn<QString>("screenScale");
        QTest::addColumn<double>("textScale");
        QTest::addColumn<bool>("isDark");
        QTest::addColumn<QString>("locale");
        QTest::newRow("screen of double density") << "2" << 1.0 << false << "C.UTF-8";
        QTest::newRow("screen between") << "1.5" << 1.0 << false << "C.UTF-8";
        QTest::newRow("larger text") << "1" << 1.5 << false << "C.UTF-8";
        QTest::newRow("dark") << "1" << 1.0 << true << "C.UTF-8";
        QTest::newRow("comma for a point") << "1" << 1.0 << false << "de_DE.UTF-8";
        QTest::newRow("everything") << "2" << 1.25 << true << "de_DE.UTF-8";
    }

    void figuresDoNotDependOnTheWindow() {
        QFETCH(QString, screenScale);
        QFETCH(double, textScale);
        QFETCH(bool, isDark);
        QFETCH(QString, locale);
        const QTemporaryDir folder;
        const QByteArray scale = screenScale.toLatin1(), words = locale.toLatin1();
        QVERIFY(writeElsewhere(
            {scale.constData(), textScale, isDark ? ThemeChoice::Dark : ThemeChoice::Light, words.constData()},
            folder.path()));
        for (const QString& name : QDir(m_plain.path()).entryList(QDir::Files)) {
            const QString here = QDir(m_plain.path()).filePath(name), there = QDir(folder.path()).filePath(name);
            if (name.endsWith(QLatin1String(".png"))) {
                const QImage plain(here), other(there);
                QVERIFY2(!plain.isNull() && plain == other, qPrintable(name));
            } else {
                QVERIFY2(contentOf(here).size() > 200, qPrintable(name));
                QVERIFY2(contentOf(here) == contentOf(there), qPrintable(name));
            }
        }
    }

private:
    QTemporaryDir m_plain;
};

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    const QStringList arguments = QCoreApplication::arguments();
    if (arguments.value(1) != QLatin1String("--write")) {
        TestExportScales test;
        return QTest::qExec(&test, argc, argv);
    }
    applyApplicationStyle(arguments.value(4) == QLatin1String("dark") ? ThemeChoice::Dark : ThemeChoice::Light,
                          arguments.value(3).toDouble());
    writeFigures(arguments.value(2));
    return 0;
}

#include "tst_export_scales.moc"
