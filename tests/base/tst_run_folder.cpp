// Run folders: what is saved comes back exactly, and bad folders are refused with a sentence.
#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/base/folder_lock.h"
#include "core/checkpoint/safetensors_file.h"
#include "core/session/run_folder.h"
#include "tests/support/expect_error.h"

#include <QtTest>

#include <barrier>
#include <chrono>
#include <fstream>
#include <set>
#include <thread>

using namespace consa;

namespace {

RunRecord record() {
    RunRecord r;
    r.config.model = "demo";
    r.config.target = 0.625;
    r.model.name = "m";
    r.model.architecture = "llama";
    r.model.layerCount = 2;
    r.model.queryHeadCount = 4;
    r.model.kvHeadCount = 2;
    r.model.headDim = 8;
    r.model.hiddenSize = 32;
    r.model.feedForwardSize = 64;
    r.model.vocabularySize = 256;
    r.model.contextTokens = 128;
    r.modelFingerprint = "0123456789abcdef";
    r.corpusOrigin = "texts 1.0";
    r.corpusFingerprint = "fedcba9876543210";
    r.device = "CPU";
    r.dataType = "float32";
    r.torchVersion = "2";
    return r;
}

const UnitGrid kGrid{2, 2, Granularity::KvHead};

TrainerState state() {
    GateBank bank(kGrid, {.seed = 4});
    bank.update(std::vector<double>{0.1, -0.2, 1.0 / 3, 4}, 0.17);
    return {17, bank.state(), {-0.123456789012345678}, {0.1, 0.7, 12, 20}, true, {}, {}};
}

}  // namespace

class TestRunFolder : public QObject {
    Q_OBJECT

private slots:
    void init() { m_folder = std::make_unique<QTemporaryDir>(); }

    void comesBackExactly() {
        RunFolder folder = RunFolder::create(path(), record());
        folder.saveCheckpoint(state(), kGrid);
        const RunFolder again = RunFolder::open(path());
        QVERIFY(again.loadCheckpoint() == state());
        QVERIFY(again.record().config == record().config);
        QVERIFY(again.record().model == record().model);
        QCOMPARE(again.record().corpusFingerprint, record().corpusFingerprint);
    }

    void historyKeepsWhatWasCheckpointed() {
        RunFolder folder = RunFolder::create(path(), record());
        for (int step = 0; step < 5; ++step) {
            HistoryPoint point;
            point.step = step;
            point.loss = 1.0 / (step + 3);
            folder.appendLine(toJsonLine(point));
        }
        folder.appendLine(toJsonLine(SessionEvent{1, 4, "retarget", "Target set"}));
        {
            std::ofstream(path() / "events.jsonl", std::ios::app) << R"({"event":"step","step":)";
        }  // cut off by a crash
        const std::vector<HistoryPoint> points = folder.readHistory(3);
        QCOMPARE(points.size(), std::size_t{3});
        QCOMPARE(points[2].step, 2);
        QCOMPARE(points[2].loss, 1.0 / 5);
    }

    void secondRunIsRefused() {
        (void)RunFolder::create(path(), record());
        VERIFY_ERROR(RunFolder::create(path(), record()), "holds a run already");
    }

    /// Asking whether a folder is locked refuses nobody, however often it is done.
    void askingForTheLockLetsWritersIn() {
        const std::filesystem::path folder = m_folder->path().toStdString();
        QVERIFY(!isFolderLocked(folder));
        {
            const FolderLock writer(folder);
            QVERIFY(isFolderLocked(folder));
            VERIFY_ERROR(FolderLock(folder), "written by another program");
        }
        QVERIFY(!isFolderLocked(folder) && !isFolderLocked(folder / "absent"));
        std::jthread reader([&folder](const std::stop_token& stop) {
            while (!stop.stop_requested()) {
                (void)isFolderLocked(folder);
                std::this_thread::sleep_for(std::chrono::milliseconds(1));
            }
        });
        for (int time = 0; time < 50; ++time) const FolderLock writer(folder);
    }

    void runsThatBeginTogetherGetFoldersOfTheirOwn() {
        constexpr int kPrograms = 8;
        const std::filesystem::path taken = path() / "run";
        (void)RunFolder::create(taken, record());
        std::barrier start(kPrograms);
        std::vector<std::string> names(kPrograms);
        {
            std::vector<std::jthread> programs;
            for (int one = 0; one < kPrograms; ++one)
                programs.emplace_back([&, one] {
                    start.arrive_and_wait();
                    const RunFolder folder = RunFolder::createNumbered(taken, record());
                    names[static_cast<std::size_t>(one)] = folder.path().string();
                });
        }
        std::set<std::string> wanted;
        for (int number = 2; number < 2 + kPrograms; ++number)
            wanted.insert(taken.string() + "-" + std::to_string(number));
        QVERIFY(std::set<std::string>(names.begin(), names.end()) == wanted);
        for (const std::string& name : names) QCOMPARE(RunFolder::open(name).record().config.target, 0.625);
    }

    void aNewFolderIsMadeOnce() {
        QVERIFY(makeNewFolder(path() / "new"));
        QVERIFY(!makeNewFolder(path() / "new"));
        VERIFY_ERROR((void)makeNewFolder(path() / "none" / "new"), "cannot make the folder");
    }

