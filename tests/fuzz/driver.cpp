// Feeds a fuzz target its seeds and seeded mutations of them: FOLDER [RUNS [FIRST_RUN]]. No fuzzer, no clang needed.
#include "core/base/dice.h"
#include "tests/fuzz/fuzz_target.h"

#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <vector>

namespace {

namespace fs = std::filesystem;

constexpr int kRuns = 4000;  // mutations, a second or two
constexpr std::size_t kLongestInput = 1U << 16U;
constexpr double kMostSeconds = 10;  // of one input; a sanitizer on a busy machine included
constexpr rlim_t kMostBytes = rlim_t{3} << 30U;

volatile std::sig_atomic_t currentRun = -1;

/// Says which run it was, for `driver FOLDER 1 RUN`, and lets the signal end the program.
void onCrash(int number) {
    char text[64];
    const int length = std::snprintf(text, sizeof(text), "crashed in run %d\n", static_cast<int>(currentRun));
    if (::write(STDERR_FILENO, text, static_cast<std::size_t>(length)) < 0) std::_Exit(1);
    std::signal(number, SIG_DFL);
    std::raise(number);
}

std::vector<std::string> readSeeds(const fs::path& folder) {
    std::vector<fs::path> paths;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) paths.push_back(entry.path());
    std::sort(paths.begin(), paths.end());
    std::vector<std::string> seeds;
    for (const fs::path& path : paths) {
        std::ifstream file(path, std::ios::binary);
        seeds.emplace_back(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
    }
    return seeds;
}

/// Numbers that lengths, counts and offsets break at.
std::string strangeNumber(consa::Dice& dice) {
    constexpr std::array<std::uint64_t, 12> kNumbers = {0,
                                                        1,
                                                        0x7f,
                                                        0xff,
                                                        0x7fff,
                                                        0xffff,
                                                        0x7fffffff,
                                                        0xffffffff,
                                                        0x7fffffffffffffff,
                                                        0xffffffffffffffff,
                                                        211106198978564,
                                                        4194305};
    const std::uint64_t number = dice.pick(kNumbers);
    std::string bytes(dice.chance(50) ? 4 : 8, '\0');
    std::memcpy(bytes.data(), &number, bytes.size());
    return bytes;
}

/// Words that texts break at.
std::string strangeWord(consa::Dice& dice) {
    static const std::vector<std::string> kWords = {
        "-1",           "1e999",    "null",    "{}",      "[]",  "\"\"", "18446744073709551616",
        "4294967297",   "[[[[[[[[", "\\u0000", "\\ud800", "../", "\xff", std::string(1, '\0'),
        "\xed\xa0\x80", "0.5",      ",",       ":",       "\t",  "\n"};
    return kWords[dice.below(kWords.size())];
}

void mutate(std::string& bytes, const std::string& other, consa::Dice& dice) {
    const std::size_t at = dice.below(bytes.size() + 1);
    const std::size_t count = 1 + dice.below(std::min<std::size_t>(bytes.size() - at + 1, 64));
    switch (dice.below(8)) {
        case 0:
            if (at < bytes.size()) bytes[at] = static_cast<char>(bytes[at] ^ static_cast<char>(1U << dice.below(8)));
            break;
        case 1:
            if (at < bytes.size()) bytes[at] = static_cast<char>(dice.below(256));
            break;
        case 2:
            bytes.erase(at, count);
            break;
        case 3:
            bytes.insert(at, bytes.substr(dice.below(bytes.size() + 1), count));
            break;
        case 4:
            bytes.replace(at, std::min(bytes.size() - at, std::size_t{8}), strangeNumber(dice));
            break;
        case 5:
            bytes.replace(at, dice.below(2) * std::min(bytes.size() - at, std::size_t{4}), strangeWord(dice));
            break;
        case 6:
            bytes = bytes.substr(0, at) + other.substr(dice.below(other.size() + 1));
            break;
        default:
            bytes.resize(at);
    }
    if (bytes.size() > kLongestInput) bytes.resize(kLongestInput);
}

/// The input of one run: the seeds as they are first.
std::string inputOf(int run, const std::vector<std::string>& seeds) {
    const auto index = static_cast<std::size_t>(run);
    if (index < seeds.size()) return seeds[index];
    consa::Dice dice(consa::mixSeed(1, index));
    std::string bytes = dice.pick(seeds);
    for (std::size_t i = 1 + dice.below(6); i > 0; --i) mutate(bytes, dice.pick(seeds), dice);
    return bytes;
}

/// Memory past this is refused, so that a parser that asks for it fails. Sanitizers need the address space themselves.
void limitMemory() {
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    const rlimit limit{kMostBytes, kMostBytes};
    ::setrlimit(RLIMIT_AS, &limit);
#endif
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return std::fprintf(stderr, "usage: %s FOLDER [RUNS [FIRST_RUN]]\n", argv[0]), 2;
    const std::vector<std::string> seeds = readSeeds(argv[1]);
    if (seeds.empty()) return std::fprintf(stderr, "%s holds no seeds\n", argv[1]), 2;
    const int runs = argc > 2 ? std::atoi(argv[2]) : kRuns + static_cast<int>(seeds.size());
    const int first = argc > 3 ? std::atoi(argv[3]) : 0;
    limitMemory();
    for (const int number : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(number, onCrash);
    for (int run = first; run < first + runs; ++run) {
        const std::string input = inputOf(run, seeds);
        currentRun = run;
        const auto begin = std::chrono::steady_clock::now();
        // A copy that ends where the input ends: a read past it is seen.
        const std::vector<std::uint8_t> bytes(input.begin(), input.end());
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
        if (passed.count() > kMostSeconds) return std::fprintf(stderr, "run %d took %.1f s\n", run, passed.count()), 1;
    }
    std::printf("%d runs on %zu seeds\n", runs, seeds.size());
    return 0;
}
