// Takes one text field out of a line of JSON without building the rest.
#pragma once

#include <string>
#include <string_view>

namespace consa {

/// The string under `field` at the top level of the JSON object `line`. Throws Error (BadInput) that begins with
/// `place` for broken JSON, for lines that are no object, for nesting past 256 levels, and for a field that is missing
/// (naming the fields that are there) or no string.
[[nodiscard]] std::string textField(std::string_view line, const std::string& field, const std::string& place);

}  // namespace consa
