// Fuzz target: layout files, which presets are too.
#include "core/layout/layout_file.h"
#include "tests/fuzz/fuzz_target.h"

using namespace consa;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::accepts([&] {
        const LayoutFile file = layoutFileFromJson(std::string(fuzz::bytesOf(data, size)), "fuzzed.json");
        // What was read can be written, and reads the same.
        const LayoutFile again = layoutFileFromJson(toJson(file), "written.json");
        if (again.layout.full != file.layout.full || again.windowTokens != file.windowTokens) std::abort();
    });
    return 0;
}
