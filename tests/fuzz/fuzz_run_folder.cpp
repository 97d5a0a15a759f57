// Fuzz target: the files of a run's folder. The first byte picks which of them the rest replaces.
#include "core/session/run_folder.h"
#include "tests/fuzz/fuzz_target.h"

#include <array>

using namespace consa;

namespace {

constexpr std::array kNames = {"config.json", "events.jsonl", "gates.safetensors", "held_layout.json"};

void readRun(const std::filesystem::path& path) {
    const RunFolder run = RunFolder::open(path);
    fuzz::use(run.record());
    fuzz::accepts([&] { fuzz::use(run.readHistory(1000)); });
    fuzz::accepts([&] { fuzz::use(run.loadCheckpoint()); });
    fuzz::accepts([&] { fuzz::use(run.weightsFile()); });
    fuzz::accepts([&] { fuzz::use(run.loadHeldLayout()); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::ScratchFolder folder;
    static const std::string goodConfig = [] {
        RunRecord record;
        record.config.mode = LearningMode::Recover;
        record.model.name = "m";
        record.model.architecture = "llama";
        record.model.layerCount = 2;
        record.model.queryHeadCount = record.model.kvHeadCount = 2;
        record.model.headDim = record.model.hiddenSize = record.model.feedForwardSize = 4;
        record.model.vocabularySize = record.model.contextTokens = 16;
        RunFolder::create(folder.path() / "good", record);
        std::ifstream file(folder.path() / "good" / "config.json");
        return std::string(std::istreambuf_iterator<char>(file), {});
    }();
    if (size == 0) return 0;
    folder.write("config.json", goodConfig);
    const char* name = kNames[*data % kNames.size()];
    folder.write(name, fuzz::bytesOf(data + 1, size - 1));
    fuzz::accepts([&] { readRun(folder.path()); });
    folder.remove(name);
    return 0;
}
