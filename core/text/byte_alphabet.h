// The printable stand-ins that byte-level BPE writes for bytes (GPT-2's table).
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

namespace consa {

/// The character for every byte, as UTF-8: printable Latin-1 stands for itself, the rest for U+0100 and up.
[[nodiscard]] const std::array<std::string, 256>& byteAlphabet();
/// The bytes behind a token's text; the text itself when a character of it is outside the alphabet.
[[nodiscard]] std::string bytesOfToken(std::string_view token);

}  // namespace consa
