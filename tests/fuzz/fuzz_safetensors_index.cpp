// Fuzz target: the index of a model in several safetensors files.
#include "core/checkpoint/safetensors_index.h"
#include "tests/fuzz/fuzz_target.h"

using namespace consa;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::filesystem::path folder = "/models/fuzzed";
    fuzz::accepts([&] {
        for (const std::string& name : shardNames(std::string(fuzz::bytesOf(data, size)), "fuzzed.index.json")) {
            // Nothing that is named may lie elsewhere.
            if ((folder / name).lexically_normal().parent_path() != folder) std::abort();
        }
    });
    return 0;
}
