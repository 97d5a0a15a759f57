// Unicode regular expressions over UTF-8, for the ways in which tokenizers cut text.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace consa {

/// A compiled pattern (PCRE2 with Unicode classes). Matching is const and thread-safe.
class Regex {
public:
    /// Throws Error (BadInput) naming `source` and what is wrong with the pattern.
    Regex(const std::string& pattern, const std::string& source);
    ~Regex();
    Regex(Regex&&) noexcept;
    Regex& operator=(Regex&&) noexcept;

    /// Calls `visit` with every match that is not empty and every stretch between matches, in order: the pieces add
    /// up to `text`, which must be valid UTF-8. The flag says whether the piece is a match.
    void forEachPiece(std::string_view text, const std::function<void(std::string_view, bool)>& visit) const;

private:
    struct Code;
    std::unique_ptr<Code> m_code;
};

}  // namespace consa
