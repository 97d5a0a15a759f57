// consa recover from outside: fair runs, going on, exports, and what is refused.
#include "tests/support/run_consa.h"

#include <QDir>
#include <QFile>
#include <QTemporaryDir>
#include <QtTest>

#include <nlohmann/json.hpp>

#include <cmath>

using consa::test::ConsaRun;
using consa::test::runConsa;
using nlohmann::json;

namespace {

/// Moments on the demo.
const QStringList kText{"--model", "demo",    "--corpus",  "generated:3", "--device", "cpu",
                        "--dtype", "float32", "--context", "128",         "--tokens", "1024"};

QStringList recover(const QString& out, int steps, const QStringList& more) {
    return QStringList{"recover",
                       "--batch",
                       "1",
                       "--window",
                       "16",
                       "--weight-lr",
                       "1e-4",
                       "--out",
                       out,
                       "--steps",
                       QString::number(steps)} +
           kText + more;
}

json lastLine(const ConsaRun& run) {
    return json::parse(run.output.trimmed().split('\n').last().toStdString(), nullptr, false);
}

const json& rowOf(const json& comparison, const std::string& name) {
    for (const json& row : comparison)
        if (row["layout"] == name) return row;
    throw std::runtime_error("no row " + name);
}

std::vector<std::string> lossesOf(const QString& folder) {
    std::vector<std::string> result;
    QFile file(folder + "/events.jsonl");
    if (!file.open(QIODevice::ReadOnly)) return result;
    for (const QByteArray& line : file.readAll().split('\n')) {
        const json event = json::parse(line.toStdString(), nullptr, false);
        if (event.is_object() && event["event"] == "step") result.push_back(event["loss"].dump());
    }
    return result;
}

}  // namespace

class TestRecoverCommand : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { REQUIRE_CONSA(); }
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        qputenv("CONSA_DATA_DIR", m_folder->filePath("data").toUtf8());  // where openings of the test text are kept
    }

    void comparesEachWithItsOwnWeights() {
        const QStringList arguments =
            recover(out(), 5,
                    {"--layout", "random:1@0.75", "--layout", "interleaved@0.5", "--other-corpus", "demo", "--export"});
        const ConsaRun run = runConsa(arguments);
        QVERIFY2(run.exitCode == 0, run.messages.constData());
        const json done = lastLine(run);
        const json& rows = done["comparison"];
        QCOMPARE(rows.size(), std::size_t{5});
        QVERIFY(rows[0]["layout"] == "full" && rows[0]["deltaNll"] == 0.0 && rows[4]["layout"] == "full before");
        for (std::size_t i = 0; i < 5; ++i) {
            QVERIFY(rows[i]["weights"] == (i < 4 ? "trained" : "model"));
            QVERIFY(done["otherComparison"][i]["nll"] != rows[i]["nll"]);
        }
        QVERIFY(!rowOf(rows, "interleaved:0@0.5")["gainOverInterleaved"].is_null());
        QVERIFY(std::abs(rows[4]["deltaNll"].get<double>()) > 0);

        const ConsaRun again = runConsa(arguments);
        QVERIFY2(again.exitCode == 0, again.messages.constData());
        QCOMPARE(again.messages.count("finished before"), 4);
        QVERIFY(lastLine(again)["comparison"] == rows);
        exportsHoldTheRecoveredWeights(rows);
    }

    void goesOnWhereItStopped() {
        const QStringList layout{"--layout", "random:1@0.75"};
        QVERIFY(runConsa(recover(out() + "/whole", 8, layout)).exitCode == 0);
        QProcess process;
        process.start(qEnvironmentVariable("CONSA_PROGRAM"), recover(out() + "/parts", 8, layout));
        QVERIFY(process.waitForStarted());
        while (!process.readAllStandardOutput().contains("\"event\":\"step\""))
            QVERIFY(process.waitForReadyRead(60000));
        process.terminate();  // stops after the step, or is too late: either is fine
        QVERIFY(process.waitForFinished(60000));
        const ConsaRun rest = runConsa(recover(out() + "/parts", 8, layout));
        QVERIFY2(rest.exitCode == 0, rest.messages.constData());
        for (const QString& name : {QString("full"), QString("random-1-0.75")}) {
            QCOMPARE(lossesOf(out() + "/parts/" + name).size(), std::size_t{8});
            QVERIFY(lossesOf(out() + "/parts/" + name) == lossesOf(out() + "/whole/" + name));
        }
    }

    void refusesWhatIsUnfair() {
        const auto refuses = [](const QStringList& arguments, const QByteArray& words) {
            const ConsaRun run = runConsa(arguments);
            QVERIFY2(run.messages.contains(words), run.messages.constData());
            QCOMPARE(run.exitCode, 2);
        };
        const QStringList layout{"--layout", "random:1@0.75"};
        QVERIFY(runConsa(recover(out(), 2, layout)).exitCode == 0);
        refuses(recover(out(), 3, layout), "other options");
        refuses(recover(out() + "/new", 1000000, layout), "--allow-repeats");
        refuses(recover(out() + "/new", 2, {"--layout", "sensitivity@0.5"}), "measured first");
        refuses(recover(out() + "/new", 2, {}), "--layout");
        QVERIFY(!QDir(out() + "/new").exists());
    }

private:
    /// transformers would compute what the comparison says; here our own reader does.
    void exportsHoldTheRecoveredWeights(const json& rows) const {
        for (const QString& name : {QString("full"), QString("random-1-0.75")}) {
            const QString model = out() + "/" + name + "/model";
            const ConsaRun run = runConsa(
                QStringList{"evaluate", "--model", model, "--layout", model, "--window", "16", "--split", "dev"} +
                kText.mid(2));
            QVERIFY2(run.exitCode == 0, run.messages.constData());
            const json& expected = rowOf(rows, name == "full" ? "full" : "random:1@0.75");
            QVERIFY(std::abs(lastLine(run)["comparison"][0]["nll"].get<double>() - expected["nll"].get<double>()) <
                    1e-6);
        }
    }

    [[nodiscard]] QString out() const { return m_folder->path(); }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_GUILESS_MAIN(TestRecoverCommand)
#include "tst_recover_command.moc"
