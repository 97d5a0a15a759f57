// Tests that a run outlives its disk: full, read-only, taken away, shared with another program.
#include "core/base/file_io.h"
#include "core/session/run_keeper.h"
#include "tests/support/expect_error.h"
#include "tests/support/small_run.h"

#include <QTemporaryDir>
#include <QTest>

#include <sys/resource.h>

#include <csignal>

using namespace consa;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

const UnitGrid kGrid{1, 2, Granularity::KvHead};

TrainerState stateAt(std::int64_t step) {
    TrainerState state;
    state.step = step;
    state.gates = {{0.5, -0.5}, {0, 0}, {0, 0}, step};
    return state;
}

HistoryPoint pointAt(int step) {
    HistoryPoint point;
    point.step = step;
    point.loss = 1.0 / (step + 1);
    return point;
}

std::optional<WeightState> noWeights() {
    return std::nullopt;
}

/// No file of this process may grow past `bytes` while this lives.
class FileLimit {
public:
    explicit FileLimit(std::uintmax_t bytes) {
        std::signal(SIGXFSZ, SIG_IGN);
        ::getrlimit(RLIMIT_FSIZE, &m_before);
        const rlimit limit{static_cast<rlim_t>(bytes), m_before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FileLimit() { ::setrlimit(RLIMIT_FSIZE, &m_before); }
    FileLimit(const FileLimit&) = delete;
    FileLimit& operator=(const FileLimit&) = delete;

private:
    rlimit m_before{};
};

}  // namespace

class TestRunKeeper : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void catchesUpWhenThereIsRoomAgain();
    void keepsTheLastGoodCheckpoint();
    void makesATakenFolderAgain();
    void refusesASecondWriter();
    void keepsWhatWasSteered();
    void savesAtItsPace();
    void takesTornLinesAway();
    void noticesDamagedWeights();

private:
    [[nodiscard]] fs::path path() const { return fs::path(m_folder->path().toStdString()) / "run"; }
    [[nodiscard]] RunKeeper keeper() const {
        RunFolder folder = RunFolder::create(path(), smallRun());
        folder.saveCheckpoint(stateAt(0), kGrid);
        return {std::move(folder), {.steps = 10, .timesItsOwn = 0, .retry = 0s}};
    }
    [[nodiscard]] std::size_t stepsOnDisk() const { return RunFolder::open(path()).readHistory(1000).size(); }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestRunKeeper::catchesUpWhenThereIsRoomAgain() {
    RunKeeper run = keeper();
    run.append(pointAt(0));
    QVERIFY(run.isSaved() && !run.takeNews());
    {
        // Room for the half of a line.
        const FileLimit full(fs::file_size(path() / "events.jsonl") + 40);
        run.append(pointAt(1));
        run.append(pointAt(2));
        QVERIFY(!run.isSaved());
        QVERIFY2(run.problem().find("events.jsonl") != std::string::npos, run.problem().c_str());
        const auto news = run.takeNews();
        QVERIFY(news && news->find("Training goes on") != std::string::npos);
        QVERIFY(!run.takeNews());  // once is enough
        QCOMPARE(stepsOnDisk(), std::size_t{1});
        QVERIFY(readFile(path() / "events.jsonl").ends_with('\n'));
    }
    run.append(pointAt(3));
    QVERIFY(run.isSaved());
    QVERIFY(run.takeNews()->find("saved again") != std::string::npos);
    QCOMPARE(stepsOnDisk(), std::size_t{4});
}

void TestRunKeeper::keepsTheLastGoodCheckpoint() {
    RunKeeper run = keeper();
    run.saveCheckpoint(stateAt(10), kGrid, noWeights);
    {
        const FileLimit full(100);
        run.saveCheckpoint(stateAt(20), kGrid, noWeights);
        QVERIFY(!run.isSaved() && run.takeNews());
        QCOMPARE(RunFolder::open(path()).loadCheckpoint().step, std::int64_t{10});
        QVERIFY(run.isCheckpointDue(21));
    }
    run.append(pointAt(21));  // a line fits, the checkpoint is still to come
    QVERIFY(!run.isSaved() && !run.takeNews());
    run.saveCheckpoint(stateAt(22), kGrid, noWeights);
    QVERIFY(run.isSaved() && run.takeNews() && !run.isCheckpointDue(23));
    QCOMPARE(RunFolder::open(path()).loadCheckpoint().step, std::int64_t{22});
    for (const auto& entry : fs::directory_iterator(path()))  // nothing half written is left
        QVERIFY2(!entry.path().filename().string().starts_with('.'), entry.path().c_str());
}

void TestRunKeeper::makesATakenFolderAgain() {
    RunKeeper run = keeper();
    run.append(pointAt(0));
    fs::remove_all(path());
    run.append(pointAt(1));
    const auto news = run.takeNews();
    QVERIFY(news && news->find("taken away") != std::string::npos);
    QVERIFY(!run.isSaved() && run.isCheckpointDue(2));
    run.saveCheckpoint(stateAt(2), kGrid, noWeights);
    QVERIFY(run.isSaved());
    QCOMPARE(stepsOnDisk(), std::size_t{1});
    QCOMPARE(RunFolder::open(path()).loadCheckpoint().step, std::int64_t{2});
    VERIFY_ERROR(RunFolder::open(path()).lock(), "another program");
}

void TestRunKeeper::refusesASecondWriter() {
    {
        const RunKeeper run = keeper();
        RunFolder second = RunFolder::open(path());
        QCOMPARE(second.loadCheckpoint().step, std::int64_t{0});
        VERIFY_ERROR(second.lock(), "being written by another program");
        VERIFY_ERROR(RunFolder::create(path(), smallRun()), "being written by another program");
    }
    RunFolder::open(path()).lock();
}

void TestRunKeeper::keepsWhatWasSteered() {
    const std::vector<SteeringMove> moves = {{4, SteeredTarget{0.6, 20}}, {5, SteeredPins{{{0, 1, true}}}}};
    RunKeeper run = keeper();
    for (const SteeringMove& move : moves) run.steer(move, {1, static_cast<int>(move.step), "steer", "Said"});
    run.saveCheckpoint(stateAt(5), kGrid, noWeights);
    QVERIFY(RunFolder::open(path()).loadSteering() == moves);
    const std::string lines = readFile(path() / "events.jsonl");
    QVERIFY(lines.find(R"("rampSteps":20)") != std::string::npos && lines.find(R"("0.1=full")") != std::string::npos);
    QCOMPARE(stepsOnDisk(), std::size_t{0});
}

void TestRunKeeper::savesAtItsPace() {
    RunFolder folder = RunFolder::create(path(), smallRun());
    RunKeeper slow(std::move(folder), {.steps = 10, .time = 1000s});
    QVERIFY(!slow.isCheckpointDue(9) && slow.isCheckpointDue(10) && !slow.isCheckpointDue(11));
    RunKeeper timed(RunFolder::open(path()), {.steps = 1000, .time = 0s, .timesItsOwn = 0});
    QVERIFY(timed.isCheckpointDue(1));
}

void TestRunKeeper::takesTornLinesAway() {
    writeFileAtomically(path() / "events.jsonl", toJsonLine(pointAt(0)) + "\n{\"event\":\"st");
    EventLog log(path() / "events.jsonl");
    log.append(toJsonLine(pointAt(1)));
    QCOMPARE(readFile(path() / "events.jsonl"), toJsonLine(pointAt(0)) + "\n" + toJsonLine(pointAt(1)) + "\n");
    writeFileAtomically(path() / "long", std::string(10'000, 'x'));
    EventLog(path() / "long").append("y");
    QCOMPARE(readFile(path() / "long"), std::string("y\n"));
}

void TestRunKeeper::noticesDamagedWeights() {
    RunKeeper run = keeper();
    const WeightState weights{{{"w", {64}, StorageType::F32}},
                              [](const TensorPlan&) { return std::vector<float>(64, 1.5F); }};
    run.saveCheckpoint(stateAt(3), kGrid, [&] { return std::optional(weights); });
    const fs::path file = RunFolder::open(path()).weightsFile();
    std::string bytes = readFile(file);
    bytes.back() = static_cast<char>(bytes.back() ^ 1);
    writeFileAtomically(file, bytes);
    VERIFY_ERROR(RunFolder::open(path()).weightsFile(), "is damaged");
}

QTEST_APPLESS_MAIN(TestRunKeeper)
#include "tst_run_keeper.moc"
