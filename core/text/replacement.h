// Replaces a string or a pattern in text, as the Replace steps of a tokenizer.json do.
#pragma once

#include "core/text/regex.h"

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace consa {

/// The most bytes that the steps of a tokenizer may make of `bytes`: far beyond what any real one does. Steps that
/// double the text would otherwise fill the memory when there are forty of them.
[[nodiscard]] constexpr std::size_t longestRewriting(std::size_t bytes) {
    return 64 * bytes + 256;
}

/// Throws Error (BadInput) when `bytes` is more than `most`.
void requireModestRewriting(std::size_t bytes, std::size_t most);

/// Every match of a pattern becomes `content`. Const use is thread-safe.
class Replacement {
public:
    /// From a step with "pattern" ({"String"} or {"Regex"}) and "content"; `part` names the step in errors.
    Replacement(const nlohmann::json& description, const std::string& part, const std::string& source);

    /// Throws Error (BadInput) when the result would be longer than `most` bytes.
    [[nodiscard]] std::string apply(std::string_view text, std::size_t most) const;

private:
    std::string m_string;          // what is looked for, when it is no pattern
    std::optional<Regex> m_regex;  // otherwise
    std::string m_content;
};

}  // namespace consa
