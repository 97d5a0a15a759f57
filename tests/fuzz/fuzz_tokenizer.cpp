// Fuzz target: a tokenizer.json, a byte 0xff, and a text that is encoded and decoded with it.
#include "core/text/tokenizer.h"
#include "core/text/utf8.h"
#include "tests/fuzz/fuzz_target.h"

using namespace consa;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    std::string_view rest = fuzz::bytesOf(data, size);
    const std::string description(fuzz::takePart(rest));
    if (description.empty()) return 0;
    fuzz::accepts([&] {
        const auto tokenizer = makeTokenizer(description, "fuzzed");
        const std::vector<std::int32_t> ids = tokenizer->encode(rest);
        for (const std::int32_t id : ids) {
            if (id < 0 || id >= tokenizer->vocabularySize()) std::abort();
        }
        if (!isValidUtf8(tokenizer->decode(ids))) std::abort();
    });
    return 0;
}
