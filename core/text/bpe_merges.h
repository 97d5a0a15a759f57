// Which two symbols become one, in which order: the merges of a byte-pair encoding, applied to one word.
#pragma once

#include "core/text/flat_table.h"

#include <cstdint>
#include <vector>

namespace consa {

/// Merges by rank. Const use is thread-safe.
class BpeMerges {
public:
    /// `result` stands for `left` and `right`; lower ranks go first. A later rank for the same pair replaces it.
    void add(std::int32_t left, std::int32_t right, std::int32_t rank, std::int32_t result) {
        m_table.set(FlatTable::pair(left, right), rank, result);
    }

    /// Merges `symbols` in place from position `begin` on: the lowest rank first, then the leftmost, until no pair is
    /// left.
    void apply(std::vector<std::int32_t>& symbols, std::size_t begin) const;

private:
    void applyToFew(std::vector<std::int32_t>& symbols, std::size_t begin) const;
    void applyToMany(std::vector<std::int32_t>& symbols, std::size_t begin) const;

    FlatTable m_table;  // pair of ids -> rank, result
};

}  // namespace consa
