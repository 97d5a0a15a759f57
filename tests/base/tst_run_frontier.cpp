// Comparisons of several runs as one frontier.
#include "core/base/file_io.h"
#include "core/session/run_folder.h"
#include "core/session/run_frontier.h"
#include "tests/support/expect_error.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace consa;

namespace {

ComparisonRow row(const char* name, int fullCount, double deltaNll, std::int64_t tokens = 1000) {
    ComparisonRow made;
    made.name = name;
    made.layout = AttentionLayout({2, 4, Granularity::KvHead}, false);
    for (int unit = 0; unit < fullCount; ++unit) made.layout.setFull(unit / 4, unit % 4, true);
    made.windowTokens = 64;
    made.sinkTokens = 4;
    made.nll = 2 + deltaNll;
    made.deltaNll = deltaNll;
    made.deltaStandardError = 0.125;
    made.tokens = tokens;
    return made;
}

}  // namespace

class TestRunFrontier : public QObject {
    Q_OBJECT

private slots:
    void init() { m_home = std::make_unique<QTemporaryDir>(); }

    void joinsRunsOfOneStudy() {
        makeRun("a", {row("full", 8, 0), row("interleaved:1@0.5", 4, 0.25), row("learned", 4, 0.0625)});
        makeRun("b", {row("full", 8, 0), row("interleaved:1@0.25", 6, 0.125), row("learned", 6, 0.03125)});
        const std::vector<FrontierRow> rows = frontierOfRuns({folder("a"), folder("b")});
        QCOMPARE(rows.size(), std::size_t{5});  // all full stands once
        QCOMPARE(rows[0].series, std::string("full"));
        QCOMPARE(rows[1].layout, std::string("interleaved:1@0.25"));
        QCOMPARE(rows[1].sparsity, 0.25);
        QCOMPARE(rows[3].series, std::string("learned"));
        QCOMPARE(rows[3].run, std::string("b"));
        QCOMPARE(rows[4].run, std::string("a"));
        QCOMPARE(rows[4].deltaNll, 0.0625);
        const std::string table = frontierTable(rows, ',');
        QVERIFY(table.starts_with("run,kind,layout,fullUnits,units,sparsity,window,sinks,nll,deltaNll,standardError,"));
        QVERIFY(table.ends_with("a,learned,learned,4,8,0.5,64,4,2.0625,0.0625,0.125,1000\n"));
        QCOMPARE(std::count(table.begin(), table.end(), '\n'), std::ptrdiff_t{6});
    }

    void namesAreTakenOutOfTheSeparatorsWay() {
        makeRun("a", {row("mine, too", 4, 0.5)});
        const std::string table = frontierTable(frontierOfRuns({folder("a")}), ',');
        QVERIFY(table.find("a,mine  too,mine  too,4,") != std::string::npos);
    }

    void refusesWhatDoesNotBelongTogether() {
        makeRun("a", {row("full", 8, 0)});
        makeRun("other model", {row("full", 8, 0)}, "m2");
        makeRun("other texts", {row("full", 8, 0)}, "m1", "c2");
        makeRun("fewer", {row("full", 8, 0, 500)});
        makeRun("none", {});
        VERIFY_ERROR((void)frontierOfRuns({folder("a"), folder("other model")}), "another model");
        VERIFY_ERROR((void)frontierOfRuns({folder("a"), folder("other texts")}), "other texts");
        VERIFY_ERROR((void)frontierOfRuns({folder("a"), folder("fewer")}), "500 tokens");
        VERIFY_ERROR((void)frontierOfRuns({folder("none")}), "no comparison");
        VERIFY_ERROR((void)frontierOfRuns({folder("missing")}), "missing");
        writeFileAtomically(folder("none") / "comparison.json", "[{\"layout\": 3}]");
        VERIFY_ERROR((void)frontierOfRuns({folder("none")}), "comparison.json");
    }

private:
    [[nodiscard]] std::filesystem::path folder(const char* name) const {
        return std::filesystem::path(m_home->path().toStdString()) / name;
    }
    void makeRun(const char* name, std::vector<ComparisonRow> rows, const char* model = "m1",
                 const char* corpus = "c1") const {
        RunRecord record;
        record.model.name = "m";
        record.model.architecture = "llama";
        record.model.layerCount = 2;
        record.model.queryHeadCount = record.model.kvHeadCount = 4;
        record.model.headDim = record.model.hiddenSize = record.model.feedForwardSize = 8;
        record.model.vocabularySize = record.model.contextTokens = 128;
        record.modelFingerprint = model;
        record.corpusFingerprint = corpus;
        RunFolder run = RunFolder::create(folder(name), record);
        Comparison comparison;
        comparison.rows = std::move(rows);
        if (!comparison.rows.empty()) run.saveComparison(comparison);
    }

    std::unique_ptr<QTemporaryDir> m_home;
};

QTEST_APPLESS_MAIN(TestRunFrontier)
#include "tst_run_frontier.moc"
