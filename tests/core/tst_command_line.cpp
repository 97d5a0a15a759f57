// consa from outside: what it refuses, with which exit code and words, and what it leaves behind.
#include "core/base/file_io.h"
#include "tests/support/references.h"
#include "tests/support/run_consa.h"

#include <QFile>
#include <QFileInfo>
#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

using consa::test::ConsaRun;
using consa::test::runConsa;

namespace {

const QStringList kEvaluate{"evaluate", "--model", "demo", "--corpus", "demo", "--device", "cpu", "--tokens", "64"};

}  // namespace

class TestCommandLine : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() {
        REQUIRE_CONSA();
        qputenv("CONSA_DATA_DIR", m_data.path().toUtf8());  // where openings of the test text are kept
    }

    void refusesWithExitCode2_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<QByteArray>("words");
        const QStringList rule{"convert", "interleaved:0@0.5", "--model", "demo", "--to", "json", "--out", "x.json"};
        QTest::newRow("window 0") << kEvaluate + QStringList{"--layout", "sliding", "--window", "0"}
                                  << QByteArray("--window");
        QTest::newRow("negative sinks") << kEvaluate + QStringList{"--layout", "sliding", "--sinks", "-1"}
                                        << QByteArray("--sinks");
        QTest::newRow("a rule's negative window") << rule + QStringList{"--window", "-5"} << QByteArray("--window");
        QTest::newRow("a rule without a window") << rule << QByteArray("give --window");
        QTest::newRow("a rule of several layouts")
            << QStringList{"convert", "interleaved@0.5", "--window", "8", "--model", "demo", "--to",
                           "json",    "--out",           "x.json"}
            << QByteArray("interleaved:0@0.5");
        QTest::newRow("context") << kEvaluate + QStringList{"--layout", "full", "--context", "9999999"}
                                 << QByteArray("the model's context");
        QTest::newRow("options beside --resume") << QStringList{"learn", "--resume", "nowhere", "--target", "0.9"}
                                                 << QByteArray("--target can't be changed");
        QTest::newRow("two runs to begin from")
            << QStringList{"learn", "--fork", "nowhere", "--replay", "nowhere", "--at", "3", "--out", "x"}
            << QByteArray("only one of --replay and --fork");
        QTest::newRow("no run") << QStringList{"learn", "--resume", "/"} << QByteArray("/ is no run");
        QTest::newRow("no folder") << QStringList{"learn", "--resume", "nowhere"} << QByteArray("there is no nowhere");
        QTest::newRow("a file for a folder") << QStringList{"learn",
                                                            "--model",
                                                            "demo",
                                                            "--corpus",
                                                            "demo",
                                                            "--out",
                                                            qEnvironmentVariable("CONSA_PROGRAM")}
                                             << QByteArray("is a file; name another folder");
        QTest::newRow("two models") << QStringList{"info", "demo", "--model", "demo"} << QByteArray("model once");
        QTest::newRow("options beside --fork")
            << QStringList{"learn", "--fork", "nowhere", "--at", "3", "--out", "x", "--steps", "9"}
            << QByteArray("--steps can't be changed beside --fork");
        QTest::newRow("a fork from no step")
            << QStringList{"learn", "--fork", "nowhere", "--out", "x"} << QByteArray("--fork needs --at");
        QTest::newRow("a step of no fork")
            << QStringList{"learn", "--at", "3", "--out", "x"} << QByteArray("--at is the step of --fork");
        QTest::newRow("number format") << kEvaluate + QStringList{"--layout", "full", "--dtype", "int4"}
                                       << QByteArray("int4");
        const QStringList learn{"learn", "--model", "demo", "--corpus", "demo", "--out", "x"};
        const auto useless = [&](const char* option, const QStringList& words) {
            QTest::newRow((std::string("without effect: ") + option).c_str())
                << words << QByteArray(option) + " has no effect here";
        };
        useless("--lora-rank", learn + QStringList{"--lora-rank", "4"});
        useless("--weight-lr", learn + QStringList{"--weight-lr", "1e-5"});
        useless("--lora-alpha", learn + QStringList{"--mode", "gates+weights", "--lora-alpha", "4"});
        useless("--ramp", learn + QStringList{"--ramp", "4"});
        useless("--target", learn + QStringList{"--mode", "recover", "--layout", "sliding", "--target", "0.3"});
        useless("--tokens", learn + QStringList{"--split", "none", "--tokens", "64"});
        useless("--sparsity", kEvaluate + QStringList{"--layout", "full", "--sparsity", "0.5"});
        useless("--tokens", rule + QStringList{"--window", "8", "--tokens", "64"});
        QTest::newRow("a held layout of a run that learns one")
            << learn + QStringList{"--layout", "full"} << QByteArray("--layout is what --mode recover holds");
        QTest::newRow("sinks of a whole window of text")
            << learn + QStringList{"--context", "64", "--sinks", "64"} << QByteArray("--sinks 64 must be smaller");
        QTest::newRow("sinks of a whole window evaluated")
            << kEvaluate + QStringList{"--layout", "full", "--context", "64", "--sinks", "64"}
            << QByteArray("--sinks 64 must be smaller");
        QTest::newRow("a rate that is no number") << learn + QStringList{"--lr", "nan"} << QByteArray("--lr nan must");
        QTest::newRow("KV heads in a model folder")
            << QStringList{"convert", "random:1@0.5", "--window", "8", "--model", "demo", "--to", "hf", "--out", "x"}
            << QByteArray("KV heads");
    }

    void refusesWithExitCode2() {
        QFETCH(QStringList, arguments);
        QFETCH(QByteArray, words);
        const ConsaRun run = runConsa(arguments);
        QVERIFY2(run.messages.contains(words) || run.output.contains(words), run.messages.constData());
        QCOMPARE(run.exitCode, 2);
        QVERIFY(!QFileInfo::exists("x.json") && !QFileInfo::exists("x") && !QFileInfo::exists("x.part"));
    }

    void warnsOfALayoutMadeWithAnotherModel() {
        const QTemporaryDir folder;
        const QString file = folder.filePath("half.json");
        const ConsaRun made = runConsa(
            {"convert", "interleaved:0@0.5", "--window", "64", "--model", "demo", "--to", "json", "--out", file});
        QVERIFY2(made.exitCode == 0, made.messages.constData());
        const ConsaRun own = runConsa(kEvaluate + QStringList{"--layout", file});
        QVERIFY2(own.exitCode == 0 && !own.messages.contains("was made with"), own.messages.constData());
        auto json = nlohmann::json::parse(consa::readFile(file.toStdString()));
        json["model"]["name"] = "Elsewhere-1B";
        consa::writeFileAtomically(file.toStdString(), json.dump());
        const ConsaRun other = runConsa(kEvaluate + QStringList{"--layout", file});
        QVERIFY2(other.exitCode == 0 && other.messages.contains("was made with Elsewhere-1B"),
                 other.messages.constData());
    }

    void helpNamesTheDefaults() {
        const ConsaRun learn = runConsa({"learn", "--help"});
        QCOMPARE(learn.exitCode, 0);
        const QByteArray help = learn.output.simplified();
        for (const char* words :
             {"(default 4096; on a CPU 512; the demo 512)", "(default 256; on a CPU 64; the demo 48)",
              "(default 8; on a CPU 1; the demo 3)", "(default 150; on a CPU 200; the demo 150)"})
            QVERIFY2(help.contains(words), words);
        const ConsaRun info = runConsa({"info", "--help"});
        QVERIFY(!info.output.contains("REQUIRED"));
        QCOMPARE(runConsa({"info", "demo"}).output, runConsa({"info", "--model", "demo"}).output);
    }

    void saysHowManyGatesAreUndecided() {
        const QTemporaryDir folder;
        const ConsaRun run =
            runConsa({"learn", "--model", "demo", "--corpus", "generated:3", "--steps", "2", "--context", "64",
                      "--window", "8", "--batch", "1", "--split", "none", "--out", folder.filePath("short")});
        QVERIFY2(run.exitCode == 0, run.messages.constData());
        const QByteArray last = run.output.trimmed().split('\n').back();
        const int undecided = nlohmann::json::parse(last.toStdString())["undecided"].get<int>();
        QVERIFY(undecided > 0);
        QVERIFY2(run.messages.contains(QByteArray::number(undecided) + " of 32 gates are undecided"),
                 run.messages.constData());
    }

    void forksARun() {
        const QTemporaryDir folder;
        const QString run = folder.filePath("run"), fork = folder.filePath("fork"), turned = folder.filePath("turned");
        const ConsaRun first =
            runConsa({"learn", "--model", "demo", "--corpus", "generated:3", "--steps", "30", "--context", "64",
                      "--window", "8", "--batch", "1", "--split", "none", "--out", run});
        QVERIFY2(first.exitCode == 0, first.messages.constData());
        const ConsaRun same = runConsa({"learn", "--fork", run, "--at", "25", "--out", fork, "--split", "none"});
        QVERIFY2(same.exitCode == 0, same.messages.constData());
        QVERIFY(same.output.contains("Forked from run at step 20, the last kept before step 25"));
        const auto gatesOf = [](const QString& path) {
            QFile file(path + "/gates.safetensors");
            return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
        };
        QVERIFY(!gatesOf(run).isEmpty());
        QCOMPARE(gatesOf(fork), gatesOf(run));
        const ConsaRun other = runConsa({"learn", "--fork", run, "--at", "10", "--target", "0.25", "--ramp", "3",
                                         "--pin", "0.1=full", "--out", turned, "--split", "none"});
        QVERIFY2(other.exitCode == 0, other.messages.constData());
        QVERIFY(other.output.contains("Target set to 25 %, reached in 3 steps"));
        QVERIFY(other.output.contains("Pinned: 1 full, 0 sliding"));
    }

    /// Bytes up to 255 under an embedding of 97 rows.
    void namesIdsBeyondTheVocabulary() {
        REQUIRE_REFERENCES("models");
        const QTemporaryDir folder;
        const std::filesystem::path copy = folder.path().toStdString() + "/model";
        std::filesystem::copy(consa::test::referenceFolder("models") / "qwen2", copy);
        std::string config = consa::readFile(copy / "config.json");
        config.replace(config.find('{'), 1, R"({"consa_tokenizer": "bytes",)");
        consa::writeFileAtomically(copy / "config.json", config);
        const ConsaRun run = runConsa({"evaluate", "--model", QString::fromStdString(copy.string()), "--corpus", "demo",
                                       "--layout", "full", "--device", "cpu"});
        QVERIFY2(run.messages.contains("vocabulary has 97 ids"), run.messages.constData());
        QCOMPARE(run.exitCode, 2);
    }

    void evaluatesAWindowBelowTheDefault() {
        const ConsaRun run =
            runConsa(kEvaluate + QStringList{"--layout", "sliding", "--window", "16", "--context", "32"});
        QVERIFY2(run.exitCode == 0, run.messages.constData());
        QVERIFY(run.output.contains("\"window\":16"));
    }

    /// A file's own window and sinks hold for it, so an option that only files could take is named as useless.
    void warnsOfAWindowThatNoLayoutTakes() {
        const QTemporaryDir folder;
        const QString file = folder.filePath("half.json");
        const ConsaRun made = runConsa({"convert", "interleaved:0@0.5", "--window", "24", "--sinks", "2", "--model",
                                        "demo", "--to", "json", "--out", file});
        QVERIFY2(made.exitCode == 0, made.messages.constData());
        const QStringList own = kEvaluate + QStringList{"--context", "64", "--layout", "full", "--layout", file};
        const auto warningOf = [](const QStringList& arguments) {
            const ConsaRun run = runConsa(arguments);
            if (run.exitCode != 0) return run.messages;
            QByteArray warnings;
            for (const QByteArray& line : run.messages.split('\n'))
                if (line.startsWith("Warning: ")) warnings += line;
            return warnings;
        };
        QCOMPARE(warningOf(own), QByteArray());
        QCOMPARE(warningOf(own + QStringList{"--window", "16"}),
                 QByteArray("Warning: --window has no effect here: every --layout that slides brings its own."));
        QCOMPARE(warningOf(own + QStringList{"--window", "16", "--sinks", "1"}),
                 QByteArray("Warning: --window and --sinks have no effect here: every --layout that slides brings "
                            "its own."));
        QCOMPARE(warningOf(own + QStringList{"--window", "16", "--layout", "sliding"}), QByteArray());
        const ConsaRun passkey = runConsa({"passkey", "--model", "demo", "--corpus", "demo", "--device", "cpu",
                                           "--keys", "1", "--context", "256", "--sinks", "1", "--layout", file});
        QVERIFY2(passkey.messages.contains("--sinks has no effect here"), passkey.messages.constData());
    }

    void aRuleTakesTheSinksThatEvaluateTakes() {
        const QTemporaryDir folder;
        const QString file = folder.filePath("rule.json");
        const ConsaRun run = runConsa(
            {"convert", "interleaved:0@0.5", "--window", "16", "--model", "demo", "--to", "json", "--out", file});
        QVERIFY2(run.exitCode == 0, run.messages.constData());
        QFile json(file);
        QVERIFY(json.open(QIODevice::ReadOnly));
        QVERIFY(json.readAll().contains("\"sinkTokens\": 4"));
        const ConsaRun again = runConsa(kEvaluate + QStringList{"--layout", file});
        QVERIFY2(again.exitCode == 0, again.messages.constData());
        QVERIFY(again.output.contains("\"sinks\":4"));
    }

    void evaluateReportsAndCountsTestOpenings() {
        const QStringList test =
            kEvaluate + QStringList{"--context", "64", "--window", "16", "--layout", "full", "--layout", "sliding"};
        const int before = doneOf(runConsa(test))["report"]["testOpenings"].get<int>();
        const auto done = doneOf(runConsa(test + QStringList{"--layout", "interleaved:0@0.5"}));
        const auto& report = done["report"];
        QCOMPARE(report["testOpenings"].get<int>(), before + 1);
        QVERIFY(report["rows"] == done["comparison"] && report["contextTokens"] == 64 && report["split"] == "test");
        QCOMPARE(report["versus"].size(), std::size_t{3});
        QVERIFY(report["selfCheck"].get<double>() < 1e-5);
        QVERIFY(report["rows"][0].contains("recallTokens"));
        const auto dev = doneOf(runConsa(test + QStringList{"--split", "dev"}));
        QVERIFY(dev["report"]["testOpenings"] == 0);
    }

    void testsThePatternOfALayout() {
        const QTemporaryDir folder;
        const QString file = folder.filePath("rule.json");
        const ConsaRun made = runConsa(
            {"convert", "middle-full@0.5", "--window", "16", "--model", "demo", "--to", "json", "--out", file});
        QVERIFY2(made.exitCode == 0, made.messages.constData());
        const ConsaRun run = runConsa({"patterns", file, "--model", "demo", "--draws", "200", "--seed", "4"});
        QVERIFY(run.messages.contains("longest block of all full layers"));
        const auto done = doneOf(run);
        QVERIFY(done["draws"] == 200 && done["seed"] == 4 && done["fullUnits"] == 16);
        QCOMPARE(runConsa({"patterns", file, "--draws", "0"}).exitCode, 2);
        QCOMPARE(runConsa({"patterns", folder.filePath("absent.json")}).exitCode, 2);
    }

    void asksForPassKeys() {
        const QStringList ask{"passkey", "--model", "demo", "--corpus", "demo",   "--device",
                              "cpu",     "--keys",  "1",    "--layout", "sliding"};
        const ConsaRun run = runConsa(ask + QStringList{"--context", "256", "--window", "16"});
        QVERIFY(run.messages.contains("pass key at depth"));
        const auto done = doneOf(run);
        QVERIFY(done["context"] == 256 && done["keys"] == 1);
        QCOMPARE(done["passkey"]["depths"].size(), std::size_t{5});
        for (const auto& depth : done["passkey"]["depths"]) {
            QVERIFY(depth["texts"] == 1 && depth["full"]["nll"].get<double>() > 0);
            QCOMPARE(depth["layouts"].is_null(), depth["full"]["nll"].get<double>() >= 1);
        }
        QCOMPARE(runConsa(ask + QStringList{"--context", "20"}).exitCode, 2);
        QCOMPARE(runConsa(ask + QStringList{"--layout", "sensitivity@0.5"}).exitCode, 2);
    }

private:
    /// The last line of the output; empty, which fails what is asked of it, when the run failed.
    static nlohmann::json doneOf(const ConsaRun& run) {
        if (run.exitCode != 0) qWarning("%s", run.messages.constData());
        return nlohmann::json::parse(run.output.trimmed().split('\n').last().toStdString(), nullptr, false);
    }

    const QTemporaryDir m_data;
};

QTEST_GUILESS_MAIN(TestCommandLine)
#include "tst_command_line.moc"
