// Patterns as tokenizer.json files write them (Oniguruma's dialect) in the words of PCRE2.
#pragma once

#include <string>

namespace consa {

/// The same pattern for PCRE2. Throws Error (BadInput) naming `source` for what PCRE2 has no words for.
///
/// What is left to differ: the Unicode version. Debian 12 and Ubuntu 24.04 have PCRE2 10.42 with Unicode 14; the
/// tokenizers package 0.23 knows Unicode 16. \p{L}, \p{N}, \p{M}, \p{P} and \s agree on every code point that Unicode
/// 14 assigns; of those added since, 9272 are letters, 120 numbers, 93 marks and 36 punctuation for tokenizers and
/// nothing of these here (the CJK extensions H and I, and scripts such as Kawi, Nag Mundari, Garay and Tulu-Tigalari).
[[nodiscard]] std::string toPcre2(const std::string& pattern, const std::string& source);

}  // namespace consa
