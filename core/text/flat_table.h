// A hash table of numbers for hot loops: open addressing in one block, filled once and then only read.
#pragma once

#include <bit>
#include <cstdint>
#include <utility>
#include <vector>

namespace consa {

/// Maps 64-bit keys, any but kNoKey, to a pair of ids. At most half full, so a search ends after a step or two.
class FlatTable {
public:
    static constexpr std::uint64_t kNoKey = ~std::uint64_t{0};

    struct Entry {
        std::uint64_t key = kNoKey;
        std::int32_t first = 0;
        std::int32_t second = 0;
    };

    [[nodiscard]] static constexpr std::uint64_t pair(std::int32_t left, std::int32_t right) {
        return static_cast<std::uint64_t>(static_cast<std::uint32_t>(left)) << 32U | static_cast<std::uint32_t>(right);
    }

    /// A later value for the same key replaces the earlier one.
    void set(std::uint64_t key, std::int32_t first, std::int32_t second = 0) {
        if (2 * (m_count + 1) > m_entries.size()) grow();
        Entry& entry = m_entries[slotOf(key)];
        if (entry.key == kNoKey) ++m_count;
        entry = {key, first, second};
    }

    /// nullptr when the key is not there.
    [[nodiscard]] const Entry* find(std::uint64_t key) const {
        const Entry& entry = m_entries[slotOf(key)];
        return entry.key == key ? &entry : nullptr;
    }

private:
    [[nodiscard]] std::size_t slotOf(std::uint64_t key) const {
        // Multiplying by the golden ratio spreads neighbouring keys; the upper bits are the well mixed ones.
        std::size_t slot = ((key ^ (key >> 32U)) * 0x9e3779b97f4a7c15ULL) >> m_shift;
        while (m_entries[slot].key != key && m_entries[slot].key != kNoKey) slot = (slot + 1) & (m_entries.size() - 1);
        return slot;
    }

    void grow() {
        const std::vector<Entry> old = std::exchange(m_entries, std::vector<Entry>(2 * m_entries.size()));
        m_shift = 64U - static_cast<unsigned>(std::countr_zero(m_entries.size()));
        for (const Entry& entry : old) {
            if (entry.key != kNoKey) m_entries[slotOf(entry.key)] = entry;
        }
    }

    std::vector<Entry> m_entries = std::vector<Entry>(16);
    std::size_t m_count = 0;
    unsigned m_shift = 60;
};

}  // namespace consa
