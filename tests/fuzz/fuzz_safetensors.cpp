// Fuzz target: safetensors files, their metadata and tensors.
#include "core/checkpoint/safetensors_file.h"
#include "tests/fuzz/fuzz_target.h"

using namespace consa;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view bytes = fuzz::bytesOf(data, size);
    fuzz::accepts([&] {
        const SafetensorsFile file(bytes, "fuzzed.safetensors");
        std::size_t covered = 0;
        for (const StoredTensor& tensor : file.tensors()) {
            covered += tensor.bytes.size();
            fuzz::accepts([&] { fuzz::use(readStoredFloat32(tensor, file.source())); });
        }
        if (covered > bytes.size()) std::abort();  // no byte belongs to two tensors
    });
    return 0;
}