    void badFoldersAreNamed() {
        VERIFY_ERROR(RunFolder::open(path() / "none"), "there is no ");
        std::filesystem::create_directories(path() / "notes");
        VERIFY_ERROR(RunFolder::open(path() / "notes"), "is no run");
        writeFileAtomically(path() / "taken", "");
        VERIFY_ERROR(RunFolder::create(path() / "taken", record()), "is a file; name another folder");
        writeFileAtomically(path() / "config.json", R"({"model_type":"llama"})");
        VERIFY_ERROR(RunFolder::open(path()), "not a run's config");
        writeFileAtomically(path() / "config.json", "{");
        VERIFY_ERROR(RunFolder::open(path()), "config.json");
    }

    void truncatedCheckpointIsRefused() {
        RunFolder folder = RunFolder::create(path(), record());
        folder.saveCheckpoint(state(), kGrid);
        const std::string bytes = readFile(path() / "gates.safetensors");
        for (std::size_t length = 0; length < bytes.size(); length += 7) {
            writeFileAtomically(path() / "gates.safetensors", bytes.substr(0, length));
            VERIFY_ERROR(folder.loadCheckpoint(), "gates.safetensors");
        }
    }

    void historyPassesOverWhatIsNoStep() {
        RunFolder folder = RunFolder::create(path(), record());
        for (const char* line :
             {R"({"event":7})", R"({"event":"step","step":"3"})", R"({"event":"step","step":-1})",
              R"({"event":"step","step":1e300})", "[]", "\xff", R"({"event":"step","step":2,"step":3})",
              R"({"event":"step","step":4,"loss":null,"seconds":"long"})"})
            folder.appendLine(line);
        const std::vector<HistoryPoint> points = folder.readHistory(1000);
        QCOMPARE(points.size(), std::size_t{1});
        QCOMPARE(points.front().step, 4);
        QCOMPARE(points.front().loss, 0.0);
    }

    /// Steps that were taken again after a crash stand in the file twice.
    void historyTakesTheLaterOfTwo() {
        RunFolder folder = RunFolder::create(path(), record());
        for (const int step : {0, 1, 2, 3, 2, 3, 4}) {
            HistoryPoint point;
            point.step = step;
            folder.appendLine(toJsonLine(point));
        }
        const std::vector<HistoryPoint> points = folder.readHistory(4);
        QCOMPARE(points.size(), std::size_t{4});
        for (int step = 0; step < 4; ++step) QCOMPARE(points[static_cast<std::size_t>(step)].step, step);
    }

    void weightsBelongToTheirStep() {
        RunFolder folder = RunFolder::create(path(), record());
        TrainerState at = state();
        folder.saveCheckpoint(at, kGrid);
        QVERIFY(folder.weightsFile().empty());
        folder.saveCheckpoint(at, kGrid, weights(1.5F));
        QCOMPARE(folder.weightsFile().filename().string(), std::string("weights-000017.safetensors"));
        QCOMPARE(firstWeight(), 1.5F);
        folder.saveCheckpoint(at, kGrid, weights(7.0F));  // the same step again: what is there is not written over
        QCOMPARE(firstWeight(), 1.5F);
        at.step = 18;
        folder.saveCheckpoint(at, kGrid, weights(2.5F));
        QCOMPARE(firstWeight(), 2.5F);
        QVERIFY(!std::filesystem::exists(path() / "weights-000017.safetensors"));
        QVERIFY(folder.loadCheckpoint() == at);
        std::filesystem::remove(folder.weightsFile());
        VERIFY_ERROR(folder.weightsFile(), "weights-000018.safetensors is missing");
    }

    /// A crash after the new weights and before the gates that name them.
    void aCrashBetweenTheFilesLeavesTheOlder() {
        RunFolder folder = RunFolder::create(path(), record());
        TrainerState at = state();
        folder.saveCheckpoint(at, kGrid, weights(1.5F));
        const std::string gates = readFile(path() / "gates.safetensors");
        const std::string older = readFile(folder.weightsFile());
        at.step = 18;
        folder.saveCheckpoint(at, kGrid, weights(2.5F));
        writeFileAtomically(path() / "gates.safetensors", gates);
        writeFileAtomically(path() / "weights-000017.safetensors", older);
        RunFolder again = RunFolder::open(path());
        QCOMPARE(again.loadCheckpoint().step, std::int64_t{17});
        QCOMPARE(firstWeight(), 1.5F);
        WeightState broken = weights(3.5F);
        broken.values = [](const TensorPlan&) -> std::vector<float> { throw Error("no more room"); };
        VERIFY_ERROR(again.saveCheckpoint(at, kGrid, broken), "no more room");
        QCOMPARE(firstWeight(), 1.5F);
        again.saveCheckpoint(at, kGrid, weights(4.5F));  // over what the crash left
        QCOMPARE(firstWeight(), 4.5F);
    }

private:
    static WeightState weights(float value) {
        return {{{"w", {2}, StorageType::F32}}, [value](const TensorPlan&) { return std::vector<float>{value, 0}; }};
    }
    [[nodiscard]] float firstWeight() const {
        const std::string bytes = readFile(RunFolder::open(path()).weightsFile());
        return SafetensorsFile(bytes, "weights").readFloat32("w").front();
    }
    [[nodiscard]] std::filesystem::path path() const { return m_folder->path().toStdString(); }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_APPLESS_MAIN(TestRunFolder)
#include "tst_run_folder.moc"
