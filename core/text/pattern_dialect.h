// Patterns as tokenizer.json files write them (Oniguruma's dialect) in the words of PCRE2.
#pragma once

#include <string>

namespace consa {

/// The same pattern for PCRE2. Throws Error (BadInput) naming `source` for what PCRE2 has no words for.
///
/// What is left to differ is the Unicode version; resources/docs/tokenizers.md lists the code points.
[[nodiscard]] std::string toPcre2(const std::string& pattern, const std::string& source);

}  // namespace consa
