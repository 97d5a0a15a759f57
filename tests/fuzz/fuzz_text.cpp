// Fuzz target: files of text, packed or plain. The first byte picks the name and so the format.
#include "core/text/document_reader.h"
#include "tests/fuzz/fuzz_target.h"

#include <array>

using namespace consa;

namespace {

constexpr std::array kNames = {"a.jsonl", "a.jsonl.gz", "a.jsonl.zst", "a.txt.gz", "a.txt.zst", "a.html", "a.pod", "a"};
// Small enough that a bomb shows as an error at once.
constexpr TextLimits kLimits{.documentBytes = 1U << 20U, .freeBytes = 1U << 18U, .expansion = 200};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const fuzz::ScratchFolder folder;
    if (size == 0) return 0;
    const char* name = kNames[*data % kNames.size()];
    const auto path = folder.write(name, fuzz::bytesOf(data + 1, size - 1));
    std::size_t bytes = 0;
    fuzz::accepts([&] {
        TextFile file(path, kLimits);
        readDocuments(file, "text", [&](const std::string&, std::string_view text) { bytes += text.size(); });
    });
    // A character reference such as &Gt; is shorter than what it stands for, never by much.
    const std::size_t most = 2 * (kLimits.freeBytes + kLimits.expansion * size) + (std::size_t{1} << 19U);
    if (bytes > most) std::abort();
    folder.remove(name);
    return 0;
}
