// Tests that states of a run's steps are kept, found, thinned out evenly, and refused when damaged.
#include "core/base/file_io.h"
#include "core/session/run_folder.h"
#include "tests/support/expect_error.h"
#include "tests/support/small_run.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>

using namespace consa;
namespace fs = std::filesystem;

namespace {

const UnitGrid kGrid{1, 2, Granularity::KvHead};

RunCheckpoint stateAt(std::int64_t step) {
    RunCheckpoint checkpoint;
    checkpoint.state.step = step;
    checkpoint.state.gates = {{0.5, -0.25 * static_cast<double>(step)}, {0, 0}, {0, 0}, step};
    checkpoint.state.stepCount = 5000;
    checkpoint.steering = {{0, SteeredTarget{0.5, 3}}};
    return checkpoint;
}

void addSteps(RunFolder& folder, int begin, int end) {
    for (int step = begin; step < end; ++step) {
        HistoryPoint point;
        point.step = step;
        folder.appendLine(toJsonLine(point));
    }
}

}  // namespace

class TestKeptStates : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void findsTheStateAtOrBefore();
    void firstStateOfAStepStays();
    void longRunsThinOutEvenly();
    void changesAddTheirSteps();
    void refusesDamage();
    void dropsAndCopies();
    void aForkHasThePastAlone();
    void remembersItsOrigin();
    void weightsKeepNone();

private:
    [[nodiscard]] fs::path path(const char* name = "run") const {
        return fs::path(m_folder->path().toStdString()) / name;
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestKeptStates::findsTheStateAtOrBefore() {
    const KeptStates states(path());
    QVERIFY(states.steps().empty());
    VERIFY_ERROR(states.at(5), "older version");
    for (const std::int64_t step : {10, 20, 30}) states.keep(stateAt(step), kGrid);
    QVERIFY(states.at(20) == stateAt(20));
    QVERIFY(states.at(29) == stateAt(20));
    QVERIFY(states.at(1000) == stateAt(30));
    VERIFY_ERROR(states.at(9), "the first is of step 10");
}

/// What is changed at a step comes after its state.
void TestKeptStates::firstStateOfAStepStays() {
    const KeptStates states(path());
    states.keep(stateAt(10), kGrid);
    RunCheckpoint changed = stateAt(10);
    changed.state.isFrozen = true;
    states.keep(changed, kGrid);
    QVERIFY(states.at(10) == stateAt(10));
}

void TestKeptStates::longRunsThinOutEvenly() {
    const KeptStates states(path());
    std::size_t most = 0;
    for (std::int64_t step = 0; step <= 5000; ++step) {
        if (!KeptStates::isDue(step)) continue;
        states.keep(stateAt(step), kGrid);
        most = std::max(most, states.steps().size());
    }
    const std::vector<std::int64_t> kept = states.steps();
    QVERIFY2(most <= 216, std::to_string(most).c_str());
    QVERIFY2(kept.size() > 100, std::to_string(kept.size()).c_str());
    QCOMPARE(kept.front(), std::int64_t{0});
    QCOMPARE(kept.back(), std::int64_t{5000});
    // As many in each fifth of the run, but for the latest of a wider pace before.
    for (std::int64_t begin = 0; begin < 5000; begin += 1000) {
        const auto count = std::count_if(kept.begin(), kept.end(), [begin](std::int64_t step) {
            return step >= begin && step < begin + 1000 && step % 40 == 0;
        });
        QCOMPARE(count, std::ptrdiff_t{25});
    }
}

void TestKeptStates::changesAddTheirSteps() {
    const KeptStates states(path());
    for (std::int64_t step = 0; step <= 400; step += 10) {
        states.keep(stateAt(step), kGrid);
        states.keep(stateAt(step + 3), kGrid);
    }
    QCOMPARE(states.at(403).state.step, std::int64_t{403});
    QCOMPARE(states.at(9).state.step, std::int64_t{0});  // older ones between are gone
    QCOMPARE(states.steps().size(), std::size_t{41 + 16});
}

void TestKeptStates::refusesDamage() {
    const KeptStates states(path());
    states.keep(stateAt(10), kGrid);
    const fs::path file = path() / "states" / "000010.safetensors";
    const std::string whole = readFile(file);
    std::string bytes = whole;
    bytes[bytes.size() - 2] = static_cast<char>(bytes[bytes.size() - 2] ^ 1);
    writeFileAtomically(file, bytes);
    VERIFY_ERROR(states.at(10), "damaged");
    writeFileAtomically(path() / "states" / "000020.safetensors", whole);
    VERIFY_ERROR(states.at(25), "named by");
}

void TestKeptStates::dropsAndCopies() {
    const KeptStates states(path());
    for (const std::int64_t step : {0, 10, 20, 30}) states.keep(stateAt(step), kGrid);
    states.copyTo(path("other"), 20);
    QCOMPARE(KeptStates(path("other")).steps(), (std::vector<std::int64_t>{0, 10, 20}));
    QVERIFY(KeptStates(path("other")).at(20) == stateAt(20));
    states.dropAfter(10);
    QCOMPARE(states.steps(), (std::vector<std::int64_t>{0, 10}));
}

void TestKeptStates::aForkHasThePastAlone() {
    RunFolder source = RunFolder::create(path(), smallRun());
    source.appendLine(toJsonLine(SessionEvent{1, 0, "start", "Started"}));
    addSteps(source, 0, 30);
    source.appendLine(toJsonLine(SessionEvent{1, 30, "retarget", "Target set"}));
    source.appendLine(toJsonLine(SessionEvent{1, 20, "rewind", "Back"}));
    addSteps(source, 20, 25);
    RunFolder fork = RunFolder::create(path("fork"), smallRun());
    fork.copyPast(source, 20);
    addSteps(fork, 20, 22);
    const std::vector<HistoryPoint> points = fork.readHistory(1000);
    QCOMPARE(points.size(), std::size_t{22});
    for (std::size_t i = 0; i < points.size(); ++i) QCOMPARE(points[i].step, static_cast<int>(i));
    const std::string lines = readFile(path("fork") / "events.jsonl");
    QVERIFY(lines.find("\"start\"") != std::string::npos);
    QVERIFY(lines.find("retarget") == std::string::npos && lines.find("rewind") == std::string::npos);
}

void TestKeptStates::remembersItsOrigin() {
    RunRecord forked = smallRun();
    forked.forkedFrom = ForkOrigin{"half", 40};
    RunFolder::create(path(), forked);
    QVERIFY(RunFolder::open(path()).record().forkedFrom == (ForkOrigin{"half", 40}));
    RunFolder::create(path("plain"), smallRun());
    QVERIFY(!RunFolder::open(path("plain")).record().forkedFrom);
    QVERIFY(readFile(path("plain") / "config.json").find("forkedFrom") == std::string::npos);
}

void TestKeptStates::weightsKeepNone() {
    const RunFolder run = RunFolder::create(path(), smallRun(LearningMode::Recover));
    VERIFY_ERROR(run.keptStateAt(0), "its weights train");
}

QTEST_GUILESS_MAIN(TestKeptStates)
#include "tst_kept_states.moc"
