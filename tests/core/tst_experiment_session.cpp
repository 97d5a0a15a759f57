// The session on the demo: start, steer, pause, stop, resume, evaluate, fail and destroy, in every order a user finds.
#include "core/base/error.h"
#include "core/session/experiment_session.h"
#include "core/session/run_folder.h"
#include "tests/support/watch_session.h"

#include <QtTest>

#include <chrono>
#include <filesystem>
#include <thread>

using namespace consa;

using test::quickConfig;
using test::Watcher;

class TestExperimentSession : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { qputenv("CONSA_DATA_DIR", m_data.path().toUtf8()); }  // openings of the test text

    void runsToItsEnd() {
        ExperimentSession session;
        Watcher watcher(session);
        session.post(StartCommand{quickConfig(12), ""});
        const SnapshotPointer end = watcher.untilState(SessionState::Finished);
        QVERIFY(end);
        QCOMPARE(end->step, 12);
        QCOMPARE(watcher.points.size(), std::size_t{12});
        for (std::size_t i = 0; i < watcher.points.size(); ++i) QCOMPARE(watcher.points[i].step, static_cast<int>(i));
        QCOMPARE(end->layout.fullCount(), 16);
        QCOMPARE(end->grid.unitCount(), 32);
        QVERIFY(watcher.hasEvent("start") && watcher.hasEvent("done"));
    }

    void sameSeedSameRun() {
        std::vector<std::vector<double>> runs;
        for (int i = 0; i < 2; ++i) {
            ExperimentSession session;
            Watcher watcher(session);
            session.post(StartCommand{quickConfig(6), ""});
            const SnapshotPointer end = watcher.untilState(SessionState::Finished);
            QVERIFY(end);
            runs.push_back(end->logAlpha);
            runs.back().push_back(watcher.points.back().loss);
        }
        QVERIFY(runs[0] == runs[1]);  // bit for bit
    }

    void steersWhileTraining() {
        ExperimentSession session;
        Watcher watcher(session);
        session.post(StartCommand{quickConfig(100000), ""});
        QVERIFY(watcher.until([](const SessionSnapshot& s) { return s.step >= 3; }));
        session.post(RetargetCommand{0.75, 2});
        const SnapshotPointer moved = watcher.until([](const SessionSnapshot& s) { return s.target == 0.75; });
        QVERIFY(moved && moved->targetAppliedStep >= 3);
        QCOMPARE(moved->layout.fullCount(), 8);
        session.post(CutCommand{0.25});
        const SnapshotPointer cut = watcher.until([](const SessionSnapshot& s) { return s.cut.has_value(); });
        QVERIFY(cut);
        QCOMPARE(cut->layout.fullCount(), 24);
        QCOMPARE(cut->target, 0.75);
        session.post(PauseCommand{});
        const SnapshotPointer paused = watcher.untilState(SessionState::Paused);
        QVERIFY(paused);
        std::this_thread::sleep_for(std::chrono::milliseconds(100));
        session.post(CutCommand{});
        QVERIFY(watcher.until([](const SessionSnapshot& s) { return !s.cut; }));
        QCOMPARE(watcher.latest->step, paused->step);
        session.post(ResumeCommand{});
        QVERIFY(watcher.until([&](const SessionSnapshot& s) { return s.step > paused->step; }));
        session.post(FreezeCommand{true});
        const SnapshotPointer frozen = watcher.until([](const SessionSnapshot& s) { return s.isFrozen; });
        QVERIFY(frozen);
        QVERIFY(watcher.until([&](const SessionSnapshot& s) { return s.step > frozen->step + 1; }));
        QVERIFY(watcher.latest->logAlpha == frozen->logAlpha);
        session.post(StopCommand{});
        QVERIFY(watcher.untilState(SessionState::Finished));
        session.post(RetargetCommand{0.5, 2});  // a finished run goes on towards a new target
        QVERIFY(watcher.untilState(SessionState::Training));
    }

    void evaluatesAndCancels() {
        ExperimentSession session;
        Watcher watcher(session);
        TrainingConfig config = quickConfig(3);
        config.contextTokens = 256;
        config.windowTokens = 32;
        session.post(StartCommand{config, ""});
        QVERIFY(watcher.untilState(SessionState::Finished));
        EvaluateCommand command;
        command.maxTokens = 1024;
        session.post(command);
        const SnapshotPointer end = watcher.until([](const SessionSnapshot& s) { return s.comparison.has_value(); });
        QVERIFY(end);
        const Comparison& comparison = *end->comparison;
        QCOMPARE(comparison.rows.front().name, std::string("full"));
        QCOMPARE(comparison.rows.front().deltaNll, 0.0);
        QCOMPARE(comparison.atStep, 3);
        for (const ComparisonRow& row : comparison.rows) {
            QVERIFY(std::abs(row.byPosition.front().deltaNll) < 1e-5);  // below the window nothing is hidden
            QCOMPARE(row.tokens, 1024);
        }
        QVERIFY(comparison.rows.back().deltaNll > 0.05);  // all sliding loses the far facts

        command.maxTokens = 0;
        command.split = "all";
        session.post(command);
        QVERIFY(watcher.untilState(SessionState::Evaluating));
        session.post(CancelEvaluationCommand{});
        QVERIFY(watcher.untilState(SessionState::Finished));
        QVERIFY(watcher.hasEvent("cancel"));
        QVERIFY(toJson(*watcher.latest->comparison) == toJson(comparison));  // no half numbers
    }

    void resumesExactly() {
        const QTemporaryDir folder;
        const std::string whole = folder.filePath("whole").toStdString(),
                          parts = folder.filePath("parts").toStdString();
        std::vector<double> expected;
        {
            ExperimentSession session;
            Watcher watcher(session);
            session.post(StartCommand{quickConfig(14), whole});
            expected = watcher.untilState(SessionState::Finished)->logAlpha;
        }
        {
            ExperimentSession session;
            Watcher watcher(session);
            session.post(StartCommand{quickConfig(14), parts});
            QVERIFY(watcher.until([](const SessionSnapshot& s) { return s.step >= 5; }));
        }  // destroyed while running
        ExperimentSession session;
        Watcher watcher(session);
        session.post(ResumeRunCommand{parts});
        const SnapshotPointer end = watcher.untilState(SessionState::Finished);
        QVERIFY(end);
        QVERIFY(end->logAlpha == expected);
        QCOMPARE(watcher.points.size(), std::size_t{14});  // the curve is whole
        QVERIFY(std::filesystem::exists(std::filesystem::path(parts) / "layout.json"));
    }

    void badInputIsASentence_data() {
        QTest::addColumn<QString>("what");
        QTest::addColumn<QString>("words");
        QTest::newRow("model") << "model"
                               << "no model";
        QTest::newRow("corpus") << "corpus"
                                << "/no/such/text";
        QTest::newRow("window") << "window"
                                << "--window";
        QTest::newRow("context") << "context"
                                 << "--context";
        QTest::newRow("target") << "target"
                                << "--target";
        QTest::newRow("device") << "device"
                                << "cuda:77";
        QTest::newRow("run folder") << "resume"
                                    << "/no/such/run";
    }

    void badInputIsASentence() {
        QFETCH(QString, what);
        QFETCH(QString, words);
        TrainingConfig config = quickConfig(2);
        if (what == "model") config.model = "/no/such/model.gguf";
        if (what == "corpus") config.corpus = {"/no/such/text"};
        if (what == "window") config.windowTokens = 64;
        if (what == "context") config.contextTokens = 100000;
        if (what == "target") config.target = 1.5;
        if (what == "device") config.device = "cuda:77";
        ExperimentSession session;
        Watcher watcher(session);
        if (what == "resume")
            session.post(ResumeRunCommand{"/no/such/run"});
        else
            session.post(StartCommand{config, ""});
        const SnapshotPointer failed = watcher.until([](const SessionSnapshot& s) { return s.messageIsError; });
        QVERIFY(failed);
        QVERIFY2(failed->message.find(words.toStdString()) != std::string::npos, failed->message.c_str());
        QVERIFY(failed->errorKind == ErrorKind::BadInput);
        session.post(StartCommand{quickConfig(2), ""});  // and the session lives on
        QVERIFY(watcher.untilState(SessionState::Finished));
    }

    void destroyedAtAnyMoment() {
        for (const int milliseconds : {0, 1, 5, 30, 120, 400}) {
            ExperimentSession session;
            session.post(StartCommand{quickConfig(100000), ""});
            std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
            session.post(RetargetCommand{0.6, {}});
        }
    }

private:
    const QTemporaryDir m_data;
};

QTEST_GUILESS_MAIN(TestExperimentSession)
#include "tst_experiment_session.moc"
