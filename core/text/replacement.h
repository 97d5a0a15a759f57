// Replaces a string or a pattern in text, as the Replace steps of a tokenizer.json do.
#pragma once

#include "core/text/regex.h"

#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace consa {

/// Every match of a pattern becomes `content`. Const use is thread-safe.
class Replacement {
public:
    /// From a step with "pattern" ({"String"} or {"Regex"}) and "content"; `part` names the step in errors.
    Replacement(const nlohmann::json& description, const std::string& part, const std::string& source);

    [[nodiscard]] std::string apply(std::string_view text) const;

private:
    std::string m_string;          // what is looked for, when it is no pattern
    std::optional<Regex> m_regex;  // otherwise
    std::string m_content;
};

}  // namespace consa
