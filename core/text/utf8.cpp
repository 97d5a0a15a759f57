// Checks, mends, writes and reads UTF-8.
#include "core/text/utf8.h"

#include <array>
#include <cstring>

namespace consa {
namespace {

constexpr std::uint32_t kReplacement = 0xfffd;

/// Bytes that a lead byte announces; 0 for bytes that lead nothing.
std::size_t announcedBytes(unsigned char lead) {
    if (lead < 0x80) return 1;
    if (lead < 0xc2) return 0;
    if (lead < 0xe0) return 2;
    if (lead < 0xf0) return 3;
    return lead < 0xf5 ? 4 : 0;
}

/// Bytes at the front of `text` that begin a character but don't end it, at least 1.
std::size_t brokenBytes(std::string_view text) {
    const auto byteAt = [text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
    const unsigned char lead = byteAt(0);
    const std::size_t announced = announcedBytes(lead);
    std::size_t count = 1;
    for (; count < announced && count < text.size(); ++count) {
        // Some leads allow fewer second bytes: those of overlong forms, surrogates and numbers past U+10FFFF are out.
        const unsigned least = count > 1 ? 0x80U : lead == 0xe0 ? 0xa0U : lead == 0xf0 ? 0x90U : 0x80U;
        const unsigned most = count > 1 ? 0xbfU : lead == 0xed ? 0x9fU : lead == 0xf4 ? 0x8fU : 0xbfU;
        if (byteAt(count) < least || byteAt(count) > most) break;
    }
    return count;
}

/// Bytes of ASCII at the front of `text`, eight at a time.
std::size_t plainBytes(std::string_view text) {
    std::size_t count = 0;
    for (std::uint64_t part = 0; count + sizeof part <= text.size(); count += sizeof part) {
        std::memcpy(&part, text.data() + count, sizeof part);
        if ((part & 0x8080808080808080ULL) != 0) break;
    }
    return count;
}

}  // namespace

std::size_t validCharacterBytes(std::string_view text) {
    if (text.empty()) return 0;
    const std::size_t count = announcedBytes(static_cast<unsigned char>(text[0]));
    if (count == 0 || count > text.size()) return 0;
    for (std::size_t i = 1; i < count; ++i) {
        if ((static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80U) return 0;
    }
    if (count < 3) return count;
    const std::uint32_t codePoint = codePointOf(text.substr(0, count));
    const bool isSurrogate = codePoint >= 0xd800 && codePoint <= 0xdfff;
    const bool isOverlong = codePoint < (count == 3 ? 0x800U : 0x10000U);
    return isSurrogate || isOverlong || codePoint > 0x10ffff ? 0 : count;
}

bool isValidUtf8(std::string_view text) {
    for (text.remove_prefix(plainBytes(text)); !text.empty(); text.remove_prefix(plainBytes(text))) {
        const std::size_t count = validCharacterBytes(text);
        if (count == 0) return false;
        text.remove_prefix(count);
    }
    return true;
}

std::string replaceInvalidUtf8(std::string_view text) {
    std::string result;
    result.reserve(text.size());
    while (!text.empty()) {
        const std::size_t count = validCharacterBytes(text);
        if (count == 0) {
            appendUtf8(kReplacement, result);
            text.remove_prefix(brokenBytes(text));
        } else {
            result.append(text.substr(0, count));
            text.remove_prefix(count);
        }
    }
    return result;
}

void appendUtf8(std::uint32_t codePoint, std::string& text) {
    if (codePoint > 0x10ffff || (codePoint >= 0xd800 && codePoint <= 0xdfff)) codePoint = kReplacement;
    const auto tail = [&](unsigned shift) {
        text.push_back(static_cast<char>(0x80U | ((codePoint >> shift) & 0x3fU)));
    };
    if (codePoint < 0x80) {
        text.push_back(static_cast<char>(codePoint));
    } else if (codePoint < 0x800) {
        text.push_back(static_cast<char>(0xc0U | (codePoint >> 6U)));
        tail(0);
    } else if (codePoint < 0x10000) {
        text.push_back(static_cast<char>(0xe0U | (codePoint >> 12U)));
        tail(6);
        tail(0);
    } else {
        text.push_back(static_cast<char>(0xf0U | (codePoint >> 18U)));
        tail(12);
        tail(6);
        tail(0);
    }
}

std::uint32_t codePointOf(std::string_view character) {
    static constexpr std::array<std::uint32_t, 5> kLeadMask = {0, 0x7f, 0x1f, 0x0f, 0x07};
    std::uint32_t codePoint = static_cast<unsigned char>(character[0]) & kLeadMask[character.size()];
    for (const char byte : character.substr(1)) {
        codePoint = (codePoint << 6U) | (static_cast<unsigned char>(byte) & 0x3fU);
    }
    return codePoint;
}

}  // namespace consa
