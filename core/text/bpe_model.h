// Byte-pair encoding of single words: the model part of a tokenizer.json.
#pragma once

#include <array>
#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace consa {

/// Vocabulary and merges of a byte-level BPE. Const use is thread-safe.
class BpeModel {
public:
    /// Throws Error (BadInput) naming `source` and the part that is damaged or not supported.
    BpeModel(const nlohmann::json& description, const std::string& source);

    /// Appends the ids of one word of plain bytes. Bytes that the vocabulary lacks become the unknown token, or nothing
    /// when there is none.
    void encodeWord(std::string_view word, std::vector<std::int32_t>& ids) const;

    /// Token texts in the byte alphabet, by id; "" where the vocabulary has a hole.
    [[nodiscard]] const std::vector<std::string>& tokens() const { return m_tokens; }

private:
    struct Merge {
        std::int32_t rank = 0;
        std::int32_t result = 0;
    };

    void readVocabulary(const nlohmann::json& description, const std::string& source);
    void readMerges(const nlohmann::json& description, const std::string& source);
    void addMerge(const std::string& left, const std::string& right, std::int32_t rank, const std::string& source);
    [[nodiscard]] const Merge* findMerge(std::int32_t left, std::int32_t right) const;
    [[nodiscard]] std::vector<std::int32_t> symbolsOf(std::string_view word) const;
    void mergeSymbols(std::vector<std::int32_t>& symbols) const;

    std::vector<std::string> m_tokens;
    std::unordered_map<std::string, std::int32_t> m_ids;
    std::unordered_map<std::uint64_t, Merge> m_merges;  // by left id << 32 | right id
    std::array<std::int32_t, 256> m_byteIds{};          // -1 where the vocabulary lacks the byte
    std::int32_t m_unknown = -1;
    bool m_fusesUnknown = false;
    bool m_ignoresMerges = false;
};

}  // namespace consa
