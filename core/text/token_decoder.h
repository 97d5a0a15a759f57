// Joins the texts of tokens to one text: the decoder part of a tokenizer.json.
#pragma once

#include "core/text/replacement.h"

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <variant>
#include <vector>

namespace consa {

/// The steps ByteFallback, ByteLevel, Fuse, Metaspace, Replace, Strip and Sequence. Const use is thread-safe.
class TokenDecoder {
public:
    /// null gives one that joins tokens with spaces, as `tokenizers` does. Throws Error (BadInput) naming `source` and
    /// the step that is not supported.
    TokenDecoder(const nlohmann::json& description, const std::string& source);

    /// True when the text is the bytes of the tokens in the byte alphabet, one after the other, and nothing else.
    [[nodiscard]] bool isByteLevelOnly() const;
    /// The text of tokens in order; valid UTF-8.
    [[nodiscard]] std::string join(std::vector<std::string> tokens) const;

private:
    struct ByteFallback {};
    struct ByteLevel {};
    struct Fuse {};
    struct Metaspace {
        std::string mark;
        bool dropsFirst = true;  // marks of the first token vanish instead of becoming spaces
    };
    struct Strip {
        std::string character;
        std::size_t start = 0;  // at most so many at the front
        std::size_t stop = 0;   // and at the end
    };
    using Step = std::variant<ByteFallback, ByteLevel, Fuse, Metaspace, Replacement, Strip>;
    using Tokens = std::vector<std::string>;

    void addStep(const nlohmann::json& description, const std::string& source);
    static void apply(const ByteFallback& step, Tokens& tokens);
    static void apply(const ByteLevel& step, Tokens& tokens);
    static void apply(const Fuse& step, Tokens& tokens);
    static void apply(const Metaspace& step, Tokens& tokens);
    static void apply(const Replacement& step, Tokens& tokens);
    static void apply(const Strip& step, Tokens& tokens);

    std::vector<Step> m_steps;
    bool m_joinsWithSpaces = false;
};

}  // namespace consa
