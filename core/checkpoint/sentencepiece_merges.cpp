// Splits every token at every place and sorts what is found.
#include "core/checkpoint/sentencepiece_merges.h"

#include "core/base/error.h"

#include <algorithm>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace consa {
namespace {

constexpr std::size_t kLongestToken = 512;  // bytes; five times any known, and short enough to try all splits

struct Merge {
    float score = 0;
    std::size_t leftCharacters = 0;
    std::size_t rightCharacters = 0;
    std::string_view left;
    std::string_view right;
};

bool beginsCharacter(char byte) {
    return (static_cast<unsigned char>(byte) & 0xc0U) != 0x80U;
}

using Places = std::unordered_map<std::string_view, std::size_t>;

/// Appends every way to make `token` of two that have a place.
void splitEverywhere(std::string_view token, float score, const Places& places, std::vector<Merge>& merges) {
    const auto characters = static_cast<std::size_t>(std::count_if(token.begin(), token.end(), beginsCharacter));
    std::size_t before = 1;
    for (std::size_t at = 1; at < token.size(); ++at) {
        if (!beginsCharacter(token[at])) continue;
        const std::string_view left = token.substr(0, at);
        const std::string_view right = token.substr(at);
        if (places.contains(left) && places.contains(right)) {
            merges.push_back({score, before, characters - before, left, right});
        }
        ++before;
    }
}

}  // namespace

std::vector<std::pair<std::string_view, std::string_view>> mergesFromScores(std::span<const std::string_view> tokens,
                                                                            std::span<const float> scores,
                                                                            const std::string& source) {
    Places lastPlaces;  // of two equal tokens the last one's score counts, at the first one's turn
    for (std::size_t i = 0; i < tokens.size(); ++i) lastPlaces.insert_or_assign(tokens[i], i);
    std::unordered_set<std::string_view> done;
    std::vector<Merge> merges;
    for (std::size_t i = 0; i < tokens.size(); ++i) {
        if (tokens[i].size() > kLongestToken) {
            throw Error("cannot read text for " + source + ": token " + std::to_string(i) + " has " +
                        std::to_string(tokens[i].size()) + " bytes, more than " + std::to_string(kLongestToken) +
                        "; the file is damaged");
        }
        const bool isNew = done.insert(tokens[i]).second;
        if (isNew) splitEverywhere(tokens[i], scores[lastPlaces.at(tokens[i])], lastPlaces, merges);
    }
    std::stable_sort(merges.begin(), merges.end(), [](const Merge& a, const Merge& b) {
        return std::tie(a.score, a.leftCharacters, a.rightCharacters) >
               std::tie(b.score, b.leftCharacters, b.rightCharacters);
    });
    std::vector<std::pair<std::string_view, std::string_view>> pairs(merges.size());
    std::transform(merges.begin(), merges.end(), pairs.begin(),
                   [](const Merge& merge) { return std::pair(merge.left, merge.right); });
    return pairs;
}

}  // namespace consa
