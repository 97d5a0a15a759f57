// Text to token ids and back: byte-pair encoding as Hugging Face's tokenizer.json describes it, or plain bytes.
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

    /// Ids of `text`, no begin or end token added; special tokens written in the text become their ids. Byte-pair
    /// encoding takes U+FFFD for what is not UTF-8.
    [[nodiscard]] virtual std::vector<std::int32_t> encode(std::string_view text) const = 0;
    /// The text of `ids`; invalid ids throw Error. Byte-pair encoding gives valid UTF-8, with U+FFFD for characters
    /// that the ids hold only a part of.
    [[nodiscard]] virtual std::string decode(std::span<const std::int32_t> ids) const = 0;
    [[nodiscard]] virtual int vocabularySize() const = 0;
};

/// A tokenizer from the text of a tokenizer.json; `source` names it in errors. "" gives the byte tokenizer. Throws
/// Error (BadInput) for what is damaged or not supported; resources/docs/tokenizers.md lists what is.
[[nodiscard]] std::unique_ptr<Tokenizer> makeTokenizer(const std::string& tokenizerJson, const std::string& source);

}  // namespace consa
