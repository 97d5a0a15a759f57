// consa bench tokenize: how fast a model's tokenizer is on one thread, beside Hugging Face's tokenizers package.
#pragma once

#include <string>
#include <vector>

namespace consa {

struct TokenizeBenchOptions {
    std::string model = "default";
    std::vector<std::string> corpus{"default"};
    int repeats = 5;
    std::string reference;  // a Python with `tokenizers`; "" takes the one that the set-up made, where there is one
};

/// Measures and writes a line for people on stderr. The result is a JSON object: bytes, tokens, seconds (median) and
/// megabytes (10^6 bytes) a second, and under "reference" the same of `tokenizers` in this run, whether all ids are
/// equal, and the ratio of the speeds; null without a Python that has it. Throws Error (BadInput) for a model or text
/// that can't be read and for a named Python that can't run the comparison.
[[nodiscard]] std::string benchTokenize(const TokenizeBenchOptions& options);

}  // namespace consa
