// Finds the longest of many strings that begins at a place in a text.
#pragma once

#include "core/text/flat_table.h"

#include <array>
#include <cstdint>
#include <string_view>

namespace consa {

/// A set of strings, each with a number of 0 or more.
class TokenTrie {
public:
    struct Match {
        std::int32_t number = -1;  // -1: none
        std::size_t begin = 0;
        std::size_t end = 0;
    };

    /// The first of two equal strings keeps its number.
    void add(std::string_view string, std::int32_t number) {
        std::int32_t node = 0;
        for (const char byte : string) {
            const std::uint64_t key = step(node, byte);
            if (m_steps.find(key) == nullptr) m_steps.set(key, ++m_lastNode);
            node = m_steps.find(key)->first;
        }
        const auto end = static_cast<std::uint64_t>(node) << 9U | kEnd;
        if (m_steps.find(end) == nullptr) m_steps.set(end, number);
        m_isFirst[static_cast<unsigned char>(string.front())] = true;
        m_isEmpty = false;
    }

    /// The leftmost match from `from` on, of those that begin there the longest.
    [[nodiscard]] Match find(std::string_view text, std::size_t from) const {
        if (m_isEmpty) return {};
        for (std::size_t begin = from; begin < text.size(); ++begin) {
            if (!m_isFirst[static_cast<unsigned char>(text[begin])]) continue;
            if (const Match match = longestAt(text, begin); match.number >= 0) return match;
        }
        return {};
    }

private:
    static constexpr std::uint64_t kEnd = 0x100;  // beside the 256 bytes

    [[nodiscard]] static std::uint64_t step(std::int32_t node, char byte) {
        return static_cast<std::uint64_t>(node) << 9U | static_cast<unsigned char>(byte);
    }

    [[nodiscard]] Match longestAt(std::string_view text, std::size_t begin) const {
        Match match;
        std::int32_t node = 0;
        for (std::size_t i = begin; i < text.size(); ++i) {
            const FlatTable::Entry* next = m_steps.find(step(node, text[i]));
            if (next == nullptr) break;
            node = next->first;
            const FlatTable::Entry* end = m_steps.find(static_cast<std::uint64_t>(node) << 9U | kEnd);
            if (end != nullptr) match = {end->first, begin, i + 1};
        }
        return match;
    }

    FlatTable m_steps;  // node << 9 | byte -> node, and node << 9 | kEnd -> number
    std::array<bool, 256> m_isFirst{};
    std::int32_t m_lastNode = 0;
    bool m_isEmpty = true;
};

}  // namespace consa
