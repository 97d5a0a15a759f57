// Tests `consa bench tokenize` from outside: what it prints, and that it finds the ids of Hugging Face's package equal.
#include "tests/support/run_consa.h"

#include <QTest>

#include <nlohmann/json.hpp>

using consa::test::ConsaRun;
using consa::test::runConsa;
using nlohmann::json;

class TestBenchTokenize : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void measuresBytes();
    void comparesWithHuggingFace();
    void namesAPythonThatCannotCompare();
};

void TestBenchTokenize::initTestCase() {
    REQUIRE_CONSA();
}

void TestBenchTokenize::measuresBytes() {
    const ConsaRun run = runConsa({"bench", "tokenize", "--model", "demo", "--corpus", "demo", "--repeats", "2"});
    QVERIFY2(run.exitCode == 0, run.messages.constData());
    const json result = json::parse(run.output.toStdString());
    QCOMPARE(result.at("tokens").get<int>(), result.at("bytes").get<int>());  // the demo's tokens are bytes
    QVERIFY(result.at("seconds").get<double>() > 0);
    QVERIFY(result.at("reference").is_null());
    QVERIFY(run.messages.contains("MB/s"));
}

void TestBenchTokenize::comparesWithHuggingFace() {
    const ConsaRun run = runConsa({"bench", "tokenize", "--model", "default", "--corpus", "demo", "--repeats", "1"});
    if (run.messages.contains("model is not installed"))
        QSKIP("the default model is not installed (app/run fetches it)");
    QVERIFY2(run.exitCode == 0, run.messages.constData());
    const json result = json::parse(run.output.toStdString());
    if (result.at("reference").is_null()) QSKIP("the package tokenizers is not installed; tests/run installs it");
    QVERIFY2(result.at("reference").at("equal").get<bool>(), run.output.constData());
    QCOMPARE(result.at("reference").at("tokens").get<int>(), result.at("tokens").get<int>());
    QVERIFY2(result.at("reference").at("ratio").get<double>() > 0, run.output.constData());
}

void TestBenchTokenize::namesAPythonThatCannotCompare() {
    const ConsaRun run = runConsa({"bench", "tokenize", "--model", "default", "--corpus", "demo", "--repeats", "1",
                                   "--reference", "/nonexistent/python"});
    QCOMPARE(run.exitCode, 2);
    QVERIFY(run.output.isEmpty());
    if (run.messages.contains("model is not installed"))
        QSKIP("the default model is not installed (app/run fetches it)");
    QVERIFY2(run.messages.contains("/nonexistent/python") && run.messages.contains("--reference"),
             run.messages.constData());
}

QTEST_GUILESS_MAIN(TestBenchTokenize)
#include "tst_bench_tokenize.moc"
