// Tests that a run goes on from an earlier step, in a folder of its own or in place, as it did the first time.
#include "core/base/file_io.h"
#include "core/session/experiment_session.h"
#include "core/session/run_folder.h"
#include "tests/support/watch_session.h"

#include <QTemporaryDir>
#include <QtTest>

using namespace consa;

using test::quickConfig;
using test::Watcher;

class TestFork : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase();
    void aForkEndsAsTheRun();
    void aForkTakesThePinsAndTargetGiven();
    void aForkIsRepeatedFromItsStart();
    void forksTheRunThatGoesOn();
    void refusesWhatCannotBeForked();
    void goesBackBeforeARetarget();
    void aRunThatWentBackIsRepeated();
    void anEndedRunGoesBackAndPauses();
    void weightsKeepNoStates();

private:
    [[nodiscard]] std::string path(const char* name) const { return m_folder.filePath(name).toStdString(); }
    [[nodiscard]] static RunFolder open(const std::string& folder) { return RunFolder::open(folder); }
    /// Everything that a step of the one and of the other left behind.
    static void compare(const std::string& folder, const std::string& other);
    static void pass(Watcher& watcher, int steps);
    /// Does the run again and compares.
    void repeat(const std::string& folder, const char* name);
    static void steerAndUndo(ExperimentSession& session, Watcher& watcher);

    QTemporaryDir m_folder;
};

/// The run that is forked: steered on its way, to its end.
void TestFork::initTestCase() {
    ExperimentSession session;
    Watcher watcher(session);
    session.post(StartCommand{quickConfig(150), path("run")});
    QVERIFY(watcher.until([](const SessionSnapshot& s) { return s.step >= 14; }));
    session.post(RetargetCommand{0.75, 4});
    QVERIFY(watcher.untilState(SessionState::Finished));
    QVERIFY(watcher.latest->step >= 150);
    const std::vector<std::int64_t> kept = open(path("run")).states().steps();
    for (std::int64_t step = 0; step <= 150; step += 10) QVERIFY(std::binary_search(kept.begin(), kept.end(), step));
    QCOMPARE(kept.back(), open(path("run")).loadCheckpoint().step);
    QVERIFY(std::filesystem::file_size(path("run") + "/states/000010.safetensors") < 20000);
}

void TestFork::pass(Watcher& watcher, int steps) {
    const int from = watcher.latest ? watcher.latest->step : 0;
    QVERIFY(watcher.until([&](const SessionSnapshot& s) { return s.step >= from + steps; }));
}

void TestFork::compare(const std::string& folder, const std::string& other) {
    const RunFolder run = open(folder), again = open(other);
    QVERIFY(again.loadCheckpoint() == run.loadCheckpoint());
    QVERIFY(again.loadSteering() == run.loadSteering());
    const std::int64_t end = run.loadCheckpoint().step;
    const auto points = run.readHistory(end), repeated = again.readHistory(end);
    QCOMPARE(repeated.size(), static_cast<std::size_t>(end));
    QCOMPARE(points.size(), repeated.size());
    for (std::size_t i = 0; i < points.size(); ++i) {
        QCOMPARE(repeated[i].step, points[i].step);
        QCOMPARE(repeated[i].loss, points[i].loss);
        QCOMPARE(repeated[i].target, points[i].target);
        QCOMPARE(repeated[i].multiplier, points[i].multiplier);
    }
}

void TestFork::aForkEndsAsTheRun() {
    // After the retarget, which the kept state remembers; 27 is not kept, 20 is.
    ExperimentSession session;
    Watcher watcher(session);
    session.post(ForkRunCommand{path("run"), 27, path("same")});
    QVERIFY(watcher.untilState(SessionState::Finished));
    compare(path("run"), path("same"));
    QVERIFY(open(path("same")).record().forkedFrom == (ForkOrigin{"run", 20}));
    QVERIFY(readLayoutFile(path("same") + "/layout.json").layout ==
            readLayoutFile(path("run") + "/layout.json").layout);
    const std::string lines = readFile(path("same") + "/events.jsonl");
    QVERIFY(lines.find("Forked from run at step 20, the last kept before step 27") != std::string::npos);
    QVERIFY(lines.find("\"retarget\"") != std::string::npos);
    QCOMPARE(watcher.points.size(), static_cast<std::size_t>(watcher.latest->step));  // the past ones too
    QCOMPARE(open(path("same")).states().steps().front(), std::int64_t{0});           // can be forked in turn
}

