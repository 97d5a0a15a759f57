// An engine that fails in mid-step: a device that is lost, memory that runs out; for a while, or for good.
#include "core/kernels/device_error.h"
#include "core/session/compute_failure.h"
#include "core/session/experiment_session.h"
#include "core/session/run_folder.h"
#include "core/training/step_memory.h"
#include "tests/support/failing_operator.h"
#include "tests/support/watch_session.h"

#include <QtTest>

using namespace consa;

using test::quickConfig;
using test::Watcher;

namespace {

constexpr int kSteps = 12;
constexpr const char* kLost =
    "CUDA error: unspecified launch failure\nCUDA kernel errors might be asynchronously reported at some other API "
    "call, so the stacktrace below might be incorrect.\n";

[[noreturn]] void loseDevice() {
    constexpr int kLaunchFailure = 719;
    throw c10::AcceleratorError({__func__, __FILE__, __LINE__}, kLaunchFailure, kLost);
}

[[noreturn]] void failInLibrary() {
    throw kernels::DeviceError("cuBLASLt: a product: unspecified launch failure");
}

[[noreturn]] void exhaustMemory() {
    throw c10::OutOfMemoryError({__func__, __FILE__, __LINE__}, "CUDA out of memory. Tried to allocate 2.00 GiB.");
}

[[noreturn]] void exhaustHostMemory() {
    throw c10::Error({__func__, __FILE__, __LINE__},
                     "[enforce fail at alloc_cpu.cpp:118] err == 0. DefaultCPUAllocator: can't allocate memory: you "
                     "tried to allocate 34359738368 bytes. Error code 12 (Cannot allocate memory)");
}

/// From the product with this number on, until clearFault().
void failFrom(int product, void (*fault)()) {
    test::insteadOfProducts() = [last = test::productCount() + product, fault] {
        if (test::productCount() >= last) fault();
    };
}

TrainingConfig configOf(LearningMode mode) {
    TrainingConfig config = quickConfig(kSteps);
    config.mode = mode;
    config.batchSize = 2;
    return config;
}

}  // namespace

