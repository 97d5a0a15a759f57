// Text to token ids and back: byte-level BPE as Hugging Face's tokenizer.json describes it, or plain bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace consa {

/// Turns UTF-8 into ids below vocabularySize(). encode() is const and may be called from several threads.
class Tokenizer {
public:
    virtual ~Tokenizer() = default;

    /// Ids of `text`, no begin or end token added; special tokens written in the text become their ids.
    [[nodiscard]] virtual std::vector<std::int32_t> encode(std::string_view text) const = 0;
    /// The text of `ids`; invalid ids throw Error.
    [[nodiscard]] virtual std::string decode(std::span<const std::int32_t> ids) const = 0;
    [[nodiscard]] virtual int vocabularySize() const = 0;
};

/// A tokenizer from the text of a tokenizer.json; `source` names it in errors. "" gives the byte tokenizer.
[[nodiscard]] std::unique_ptr<Tokenizer> makeTokenizer(const std::string& tokenizerJson, const std::string& source);

}  // namespace consa