void TestFork::aForkTakesThePinsAndTargetGiven() {
    ExperimentSession session;
    Watcher watcher(session);
    session.post(ForkRunCommand{path("run"), 10, path("other"), 0.25, 2, std::vector<Pin>{{0, 1, true}}});
    QVERIFY(watcher.untilState(SessionState::Finished));
    const std::vector<SteeringMove> expected = {{10, SteeredTarget{0.25, 2}}, {10, SteeredPins{{{0, 1, true}}}}};
    QVERIFY(open(path("other")).loadSteering() == expected);
    QVERIFY(std::abs(watcher.latest->layout.sparsity() - 0.25) < 0.07);
    QVERIFY(open(path("other")).loadCheckpoint().gates.logAlpha != open(path("run")).loadCheckpoint().gates.logAlpha);
    // What the two share is the same.
    const auto points = open(path("other")).readHistory(10), shared = open(path("run")).readHistory(10);
    QCOMPARE(points.size(), std::size_t{10});
    for (std::size_t i = 0; i < points.size(); ++i) QCOMPARE(points[i].loss, shared[i].loss);
}

void TestFork::repeat(const std::string& folder, const char* name) {
    const RunFolder run = open(folder);
    const Replay replay{run.loadSteering(), run.loadCheckpoint().step, run.record().modelFingerprint,
                        run.record().corpusFingerprint};
    ExperimentSession session;
    Watcher watcher(session);
    session.post(StartCommand{run.record().config, path(name), {}, true, replay});
    QVERIFY(watcher.untilState(SessionState::Finished));
    compare(folder, path(name));
}

void TestFork::aForkIsRepeatedFromItsStart() {
    repeat(path("other"), "other_again");
}

void TestFork::forksTheRunThatGoesOn() {
    ExperimentSession session;
    Watcher watcher(session);
    session.post(StartCommand{quickConfig(100000), path("long")});
    pass(watcher, 13);
    session.post(PauseCommand{});
    QVERIFY(watcher.untilState(SessionState::Paused));
    const int now = watcher.latest->step;
    session.post(ForkRunCommand{path("long"), now, path("branch")});
    QVERIFY(watcher.until([&](const SessionSnapshot& s) {
        return s.runFolder == path("branch") && s.state == SessionState::Training && s.step > now;
    }));
    QVERIFY(open(path("branch")).record().forkedFrom == (ForkOrigin{"long", now}));
    QCOMPARE(open(path("long")).loadCheckpoint().step, static_cast<std::int64_t>(now));
}

void TestFork::refusesWhatCannotBeForked() {
    const auto refusal = [&](const ForkRunCommand& command) {
        ExperimentSession session;
        Watcher watcher(session);
        session.post(command);
        if (!watcher.until([](const SessionSnapshot& s) { return s.messageIsError; })) return std::string();
        return watcher.latest->message;
    };
    const auto says = [&](const ForkRunCommand& command, const char* words) {
        const std::string sentence = refusal(command);
        QVERIFY2(sentence.find(words) != std::string::npos, sentence.c_str());
        QVERIFY(!std::filesystem::exists(path("refused")));
    };
    says({path("run"), 5000, path("refused")}, "has no step 5000");
    says({path("run"), 10, path("refused"), 1.5}, "outside 0..1");
    says({path("run"), 10, path("refused"), {}, {}, std::vector<Pin>{{99, 0, true}}}, "99.0");
    says({path("none"), 10, path("refused")}, "none");
    const std::string there = refusal({path("run"), 10, path("same")});
    QVERIFY2(there.find("holds a run already") != std::string::npos, there.c_str());
}

