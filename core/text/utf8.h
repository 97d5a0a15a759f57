// UTF-8, byte by byte: what is valid, and code points to bytes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace consa {

/// Bytes of the valid character at the front of `text` (1 to 4), 0 when it is not valid or `text` is empty.
[[nodiscard]] std::size_t validCharacterBytes(std::string_view text);
[[nodiscard]] bool isValidUtf8(std::string_view text);
/// What is no valid character becomes U+FFFD: one for each longest run of bytes that begins a valid character, as
/// Unicode recommends and Python and Rust do it.
[[nodiscard]] std::string replaceInvalidUtf8(std::string_view text);

/// Appends a code point; surrogates and numbers past U+10FFFF become U+FFFD.
void appendUtf8(std::uint32_t codePoint, std::string& text);
/// The code point of a valid character.
[[nodiscard]] std::uint32_t codePointOf(std::string_view character);

}  // namespace consa
