// Tokens that are looked for in the text itself, before it is cut into words: the added_tokens of a tokenizer.json.
#pragma once

#include <cstdint>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace consa {

/// One such token. The flags are Hugging Face's.
struct AddedToken {
    std::int32_t id = 0;
    std::string content;
    bool isSingleWord = false;
    bool stripsLeft = false;
    bool stripsRight = false;
};

/// Finds added tokens: the leftmost, of those the longest.
class AddedTokens {
public:
    /// `list` is the JSON list, or null for none. Throws Error (BadInput) naming `source`.
    AddedTokens(const nlohmann::json& list, const std::string& source);

    [[nodiscard]] const std::vector<AddedToken>& tokens() const { return m_tokens; }
    /// Calls `onText` with every stretch without such tokens and `onToken` with every token, in order.
    void split(std::string_view text, const std::function<void(std::string_view)>& onText,
               const std::function<void(std::int32_t)>& onToken) const;

private:
    [[nodiscard]] const AddedToken* tokenAt(std::string_view text, std::size_t position) const;

    std::vector<AddedToken> m_tokens;  // longest first
    std::string m_firstBytes;          // of all tokens
};

}  // namespace consa
