// Tests that a power cut at any moment leaves a whole run: what is new is on the disk before what is old goes.
#include "core/session/run_keeper.h"
#include "tests/support/small_run.h"

#include <QTemporaryDir>
#include <QTest>

#include <dlfcn.h>
#include <unistd.h>

#include <array>
#include <cstdio>

using namespace consa;
namespace fs = std::filesystem;

namespace {

std::vector<std::string>& calls() {
    static std::vector<std::string> all;
    return all;
}

/// What a temporary file will be called: ".gates.safetensors.123-4.tmp" is "gates.safetensors".
std::string shortName(const fs::path& path) {
    std::string name = path.filename().string();
    if (!name.starts_with('.')) return name;
    return name.substr(1, name.find('.', name.find('.', 1) + 1) - 1);
}

void note(const char* what, const fs::path& path) {
    calls().push_back(std::string(what) + ' ' + shortName(path));
}

template <typename Function>
Function real(const char* name) {
    return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" {

int fsync(int handle) {
    static const auto next = real<int (*)(int)>("fsync");
    std::array<char, 4096> name{};
    const std::string link = "/proc/self/fd/" + std::to_string(handle);
    if (::readlink(link.c_str(), name.data(), name.size() - 1) > 0) note("sync", name.data());
    return next(handle);
}

int rename(const char* from, const char* to) noexcept {
    static const auto next = real<int (*)(const char*, const char*)>("rename");
    note("rename", to);
    return next(from, to);
}

int remove(const char* path) noexcept {
    static const auto next = real<int (*)(const char*)>("remove");
    note("remove", path);
    return next(path);
}

}  // extern "C"

class TestSavingOrder : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void newIsSafeBeforeOldGoes();
    void layoutIsReplacedInOneStep();

private:
    static void save(RunKeeper& keeper, std::int64_t step);
};

void TestSavingOrder::save(RunKeeper& keeper, std::int64_t step) {
    TrainerState state;
    state.step = step;
    state.gates = {{0.5, -0.5}, {0, 0}, {0, 0}, step};
    HistoryPoint point;
    point.step = static_cast<int>(step) - 1;
    keeper.append(point);
    const WeightState weights{{{"w", {64}, StorageType::F32}},
                              [](const TensorPlan&) { return std::vector<float>(64, 1.0F); }};
    keeper.saveCheckpoint(state, {1, 2, Granularity::KvHead}, [&] { return std::optional(weights); });
}

void TestSavingOrder::newIsSafeBeforeOldGoes() {
    const QTemporaryDir place;
    calls().clear();
    RunKeeper keeper(RunFolder::create(place.filePath("run").toStdString(), smallRun()), {});
    // The run's name in its parent folder, then its config whole, then the config's name in the run's folder.
    const std::string parent = "sync " + shortName(place.path().toStdString());
    const std::vector<std::string> creating{parent, "sync config.json", "rename config.json", "sync run"};
    QCOMPARE(calls(), creating);

    save(keeper, 1);
    calls().clear();
    save(keeper, 2);
    const std::vector<std::string> saving{"sync weights-000002.safetensors",
                                          "sync run",           // the new weights, which nothing names yet
                                          "sync events.jsonl",  // the lines that led here
                                          "sync gates.safetensors",
                                          "rename gates.safetensors",  // which names them
                                          "sync run",
                                          "remove weights-000001.safetensors"};
    QCOMPARE(calls(), saving);
}

void TestSavingOrder::layoutIsReplacedInOneStep() {
    const QTemporaryDir place;
    RunKeeper keeper(RunFolder::create(place.filePath("run").toStdString(), smallRun()), {});
    LayoutFile file;
    file.modelName = "m";
    file.layout = AttentionLayout({1, 2, Granularity::KvHead}, true);
    calls().clear();
    keeper.saveLayout(file);
    const std::vector<std::string> saving{"sync layout.json", "rename layout.json", "sync run"};
    QCOMPARE(calls(), saving);
}

QTEST_GUILESS_MAIN(TestSavingOrder)
#include "tst_saving_order.moc"