void TestFork::steerAndUndo(ExperimentSession& session, Watcher& watcher) {
    pass(watcher, 12);
    session.post(PinCommand{{{0, 1, true}}});
    pass(watcher, 5);
    session.post(HoldCommand{true});
    pass(watcher, 2);
    session.post(PauseCommand{});
    QVERIFY(watcher.untilState(SessionState::Paused));
    const SessionSnapshot before = *watcher.latest;
    session.post(RetargetCommand{0.9, 200});
    session.post(ResumeCommand{});
    QVERIFY(watcher.until([&](const SessionSnapshot& s) { return s.target == 0.9 && s.step > before.step + 25; }));
    QVERIFY(watcher.latest->logAlpha != before.logAlpha);
    QVERIFY(watcher.latest->stepCount > before.stepCount);
    session.post(PauseCommand{});
    QVERIFY(watcher.untilState(SessionState::Paused));
    session.post(RewindCommand{watcher.latest->targetAppliedStep});
    QVERIFY(watcher.until([&](const SessionSnapshot& s) { return s.target != 0.9; }));
    QCOMPARE(watcher.latest->step, before.step);
    QCOMPARE(watcher.latest->rewindCount, 1);
    QVERIFY(watcher.latest->logAlpha == before.logAlpha);
    QVERIFY(watcher.latest->pins == before.pins);
    QCOMPARE(watcher.latest->target, before.target);
    QCOMPARE(watcher.latest->multiplier, before.multiplier);
    QCOMPARE(watcher.latest->stepCount, before.stepCount);
    QVERIFY(watcher.latest->areMultipliersHeld);
    QVERIFY(watcher.latest->state == SessionState::Paused);
}

void TestFork::goesBackBeforeARetarget() {
    ExperimentSession session;
    Watcher watcher(session);
    session.post(StartCommand{quickConfig(100), path("undone")});
    steerAndUndo(session, watcher);
    const int back = watcher.latest->step;
    QVERIFY(watcher.hasEvent("rewind"));
    QCOMPARE(watcher.points.back().step, back - 1);  // told again, so that what followed it goes
    const std::string lines = readFile(path("undone") + "/events.jsonl");
    QVERIFY(lines.find("\"rewind\"") != std::string::npos && lines.find("\"fromStep\"") != std::string::npos);
    QVERIFY(lines.find("\"retarget\"") != std::string::npos);  // what was undone stays told
    QCOMPARE(open(path("undone")).states().steps().back(), static_cast<std::int64_t>(back));
    QCOMPARE(open(path("undone")).loadSteering().size(), std::size_t{2});
    session.post(ResumeCommand{});
    QVERIFY(watcher.untilState(SessionState::Finished));
    QCOMPARE(watcher.latest->step, 100);
}

/// The steps that were taken back are not repeated, and leave no trace.
void TestFork::aRunThatWentBackIsRepeated() {
    repeat(path("undone"), "undone_again");
}

void TestFork::anEndedRunGoesBackAndPauses() {
    ExperimentSession session;
    Watcher watcher(session);
    session.post(RewindCommand{3});
    QVERIFY(watcher.until([](const SessionSnapshot& s) { return s.messageIsError; }));
    session.post(StartCommand{quickConfig(25), path("ended")});
    QVERIFY(watcher.until([](const SessionSnapshot& s) { return s.state == SessionState::Finished; }));
    session.post(RewindCommand{15});
    QVERIFY(watcher.untilState(SessionState::Paused));
    QCOMPARE(watcher.latest->step, 10);
    QCOMPARE(open(path("ended")).loadCheckpoint().step, std::int64_t{10});
}

void TestFork::weightsKeepNoStates() {
    TrainingConfig config = quickConfig(12);
    config.mode = LearningMode::GatesAndWeights;
    ExperimentSession session;
    Watcher watcher(session);
    session.post(StartCommand{config, path("weights")});
    QVERIFY(watcher.untilState(SessionState::Finished));
    QVERIFY(open(path("weights")).states().steps().empty());
    const auto told = std::find_if(watcher.events.begin(), watcher.events.end(), [](const SessionEvent& event) {
        return event.text.find("No states are kept") != std::string::npos;
    });
    QVERIFY(told != watcher.events.end());
    session.post(RewindCommand{5});
    QVERIFY(watcher.until([](const SessionSnapshot& s) { return s.messageIsError; }));
    QVERIFY(watcher.latest->message.find("its weights train") != std::string::npos);
}

QTEST_GUILESS_MAIN(TestFork)
#include "tst_fork.moc"
