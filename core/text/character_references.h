// HTML's character references: "&amp;", "&#8212;", "&#x2014;".
#pragma once

#include <string>
#include <string_view>

namespace consa {

/// `text` with its references turned into UTF-8; what is no reference, and names that are not known, stay as written.
[[nodiscard]] std::string decodeReferences(std::string_view text);

}  // namespace consa
