// Byte-pair encoding of single words: the model part of a tokenizer.json.
#pragma once

#include "core/text/bpe_merges.h"

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace consa {

/// What a word is made of before merging: bytes, written in the byte alphabet by the vocabulary, or characters, of
/// which those that the vocabulary lacks may fall back to tokens for their bytes (<0x00> to <0xFF>).
enum class BpeAlphabet { Bytes, Characters };

/// Vocabulary and merges. Const use is thread-safe.
class BpeModel {
public:
    /// Throws Error (BadInput) naming `source` and the part that is damaged or not supported.
    BpeModel(const nlohmann::json& description, BpeAlphabet alphabet, const std::string& source);

    /// Appends the ids of one word, valid UTF-8. What the vocabulary lacks becomes the unknown token, or nothing when
    /// there is none.
    void encodeWord(std::string_view word, std::vector<std::int32_t>& ids) const;

    /// Token texts by id, in the byte alphabet where the vocabulary uses it; "" where the vocabulary has a hole.
    [[nodiscard]] const std::vector<std::string>& tokens() const { return m_tokens; }
    /// Number of different token texts; holes don't count.
    [[nodiscard]] std::size_t tokenCount() const { return m_ids.size(); }
    /// The id of a token's text, -1 when the vocabulary lacks it.
    [[nodiscard]] std::int32_t idOf(std::string_view token) const;
    /// True when a text may be cut before every `mark` that follows another character without changing its ids.
    [[nodiscard]] bool neverMergesAcross(std::string_view mark) const;

private:
    /// Finds string views among strings.
    struct TextHash : std::hash<std::string_view> {
        using is_transparent = void;
    };

    void readVocabulary(const nlohmann::json& description, const std::string& source);
    void readMerges(const nlohmann::json& description, const std::string& source);
    void addMerge(const std::string& left, const std::string& right, std::int32_t rank, const std::string& source);
    void readUnknown(const nlohmann::json& description, const std::string& source);
    void findSymbols();
    [[nodiscard]] std::int32_t wholeWord(std::string_view word) const;
    void appendBytes(std::string_view word, std::vector<std::int32_t>& ids) const;
    void appendCharacters(std::string_view word, std::vector<std::int32_t>& ids) const;
    [[nodiscard]] bool appendFallback(std::string_view character, std::vector<std::int32_t>& ids) const;

    BpeAlphabet m_alphabet;
    std::vector<std::string> m_tokens;
    std::unordered_map<std::string, std::int32_t, TextHash, std::equal_to<>> m_ids;
    BpeMerges m_merges;
    std::set<std::string, std::less<>>
        m_marksAfterText;                       // how right sides of merges begin whose left side ends differently
    std::array<std::int32_t, 256> m_byteIds{};  // of one byte in the byte alphabet; -1 where the vocabulary lacks it
    std::array<std::int32_t, 256> m_fallbackIds{};  // of <0x00> to <0xFF>, -1 likewise
    FlatTable m_characters;                         // code point -> id
    std::int32_t m_unknown = -1;
    bool m_fusesUnknown = false;
    bool m_fallsBackToBytes = false;
    bool m_ignoresMerges = false;
};

}  // namespace consa
