// Saves a run while memory runs out: each allocation of a line, a checkpoint, its weights and the layout is refused in
// turn, alone and with all that follow. Whatever happens the folder must hold the state before or the one after, and
// nothing cut off. Prints what was refused.
#include "core/base/error.h"
#include "core/base/json_text.h"
#include "core/session/run_keeper.h"
#include "tests/faults/failing_malloc.h"
#include "tests/support/small_run.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <new>

using namespace consa;
namespace fs = std::filesystem;

namespace {

const UnitGrid kGrid{1, 2, Granularity::KvHead};

TrainerState stateAt(std::int64_t step) {
    TrainerState state;
    state.step = step;
    state.gates = {{0.5, -0.5}, {0, 0}, {0, 0}, step};
    return state;
}

WeightState weightsAt(std::int64_t step) {
    WeightState weights;
    weights.tensors = {{"w", {64}, StorageType::F32}};
    weights.values = [step](const TensorPlan&) { return std::vector<float>(64, static_cast<float>(step)); };
    return weights;
}

LayoutFile layoutAt(std::int64_t step) {
    LayoutFile file;
    file.modelName = "m";
    file.modelArchitecture = "llama";
    file.layout = AttentionLayout(kGrid, true);
    file.windowTokens = 4;
    file.provenance.step = static_cast<int>(step);
    return file;
}

void require(bool isTrue, const char* what, std::int64_t step) {
    if (isTrue) return;
    std::fprintf(stderr, "%s (step %lld)\n", what, static_cast<long long>(step));
    std::exit(1);
}

/// One step as a run takes it, ended where memory ends.
void save(RunKeeper& keeper, std::int64_t step) {
    HistoryPoint point;
    point.step = static_cast<int>(step) - 1;
    keeper.append(point);
    keeper.saveCheckpoint(stateAt(step), kGrid, [step] { return std::optional(weightsAt(step)); });
    keeper.saveLayout(layoutAt(step));
}

void requireWhole(const fs::path& path, std::int64_t step) {
    const RunFolder folder = RunFolder::open(path);
    const TrainerState state = folder.loadCheckpoint();
    require(state == stateAt(step) || state == stateAt(step - 1), "the checkpoint is of another step", step);
    const fs::path weights = folder.weightsFile();  // checked against its sum
    require(!weights.empty(), "the weights are gone", step);
    require(readLayoutFile(path / "layout.json").layout == AttentionLayout(kGrid, true), "another layout", step);
    std::ifstream lines(path / "events.jsonl");
    for (std::string line; std::getline(lines, line);)
        require(pointFromLine(line).has_value(), "a line is cut off", step);
    int files = 0;
    for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
        ++files;
        require(entry.path().extension() != ".tmp", "a temporary file is left", step);
    }
    require(files <= 6, "files pile up", step);  // config, events, gates, layout and at most two of weights
}

}  // namespace

int main() {
    const fs::path path = fs::temp_directory_path() / ("consa_scarce_" + std::to_string(::getpid()));
    fs::remove_all(path);
    RunKeeper keeper(RunFolder::create(path, smallRun()), {});
    std::int64_t step = 1, refusals = 0, thrown = 0;
    save(keeper, step);
    bool isOver = false;
    for (std::int64_t first = 1; !isOver; ++first) {
        for (const std::int64_t count : {std::int64_t{1}, std::numeric_limits<std::int64_t>::max() / 2}) {
            ++step;
            bool isThrown = false;
            {
                const test::ScarceMemory memory(first, count);
                try {
                    save(keeper, step);
                } catch (const std::bad_alloc&) {
                    isThrown = true;
                }
            }
            isOver = test::ScarceMemory::allocations() < first;
            refusals += isOver ? 0 : 1;
            thrown += isThrown ? 1 : 0;
            requireWhole(path, step);
            save(keeper, step);  // there is memory again
            require(keeper.isSaved() && RunFolder::open(path).loadCheckpoint() == stateAt(step), "it does not recover",
                    step);
        }
    }
    fs::remove_all(path);
    std::printf("%lld refusals, %lld ended in std::bad_alloc; the folder was whole after each\n",
                static_cast<long long>(refusals), static_cast<long long>(thrown));
    return thrown > 0 ? 0 : 1;
}