class TestEngineFaults : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void initTestCase() { qputenv("CONSA_DATA_DIR", m_data.path().toUtf8()); }
    void cleanup() { test::insteadOfProducts() = nullptr; }

    void lostDeviceLeavesTheRunWhole_data() {
        QTest::addColumn<int>("mode");
        QTest::addColumn<int>("step");
        QTest::addColumn<int>("share");  // of a step's products that are done, in percent
        QTest::addColumn<bool>("isLibrarys");
        const auto add = [](LearningMode mode, int step, int share, bool isLibrarys = false) {
            QTest::addRow("%s, %d %% of step %d, %s", toString(mode).c_str(), share, step,
                          isLibrarys ? "a library's" : "LibTorch's")
                << static_cast<int>(mode) << step << share << isLibrarys;
        };
        for (const LearningMode mode : {LearningMode::Gates, LearningMode::GatesAndWeights})
            for (const int share : {3, 50, 97}) add(mode, 4, share);
        add(LearningMode::Gates, 0, 50);
        add(LearningMode::Gates, 4, 50, true);
    }

    void lostDeviceLeavesTheRunWhole() {
        QFETCH(int, mode);
        QFETCH(int, step);
        QFETCH(int, share);
        QFETCH(bool, isLibrarys);
        const TrainingConfig config = configOf(static_cast<LearningMode>(mode));
        const Reference whole = undisturbed(config);
        const std::string run = newFolder();
        {
            ExperimentSession session;
            Watcher watcher(session);
            failFrom(whole.productsAStep * step + whole.productsAStep * share / 100 + 1,
                     isLibrarys ? failInLibrary : loseDevice);
            session.post(StartCommand{config, run});
            const SnapshotPointer failed = watcher.untilState(SessionState::Failed);
            QVERIFY(failed);
            QVERIFY(failed->messageIsError && failed->errorKind == ErrorKind::RunFailed);
            QVERIFY2(failed->message.find("unspecified launch failure. What was learned is kept") != std::string::npos,
                     failed->message.c_str());
            QVERIFY(failed->message.find('\n') == std::string::npos);
            const int done = failed->step;  // steps have not all as many products
            QVERIFY(std::abs(done - step) <= 1);
            QCOMPARE(watcher.points.size(), static_cast<std::size_t>(done));
            const RunFolder kept = RunFolder::open(run);
            QCOMPARE(kept.readHistory(1000).size(), static_cast<std::size_t>(done));
            // Where weights move, those of the checkpoint before are kept: a hundred steps apart.
            QCOMPARE(kept.loadCheckpoint().step, std::int64_t{mode == int(LearningMode::Gates) ? done : 0});
            // A device that stays lost is said again, and ends nothing else.
            session.post(StartCommand{config, ""});
            QVERIFY(watcher.until([&](const SessionSnapshot& s) {
                return s.run > failed->run && s.state == SessionState::Failed && s.messageIsError;
            }));
            test::insteadOfProducts() = nullptr;  // while the session rests
            session.post(StartCommand{config, ""});
            QVERIFY(watcher.untilState(SessionState::Finished));
            QVERIFY(watcher.latest->logAlpha == whole.logAlpha);
        }
        QCOMPARE(resumed(run), whole.logAlpha);
    }

    void exhaustedMemoryPauses_data() {
        QTest::addColumn<int>("mode");
        QTest::addColumn<bool>("isHosts");
        for (const LearningMode mode : {LearningMode::Gates, LearningMode::GatesAndWeights}) {
            QTest::addRow("%s, device", toString(mode).c_str()) << static_cast<int>(mode) << false;
            QTest::addRow("%s, host", toString(mode).c_str()) << static_cast<int>(mode) << true;
        }
    }

    void exhaustedMemoryPauses() {
        QFETCH(int, mode);
        QFETCH(bool, isHosts);
        TrainingConfig config = configOf(static_cast<LearningMode>(mode));
        config.batchSize = 1;  // one window at a time from the start: the same sums
        const Reference whole = undisturbed(config);
        const std::string run = newFolder();
        ExperimentSession session;
        Watcher watcher(session);
        failFrom(whole.productsAStep * 5 + whole.productsAStep / 2, isHosts ? exhaustHostMemory : exhaustMemory);
        session.post(StartCommand{config, run});
        const SnapshotPointer paused = watcher.untilState(SessionState::Paused);
        QVERIFY(paused);
        QVERIFY(paused->messageIsError && paused->errorKind == ErrorKind::RunFailed);
        for (const char* words : {"does not hold one window of 64 tokens at step 5", "paused", "free"})
            QVERIFY2(paused->message.find(words) != std::string::npos, paused->message.c_str());
        // 32 tokens, half of the context, are no multiple of 64: nothing that fits is worth naming.
        QVERIFY2(paused->message.find("take a smaller model") != std::string::npos, paused->message.c_str());
        QCOMPARE(paused->step, 5);
        QCOMPARE(RunFolder::open(run).loadCheckpoint().step, std::int64_t{5});
        session.post(ResumeCommand{});  // nothing was freed
        QVERIFY(watcher.until([&](const SessionSnapshot&) { return errorsIn(watcher) == 2; }));
        QVERIFY(watcher.untilState(SessionState::Paused));
        QCOMPARE(watcher.latest->step, 5);
        test::insteadOfProducts() = nullptr;
        session.post(ResumeCommand{});
        QVERIFY(watcher.untilState(SessionState::Finished));
        QVERIFY(watcher.latest->logAlpha == whole.logAlpha);  // as if nothing had been
        const TrainerState kept = RunFolder::open(run).loadCheckpoint();
        QCOMPARE(kept.step, std::int64_t{kSteps});
        QCOMPARE(kept.gates.logAlpha, whole.logAlpha);
    }

    void batchIsTakenInPartsBeforeThat() {
        ExperimentSession session;
        Watcher watcher(session);
        const TrainingConfig config = configOf(LearningMode::Gates);
        const Reference whole = undisturbed(config);
        test::insteadOfProducts() = [last = test::productCount() + whole.productsAStep * 3] {
            if (test::productCount() == last) exhaustMemory();  // once
        };
        session.post(StartCommand{config, ""});
        QVERIFY(watcher.untilState(SessionState::Finished));
        QCOMPARE(watcher.points.size(), std::size_t{kSteps});
        for (std::size_t unit = 0; unit < whole.logAlpha.size(); ++unit)
            QVERIFY(std::abs(watcher.latest->logAlpha[unit] - whole.logAlpha[unit]) < 0.02);  // other sums of floats
    }

    void evaluationThatFailsLeavesTheRun() {
        ExperimentSession session;
        Watcher watcher(session);
        session.post(StartCommand{configOf(LearningMode::Gates), ""});
        QVERIFY(watcher.untilState(SessionState::Finished));
        failFrom(1, loseDevice);
        EvaluateCommand command;
        command.maxTokens = 1024;
        session.post(command);
        QVERIFY(watcher.until([](const SessionSnapshot& s) { return s.messageIsError; }));
        QVERIFY(watcher.latest->state == SessionState::Finished);
        // The curve of cuts is asked for once, not at every idle moment.
        session.post(CutCurveCommand{true});
        QTest::qWait(300);
        watcher.until([](const SessionSnapshot&) { return true; });
        QCOMPARE(errorsIn(watcher), std::ptrdiff_t{2});
    }

    void contextThatFitsIsRounded() {
        QCOMPARE(contextThatFits(1'000'000, 1000, 4096, 256), 960);
        QCOMPARE(contextThatFits(1'000'000'000, 1000, 4096, 256), 2048);  // the whole did not fit, whatever is free
        QCOMPARE(contextThatFits(200'000, 1000, 4096, 256), 0);
        QCOMPARE(contextThatFits(0, 1000, 4096, 256), 0);
    }

private:
    static std::ptrdiff_t errorsIn(const Watcher& watcher) {
        return std::count_if(watcher.events.begin(), watcher.events.end(),
                             [](const SessionEvent& event) { return event.kind == "error"; });
    }

    struct Reference {
        std::vector<double> logAlpha;
        int productsAStep = 0;
    };

    static Reference undisturbed(const TrainingConfig& config) {
        const int before = test::productCount();
        ExperimentSession session;
        Watcher watcher(session);
        session.post(StartCommand{config, ""});
        const SnapshotPointer end = watcher.untilState(SessionState::Finished);
        if (!end) qFatal("the undisturbed run does not end");
        return {end->logAlpha, (test::productCount() - before) / kSteps};
    }

    static std::vector<double> resumed(const std::string& run) {
        ExperimentSession session;
        Watcher watcher(session);
        session.post(ResumeRunCommand{run});
        const SnapshotPointer end = watcher.untilState(SessionState::Finished);
        return end ? end->logAlpha : std::vector<double>();
    }

    std::string newFolder() { return m_data.filePath(QString::number(++m_folders)).toStdString(); }

    const QTemporaryDir m_data;
    int m_folders = 0;
};

QTEST_GUILESS_MAIN(TestEngineFaults)
#include "tst_engine_faults.moc"
