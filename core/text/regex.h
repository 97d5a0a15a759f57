// Unicode regular expressions over UTF-8, for the ways in which tokenizers cut text.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace consa {

/// A stretch of text and whether a pattern matched it.
struct TextSpan {
    std::string_view text;
    bool isMatch = false;
};

/// A compiled pattern (PCRE2 with Unicode classes). Matching is const and thread-safe.
class Regex {
public:
    /// `pattern` as tokenizer.json files write it. Throws Error (BadInput) naming `source` and what is wrong with it.
    Regex(const std::string& pattern, const std::string& source);
    ~Regex();
    Regex(Regex&&) noexcept;
    Regex& operator=(Regex&&) noexcept;

    /// Matches and what lies between them, in order; none is empty and together they are `text`, valid UTF-8. A match
    /// of nothing cuts at its place.
    [[nodiscard]] std::vector<TextSpan> spans(std::string_view text) const;
    /// The same stretches, appended to `pieces`.
    void isolate(std::string_view text, std::vector<std::string_view>& pieces) const;

private:
    struct Code;
    template <typename Visit>
    void forEachSpan(std::string_view text, Visit&& visit) const;

    std::unique_ptr<Code> m_code;
};

}  // namespace consa
