// Lists, syncs and clears away folders while memory runs out: each allocation is refused once, alone and with all that
// follow. What is done must succeed or end in std::bad_alloc or a sentence, leave no file open, and succeed afterwards.
#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/base/whole_folder.h"
#include "core/checkpoint/hf_checkpoint.h"
#include "core/session/kept_states.h"
#include "core/text/corpus_cache.h"
#include "core/text/text_source.h"
#include "tests/faults/failing_malloc.h"

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <iterator>
#include <limits>
#include <new>

using namespace consa;
namespace fs = std::filesystem;

namespace {

struct Task {
    const char* name;
    std::function<void()> work;
};

std::ptrdiff_t openFiles() {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
}

void require(bool isTrue, const char* name, const char* what) {
    if (isTrue) return;
    std::fprintf(stderr, "%s: %s\n", name, what);
    std::exit(1);
}

/// A new folder with a file and a folder in it, left unfinished or finished.
void writeFolder(const fs::path& target, bool isFinished) {
    WholeFolder folder(target);
    writeFileAtomically(folder.path() / "a folder with a name of some length" / "a file with a name of some length",
                        "x");
    if (isFinished) folder.finish();
}

/// Encodes a text into a cache that holds others.
void fillCache(const fs::path& folder) {
    const CorpusCache cache(folder);
    const auto fill = [](TokenFileWriter& writer) { writer.add("name", std::array<std::int32_t, 3>{1, 2, 3}); };
    (void)cache.documents("0123456789abcdef0123456789abcdef", fill, [] {});
}

std::vector<Task> tasksIn(const fs::path& folder) {
    const fs::path model = folder / "models--a--b", texts = folder / "texts", run = folder / "run";
    const fs::path cache = folder / "cache", target = folder / "a new folder with a name of some length";
    for (int i = 0; i < 4; ++i) {
        const std::string name = "an entry with a name of some length " + std::to_string(i);
        fs::create_directories(model / "snapshots");
        if (i > 0) writeFileAtomically(model / "snapshots" / name, "x");
        writeFileAtomically(texts / name / "a text of some length.txt", "x");
        writeFileAtomically(run / "states" / ("00000" + std::to_string(i) + ".safetensors"), "x");
        writeFileAtomically(cache / (name + ".tokens"), "x");
    }
    fs::create_directories(model / "snapshots" / "the only one");
    return {{"snapshots", [=] { require(huggingFaceFolder(model) != model, "snapshots", "not found"); }},
            {"texts", [=] { require(textSource(texts.string()).files.size() == 4, "texts", "not all were found"); }},
            {"states", [=] { require(KeptStates(run).steps().size() == 4, "states", "not all were found"); }},
            {"cache", [=] { fillCache(cache); }},
            {"unfinished", [=] { writeFolder(target, false); }},
            {"finished", [=] { writeFolder(target, true); }}};
}

/// True when it ended early.
bool run(const Task& task, std::int64_t first, std::int64_t count) {
    const test::ScarceMemory memory(first, count);
    try {
        task.work();
        return false;
    } catch (const std::bad_alloc&) {
        return true;
    } catch (const Error&) {
        return true;
    }
}

/// As it was before the tasks that write.
void clearAway(const fs::path& folder) {
    for (const char* suffix : {"", ".part"})
        fs::remove_all(folder / ("a new folder with a name of some length" + std::string(suffix)));
    fs::remove(folder / "cache" / "0123456789abcdef0123456789abcdef.tokens");
}

}  // namespace

int main() {
    const fs::path folder = fs::temp_directory_path() / ("consa_scarce_folders_" + std::to_string(::getpid()));
    fs::remove_all(folder);
    std::int64_t refusals = 0, ended = 0;
    for (const Task& task : tasksIn(folder)) {
        run(task, 0, 0);  // what is made once is made now
        clearAway(folder);
        const std::ptrdiff_t files = openFiles();
        std::int64_t allocations = 1;
        for (std::int64_t first = 1; first <= allocations; ++first) {
            for (const std::int64_t count : {std::int64_t{1}, std::numeric_limits<std::int64_t>::max() / 2}) {
                ended += run(task, first, count) ? 1 : 0;
                ++refusals;
                require(openFiles() == files, task.name, "a file stays open");
                clearAway(folder);
            }
            require(!run(task, 0, 0), task.name, "it does not recover");
            allocations = test::ScarceMemory::allocations();
            clearAway(folder);
        }
    }
    fs::remove_all(folder);
    std::printf("%lld refusals, %lld ended early\n", static_cast<long long>(refusals), static_cast<long long>(ended));
    return refusals > 0 && ended > 0 ? 0 : 1;
}
