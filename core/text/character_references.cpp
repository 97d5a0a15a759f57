// Decodes as browsers do: by name with or without a semicolon, by number, Windows' letters for some numbers.
#include "core/text/character_references.h"

#include "core/text/character_names.h"
#include "core/text/utf8.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdint>

namespace consa {
namespace {

/// What browsers take for the numbers 0x80 to 0x9f: Windows' letters; 0 where it has none.
constexpr std::array<std::uint16_t, 32> kWindowsLetters = {
    0x20ac, 0,      0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017d, 0,      0,      0x2018, 0x2019, 0x201c, 0x201d, 0x2022,
    0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0,      0x017e, 0x0178};

std::uint32_t codePointOfNumber(std::string_view digits, int base) {
    std::uint32_t value = 0;
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value, base);
    constexpr std::uint32_t kReplacement = 0xfffd;
    if (error != std::errc() || value == 0) return kReplacement;
    if (value >= 0x80 && value <= 0x9f && kWindowsLetters[value - 0x80] != 0) return kWindowsLetters[value - 0x80];
    return value;
}

/// A character reference at the front of `text` ("&amp;", "&#8212;", "&#x2014"), its code point appended to `out`;
/// returns the bytes it takes, 0 when there is none.
std::size_t decodeReference(std::string_view text, std::string& out) {
    const auto whileLetters = [text](std::size_t begin, auto&& isPart) {
        std::size_t end = begin;
        while (end < text.size() && isPart(static_cast<unsigned char>(text[end]))) ++end;
        return end;
    };
    const auto withSemicolon = [text](std::size_t end) {
        return end < text.size() && text[end] == ';' ? end + 1 : end;
    };
    if (text.size() > 2 && text[1] == '#') {
        const bool isHex = text[2] == 'x' || text[2] == 'X';
        const std::size_t begin = isHex ? 3 : 2;
        const std::size_t end = whileLetters(
            begin, [isHex](unsigned char c) { return isHex ? std::isxdigit(c) != 0 : std::isdigit(c) != 0; });
        if (end == begin) return 0;
        appendUtf8(codePointOfNumber(text.substr(begin, end - begin), isHex ? 16 : 10), out);
        return withSemicolon(end);
    }
    const std::size_t end = whileLetters(1, [](unsigned char c) { return std::isalnum(c) != 0; });
    const bool isClosed = withSemicolon(end) != end;
    std::string_view name = text.substr(1, end - 1);
    constexpr std::size_t kLongestName = 16;
    if (!isClosed) name = name.substr(0, kLongestName);
    // Without a semicolon the longest old name at the front counts: "&ampx" is "&x".
    while (!isClosed && !name.empty() && !isOldEntity(name)) name.remove_suffix(1);
    const std::uint32_t codePoint = codePointOfName(name);
    if (codePoint == 0) return 0;
    appendUtf8(codePoint, out);
    return isClosed ? end + 1 : name.size() + 1;
}

}  // namespace

std::string decodeReferences(std::string_view text) {
    std::string result;
    while (!text.empty()) {
        const std::size_t begin = std::min(text.find('&'), text.size());
        result += text.substr(0, begin);
        text.remove_prefix(begin);
        if (text.empty()) break;
        const std::size_t used = decodeReference(text, result);
        if (used == 0) result += '&';
        text.remove_prefix(std::max<std::size_t>(used, 1));
    }
    return result;
}

}  // namespace consa
