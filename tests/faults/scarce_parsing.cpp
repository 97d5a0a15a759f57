// Feeds a fuzz target its seeds while memory runs out: FOLDER. Each allocation is refused once, alone and with all that
// follow; the parser must end in a sentence or std::bad_alloc, and leave no file open.
#include "tests/faults/failing_malloc.h"
#include "tests/fuzz/fuzz_target.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <limits>
#include <new>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr std::int64_t kMostRefusals = 120;   // of one seed, spread evenly where it allocates more often
constexpr std::chrono::seconds kMostTime{8};  // of all, so that a test stays short; CONSA_LONG_TESTS lifts it

char place[160];  // what is going on, for the signal

void onCrash(int number) {
    if (::write(STDERR_FILENO, place, std::char_traits<char>::length(place)) < 0) std::_Exit(1);
    std::signal(number, SIG_DFL);
    std::raise(number);
}

std::vector<fs::path> seedsIn(const fs::path& folder) {
    std::vector<fs::path> paths;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    return paths;
}

std::string contentOf(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

std::ptrdiff_t openFiles() {
    return std::distance(fs::directory_iterator("/proc/self/fd"), fs::directory_iterator());
}

/// True when the target ended in std::bad_alloc.
bool feed(const std::string& input, std::int64_t first, std::int64_t count) {
    const consa::test::ScarceMemory memory(first, count);
    try {
        LLVMFuzzerTestOneInput(reinterpret_cast<const std::uint8_t*>(input.data()), input.size());
        return false;
    } catch (const std::bad_alloc&) {
        return true;
    }
}

std::int64_t allocationsOf(const std::string& input) {
    feed(input, 0, 0);  // what is made once is made now
    feed(input, 0, 0);
    return consa::test::ScarceMemory::allocations();
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return std::fprintf(stderr, "usage: %s FOLDER\n", argv[0]), 2;
    for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE}) std::signal(number, onCrash);
    const bool isLong = std::getenv("CONSA_LONG_TESTS") != nullptr;
    const auto end = std::chrono::steady_clock::now() + kMostTime;
    std::int64_t refusals = 0, thrown = 0, seeds = 0;
    for (const fs::path& path : seedsIn(argv[1])) {
        if (!isLong && std::chrono::steady_clock::now() > end) break;
        const std::string input = contentOf(path);
        const std::int64_t allocations = allocationsOf(input);
        const std::ptrdiff_t files = openFiles();
        const std::int64_t stride = isLong ? 1 : 1 + allocations / kMostRefusals;
        for (std::int64_t first = 1; first <= allocations; first += stride) {
            for (const std::int64_t count : {std::int64_t{1}, std::numeric_limits<std::int64_t>::max() / 2}) {
                std::snprintf(place, sizeof(place), "crashed at %s, allocation %lld%s\n", path.filename().c_str(),
                              static_cast<long long>(first), count == 1 ? "" : " and all after it");
                thrown += feed(input, first, count) ? 1 : 0;
                ++refusals;
            }
        }
        ++seeds;
        if (openFiles() != files) return std::fprintf(stderr, "%s leaves files open\n", path.c_str()), 1;
    }
    std::printf("%lld refusals in %lld seeds, %lld ended in std::bad_alloc\n", static_cast<long long>(refusals),
                static_cast<long long>(seeds), static_cast<long long>(thrown));
    // A test that refuses nothing proves nothing.
    return refusals > 0 && thrown > 0 ? 0 : 1;
}
