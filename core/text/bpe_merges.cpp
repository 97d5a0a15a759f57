// Merges the symbols of a word: by scanning where they are few, with a queue where they are many.
#include "core/text/bpe_merges.h"

#include <algorithm>
#include <array>
#include <limits>
#include <queue>
#include <tuple>

namespace consa {
namespace {

constexpr std::size_t kFew = 48;  // up to here a scan for each merge beats the queue (measured)
constexpr std::int32_t kNoRank = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t kNone = static_cast<std::size_t>(-1);

/// Two symbols that could become one; the lowest rank goes first, then the leftmost.
struct Candidate {
    std::int32_t rank = 0;
    std::int32_t result = 0;
    std::size_t left = 0;
    std::size_t right = 0;
    std::int32_t leftId = 0;
    std::int32_t rightId = 0;

    bool operator>(const Candidate& other) const { return std::tie(rank, left) > std::tie(other.rank, other.left); }
};

/// A symbol in a doubly linked list; `id` is -1 once it was merged into its left neighbour.
struct Link {
    std::int32_t id = -1;
    std::size_t previous = kNone;
    std::size_t next = kNone;
};

std::vector<Link> linked(const std::vector<std::int32_t>& symbols, std::size_t begin) {
    const std::size_t count = symbols.size() - begin;
    std::vector<Link> links(count);
    for (std::size_t i = 0; i < count; ++i) {
        links[i] = {symbols[begin + i], i == 0 ? kNone : i - 1, i + 1 == count ? kNone : i + 1};
    }
    return links;
}

}  // namespace

void BpeMerges::apply(std::vector<std::int32_t>& symbols, std::size_t begin) const {
    const std::size_t count = symbols.size() - begin;
    if (count < 2) return;
    count <= kFew ? applyToFew(symbols, begin) : applyToMany(symbols, begin);
}

void BpeMerges::applyToFew(std::vector<std::int32_t>& symbols, std::size_t begin) const {
    std::array<std::int32_t, kFew> ranks;  // of each symbol with the one after it
    std::array<std::int32_t, kFew> results;
    std::int32_t* ids = symbols.data() + begin;
    std::size_t count = symbols.size() - begin;
    const auto look = [&](std::size_t i) {
        const FlatTable::Entry* entry = m_table.find(FlatTable::pair(ids[i], ids[i + 1]));
        ranks[i] = entry == nullptr ? kNoRank : entry->first;
        results[i] = entry == nullptr ? 0 : entry->second;
    };
    for (std::size_t i = 0; i + 1 < count; ++i) look(i);
    while (count > 1) {
        std::size_t best = 0;
        for (std::size_t i = 1; i + 1 < count; ++i) {
            if (ranks[i] < ranks[best]) best = i;
        }
        if (ranks[best] == kNoRank) break;
        ids[best] = results[best];
        --count;
        for (std::size_t i = best + 1; i < count; ++i) {
            ids[i] = ids[i + 1];
            ranks[i - 1] = ranks[i];
            results[i - 1] = results[i];
        }
        if (best > 0) look(best - 1);
        if (best + 1 < count) look(best);
    }
    symbols.resize(begin + count);
}

void BpeMerges::applyToMany(std::vector<std::int32_t>& symbols, std::size_t begin) const {
    std::vector<Link> links = linked(symbols, begin);
    std::priority_queue<Candidate, std::vector<Candidate>, std::greater<>> queue;
    const auto consider = [&](std::size_t left, std::size_t right) {
        if (left == kNone || right == kNone) return;
        const FlatTable::Entry* entry = m_table.find(FlatTable::pair(links[left].id, links[right].id));
        if (entry != nullptr) {
            queue.push({entry->first, entry->second, left, right, links[left].id, links[right].id});
        }
    };
    for (std::size_t i = 0; i + 1 < links.size(); ++i) consider(i, i + 1);
    while (!queue.empty()) {
        const Candidate best = queue.top();
        queue.pop();
        Link& left = links[best.left];
        // Either side may have been merged since this pair was queued.
        if (left.id != best.leftId || left.next != best.right || links[best.right].id != best.rightId) continue;
        left.id = best.result;
        left.next = links[best.right].next;
        links[best.right].id = -1;
        if (left.next != kNone) links[left.next].previous = best.left;
        consider(left.previous, best.left);
        consider(best.left, left.next);
    }
    symbols.resize(begin);
    for (const Link& link : links) {
        if (link.id >= 0) symbols.push_back(link.id);
    }
}

}  // namespace consa
