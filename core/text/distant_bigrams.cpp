// Finds repeated pairs of tokens through the last place of each pair.
#include "core/text/distant_bigrams.h"

#include <unordered_map>

namespace consa {

std::vector<std::uint8_t> distantBigrams(std::span<const std::int32_t> ids, int windowTokens) {
    if (ids.size() < 2) return {};
    std::vector<std::uint8_t> isDistant(ids.size() - 1, 0);
    std::unordered_map<std::uint64_t, std::size_t> lastPlace;  // of a pair's second token
    lastPlace.reserve(isDistant.size());
    for (std::size_t query = 0; query < isDistant.size(); ++query) {
        const std::uint64_t pair = static_cast<std::uint64_t>(static_cast<std::uint32_t>(ids[query])) << 32 |
                                   static_cast<std::uint32_t>(ids[query + 1]);
        // The last place is the nearest: when it is out of reach, all are.
        const auto [place, isNew] = lastPlace.try_emplace(pair, query + 1);
        if (isNew) continue;
        isDistant[query] = query - place->second >= static_cast<std::size_t>(windowTokens) ? 1 : 0;
        place->second = query + 1;
    }
    return isDistant;
}

}  // namespace consa
