// Builds GPT-2's table of bytes and characters.
#include "core/text/byte_alphabet.h"

#include "core/text/utf8.h"

#include <algorithm>
#include <cstdint>

namespace consa {
namespace {

constexpr std::uint32_t kShifted = 0x100;    // the first stand-in
constexpr std::size_t kAlphabetEnd = 0x144;  // 68 bytes are not printable

bool standsForItself(std::uint32_t byte) {
    return (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte != 0xad);
}

struct Tables {
    std::array<std::string, 256> characters;
    std::array<int, kAlphabetEnd> bytes{};  // by code point, -1 outside the alphabet

    Tables() {
        bytes.fill(-1);
        std::uint32_t next = kShifted;
        for (std::uint32_t byte = 0; byte < 256; ++byte) {
            const std::uint32_t codePoint = standsForItself(byte) ? byte : next++;
            appendUtf8(codePoint, characters[byte]);
            bytes[codePoint] = static_cast<int>(byte);
        }
    }
};

const Tables& tables() {
    static const Tables kTables;
    return kTables;
}

}  // namespace

const std::array<std::string, 256>& byteAlphabet() {
    return tables().characters;
}

std::string bytesOfToken(std::string_view token) {
    std::string result;
    for (std::string_view rest = token; !rest.empty();) {
        const std::size_t count = std::max<std::size_t>(validCharacterBytes(rest), 1);
        const std::uint32_t codePoint = codePointOf(rest.substr(0, count));
        const int byte = codePoint < kAlphabetEnd ? tables().bytes[codePoint] : -1;
        if (byte < 0) return std::string(token);
        result.push_back(static_cast<char>(byte));
        rest.remove_prefix(count);
    }
    return result;
}

}  // namespace consa
