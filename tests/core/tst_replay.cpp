// Tests that a run steered by hand can be repeated: every change at its step, the same gates at the end, bit for bit.
#include "core/session/experiment_session.h"
#include "core/session/run_folder.h"
#include "tests/support/watch_session.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace consa;

using test::quickConfig;
using test::Watcher;

class TestReplay : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void repeatsWhatWasSteered();
    void repeatsWhatWasResumed();
    void refusesOtherTexts();

private:
    [[nodiscard]] std::string path(const char* name) const { return m_folder.filePath(name).toStdString(); }
    /// Moves the target, pins, freezes and holds while the run trains; it does not come to its end.
    static void steer(ExperimentSession& session, Watcher& watcher);
    [[nodiscard]] static Replay replayOf(const std::string& folder);
    /// Repeats the run of `folder` and compares.
    void compareWith(const std::string& folder, const char* name);

    QTemporaryDir m_folder;
};

void TestReplay::steer(ExperimentSession& session, Watcher& watcher) {
    const auto pass = [&](int steps) {
        const int from = watcher.latest ? watcher.latest->step : 0;
        QVERIFY(watcher.until([&](const SessionSnapshot& s) { return s.step >= from + steps; }));
    };
    pass(3);
    session.post(RetargetCommand{0.75, 4});
    pass(2);
    session.post(PinCommand{{{0, 1, true}, {2, Pin::kWholeLayer, false}}});
    pass(3);
    session.post(RetargetCommand{0.375, 2});
    session.post(FreezeCommand{true});
    pass(2);
    session.post(FreezeCommand{false});
    pass(2);
    session.post(PinCommand{{{1, 0, false}}});
    pass(2);
    session.post(HoldCommand{true});
    pass(3);
    session.post(HoldCommand{false});
    pass(2);
}

Replay TestReplay::replayOf(const std::string& folder) {
    const RunFolder run = RunFolder::open(folder);
    return {run.loadSteering(), run.loadCheckpoint().step, run.record().modelFingerprint,
            run.record().corpusFingerprint};
}

void TestReplay::compareWith(const std::string& folder, const char* name) {
    const RunFolder run = RunFolder::open(folder);
    const Replay replay = replayOf(folder);
    QCOMPARE(replay.steering.size(), std::size_t{8});
    ExperimentSession session;
    Watcher watcher(session);
    session.post(StartCommand{run.record().config, path(name), {}, true, replay});
    QVERIFY(watcher.untilState(SessionState::Finished));
    QCOMPARE(watcher.latest->step, static_cast<int>(replay.endStep));
    const RunFolder repeated = RunFolder::open(path(name));
    QVERIFY(repeated.loadCheckpoint() == run.loadCheckpoint());
    QVERIFY(repeated.loadSteering() == run.loadSteering());
    QVERIFY(readLayoutFile(path(name) + "/layout.json").layout == readLayoutFile(folder + "/layout.json").layout);
    const auto points = run.readHistory(replay.endStep), again = repeated.readHistory(replay.endStep);
    QCOMPARE(again.size(), points.size());
    for (std::size_t i = 0; i < points.size(); ++i) {
        QCOMPARE(again[i].loss, points[i].loss);
        QCOMPARE(again[i].target, points[i].target);
    }
}

void TestReplay::repeatsWhatWasSteered() {
    {
        ExperimentSession session;
        Watcher watcher(session);
        session.post(StartCommand{quickConfig(100000), path("steered")});
        steer(session, watcher);
        session.post(StopCommand{});
        QVERIFY(watcher.untilState(SessionState::Finished));
    }
    compareWith(path("steered"), "steered_again");
    // Without the changes it ends elsewhere: they are what makes it the same.
    const RunFolder run = RunFolder::open(path("steered"));
    Replay nothing = replayOf(path("steered"));
    nothing.steering.clear();
    ExperimentSession session;
    Watcher watcher(session);
    session.post(StartCommand{run.record().config, path("unsteered"), {}, true, nothing});
    QVERIFY(watcher.untilState(SessionState::Finished));
    QVERIFY(RunFolder::open(path("unsteered")).loadCheckpoint().gates.logAlpha != run.loadCheckpoint().gates.logAlpha);
}

/// The session ends in the middle, as a window that is closed; another goes on.
void TestReplay::repeatsWhatWasResumed() {
    {
        ExperimentSession session;
        Watcher watcher(session);
        session.post(StartCommand{quickConfig(100000), path("parts")});
        steer(session, watcher);
    }
    {
        ExperimentSession session;
        Watcher watcher(session);
        session.post(ResumeRunCommand{path("parts")});
        const std::int64_t before = RunFolder::open(path("parts")).loadCheckpoint().step;
        QVERIFY(watcher.until([&](const SessionSnapshot& s) { return s.step >= before + 3; }));
        session.post(StopCommand{});
        QVERIFY(watcher.untilState(SessionState::Finished));
    }
    compareWith(path("parts"), "parts_again");
}

void TestReplay::refusesOtherTexts() {
    Replay replay = replayOf(path("steered"));
    replay.corpusFingerprint = "other";
    ExperimentSession session;
    Watcher watcher(session);
    session.post(StartCommand{quickConfig(100), path("other"), {}, true, replay});
    QVERIFY(watcher.until([](const SessionSnapshot& s) { return s.messageIsError; }));
    QVERIFY(watcher.latest->message.find("other texts") != std::string::npos);
    QVERIFY(!std::filesystem::exists(path("other")));
}

QTEST_GUILESS_MAIN(TestReplay)
#include "tst_replay.moc"
