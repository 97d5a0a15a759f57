// Unicode's composed form (NFC), in which some tokenizers want their text.
#pragma once

#include <string>
#include <string_view>

namespace consa {

/// False when no character of `text` is one that the composed form may change: quick, and true too often.
[[nodiscard]] bool mayChangeWhenComposed(std::string_view text);
/// `text` (valid UTF-8) in the composed form of Unicode Standard Annex 15. The tokenizers package uses
/// an older Unicode; resources/docs/tokenizers.md lists where the two differ.
[[nodiscard]] std::string toComposedForm(std::string_view text);

}  // namespace consa
