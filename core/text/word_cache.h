// Remembers the ids of short words: texts repeat most of theirs.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <string_view>

namespace consa {

/// A table of fixed size in which a new word replaces the one that had its place. One a thread, shared by all
/// tokenizers.
class WordCache {
public:
    /// One word; fills a cache line.
    struct Entry {
        std::uint32_t owner = 0;  // 0: none
        std::uint8_t wordBytes = 0;
        std::uint8_t idCount = 0;
        std::array<char, 26> word{};
        std::array<std::int32_t, 8> ids{};
    };

    /// This thread's cache.
    [[nodiscard]] static WordCache& ofThisThread() {
        thread_local WordCache cache;
        return cache;
    }
    /// A number for a tokenizer that no other had or will have, from 1.
    [[nodiscard]] static std::uint32_t newOwner();

    [[nodiscard]] static bool takes(std::string_view word) { return word.size() <= sizeof(Entry::word); }
    /// Where a word that takes() has its place, whatever lies there.
    [[nodiscard]] Entry& placeOf(std::string_view word, std::uint32_t owner) {
        return (*m_entries)[hash(word, owner) & (kPlaces - 1)];
    }
    [[nodiscard]] static bool holds(const Entry& entry, std::string_view word, std::uint32_t owner) {
        return entry.owner == owner && entry.wordBytes == word.size() &&
               std::memcmp(entry.word.data(), word.data(), word.size()) == 0;
    }
    /// Puts a word into its place, unless it has too many ids.
    static void put(Entry& entry, std::string_view word, std::uint32_t owner, std::span<const std::int32_t> ids);

private:
    static constexpr std::size_t kPlaces = 1 << 15;  // 2 MiB: holds the words of a book and stays in the L2 cache

    [[nodiscard]] static std::uint64_t hash(std::string_view word, std::uint32_t owner) {
        std::uint64_t state = owner + word.size();
        while (!word.empty()) {
            std::uint64_t part = 0;
            const std::size_t count = word.size() < sizeof part ? word.size() : sizeof part;
            std::memcpy(&part, word.data(), count);
            word.remove_prefix(count);
            state = (state ^ part) * 0x9e3779b97f4a7c15ULL;
            state ^= state >> 32U;
        }
        return state;
    }

    std::unique_ptr<std::array<Entry, kPlaces>> m_entries = std::make_unique<std::array<Entry, kPlaces>>();
};

}  // namespace consa
