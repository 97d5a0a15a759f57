// Fuzz target: GGUF files, all that is read out of their metadata, and their tensors.
#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/gguf_config.h"
#include "core/checkpoint/gguf_file.h"
#include "core/checkpoint/gguf_tokenizer.h"
#include "core/text/tokenizer.h"
#include "tests/fuzz/fuzz_target.h"

using namespace consa;

namespace {

void readMetadata(const GgufFile& file) {
    for (const auto& [key, value] : file.metadata()) {
        fuzz::accepts([&, &name = key] { fuzz::use(file.integer(name)); });
        fuzz::accepts([&, &name = key] { fuzz::use(file.number(name)); });
        fuzz::accepts([&, &name = key] { fuzz::use(file.boolean(name)); });
        fuzz::accepts([&, &name = key] { fuzz::use(file.text(name)); });
        fuzz::accepts([&, &name = key] { fuzz::use(file.texts(name)); });
        fuzz::accepts([&, &name = key] { fuzz::use(file.integers(name)); });
        fuzz::use(file.isList(key));
    }
}

void readTensors(const GgufFile& file) {
    std::vector<float> values;
    for (const GgufTensor& tensor : file.tensors()) {
        values.resize(tensor.bytes.size() / blockBytes(tensor.type) * blockValues(tensor.type));
        dequantise(tensor.type, tensor.bytes, values.data());
    }
}

void readModel(const GgufFile& file) {
    std::vector<const GgufTensor*> tensors;
    for (const GgufTensor& tensor : file.tensors()) tensors.push_back(&tensor);
    fuzz::accepts([&] { fuzz::use(requiredTensors(ggufConfig(file, tensors, "fuzzed"))); });
    fuzz::accepts([&] { fuzz::use(makeTokenizer(tokenizerJsonFromGguf(file), "fuzzed")->encode("a bc 12")); });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    fuzz::accepts([&] {
        const GgufFile file(fuzz::bytesOf(data, size), "fuzzed.gguf");
        readMetadata(file);
        readTensors(file);
        readModel(file);
    });
    return 0;
}
