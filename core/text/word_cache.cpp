// Numbers tokenizers and fills places.
#include "core/text/word_cache.h"

#include <algorithm>
#include <atomic>

namespace consa {

std::uint32_t WordCache::newOwner() {
    static std::atomic<std::uint32_t> last = 0;
    return ++last;
}

void WordCache::put(Entry& entry, std::string_view word, std::uint32_t owner, std::span<const std::int32_t> ids) {
    static_assert(sizeof(Entry) == 64);
    if (ids.size() > entry.ids.size()) return;
    entry.owner = owner;
    entry.wordBytes = static_cast<std::uint8_t>(word.size());
    entry.idCount = static_cast<std::uint8_t>(ids.size());
    std::copy(word.begin(), word.end(), entry.word.begin());
    std::copy(ids.begin(), ids.end(), entry.ids.begin());
}

}  // namespace consa
