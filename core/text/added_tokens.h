// Tokens that are looked for in the text itself, before it is cut into words: the added_tokens of a tokenizer.json.
#pragma once

#include "core/text/regex.h"
#include "core/text/token_trie.h"

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace consa {

class BpeModel;
class Normalizer;

/// One such token. The flags are Hugging Face's.
struct AddedToken {
    std::int32_t id = 0;
    std::string content;
    std::string sought;  // what is looked for: the content, normalized where the token is
    bool isSingleWord = false;
    bool stripsLeft = false;
    bool stripsRight = false;
    bool isNormalized = false;  // looked for after the normalizer, not before it
};

/// A stretch of text without added tokens (`id` is -1), or one added token.
struct TextPiece {
    std::string_view text;
    std::int32_t id = -1;
};

/// Finds added tokens as `tokenizers` does: the leftmost, of those the longest, without overlaps.
class AddedTokens {
public:
    /// `list` is the JSON list, or null for none. As in `tokenizers` a token of the vocabulary keeps its id there, and
    /// others are numbered behind the vocabulary in their order. Throws Error (BadInput) naming `source`.
    AddedTokens(const nlohmann::json& list, const BpeModel& model, const Normalizer& normalizer,
                const std::string& source);

    [[nodiscard]] const std::vector<AddedToken>& tokens() const { return m_tokens; }
    /// Cuts text at the tokens that are looked for before the normalizer, or after it. Appends to `pieces`.
    void splitRaw(std::string_view text, std::vector<TextPiece>& pieces) const { split(text, m_raw, pieces); }
    void splitNormalized(std::string_view text, std::vector<TextPiece>& pieces) const {
        split(text, m_normalized, pieces);
    }

private:
    void number(AddedToken token, const BpeModel& model);
    void split(std::string_view text, const TokenTrie& trie, std::vector<TextPiece>& pieces) const;
    [[nodiscard]] bool touchesWord(std::string_view text, std::size_t begin, std::size_t end) const;

    std::vector<AddedToken> m_tokens;
    TokenTrie m_raw;                                        // over m_tokens that are not normalized
    TokenTrie m_normalized;                                 // over the others
    std::unordered_map<std::string, std::size_t> m_places;  // content -> index in m_tokens
    std::int32_t m_lastId = -1;                             // the last one given to a token outside the vocabulary
    Regex m_word;                                           // one character of a word
};

}  // namespace consa
