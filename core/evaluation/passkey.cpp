// Joins filler, key, question and answer as token ids.
#include "core/evaluation/passkey.h"

#include "core/base/dice.h"
#include "core/base/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace consa {
namespace {

/// Five digits; a permutation of the seeds below 90000.
std::string keyOf(std::uint64_t seed) {
    return std::to_string(10000 + (seed % 90000 * 48271 + 38213) % 90000);
}

/// Where the digits that end `ids` begin; spaces of their own token are left out, for they take no recalling.
std::size_t digitsBegin(const Tokenizer& tokenizer, std::span<const std::int32_t> ids) {
    const auto hasDigit = [&](std::size_t place) {
        const std::string text = tokenizer.decode(ids.subspan(place, 1));
        return text.find_first_of("0123456789") != std::string::npos;
    };
    std::size_t begin = ids.size();
    while (begin > 0 && hasDigit(begin - 1)) --begin;
    return begin;
}

/// `count` ids from a place that the seed picks.
std::span<const std::int32_t> cutFiller(std::span<const std::int32_t> filler, std::size_t count, std::uint64_t seed) {
    if (filler.size() < count)
        throw Error(
            fmt::format("A pass key is hidden in {} tokens of ordinary text, but the document has {}; take a "
                        "longer document or a smaller --context.",
                        count, filler.size()));
    return filler.subspan(Dice(mixSeed(seed, count)).below(filler.size() - count + 1), count);
}

}  // namespace

PasskeyText makePasskeyText(const Tokenizer& tokenizer, std::span<const std::int32_t> filler, int contextTokens,
                            double depth, std::uint64_t seed) {
    if (!(depth > 0 && depth < 1))
        throw Error(fmt::format("A pass key's depth must lie between 0 and 1, not at {}.", depth));
    PasskeyText text;
    text.key = keyOf(seed);
    text.depth = depth;
    text.seed = seed;
    const auto hidden =
        tokenizer.encode(fmt::format("\nThe pass key is {0}. Remember it. {0} is the pass key.\n", text.key));
    const auto asked = tokenizer.encode(fmt::format("\nWhat is the pass key? The pass key is {}", text.key));
    const std::size_t length = static_cast<std::size_t>(std::max(contextTokens, 0)) + 1;
    if (length <= hidden.size() + asked.size())
        throw Error(
            fmt::format("A pass key's text takes a context of {} tokens or more, not {}; use a larger --context.",
                        hidden.size() + asked.size(), contextTokens));
    const auto around = cutFiller(filler, length - hidden.size() - asked.size(), seed);
    const auto before = static_cast<std::size_t>(std::lround(depth * static_cast<double>(around.size())));
    for (const std::span<const std::int32_t> part :
         {around.first(before), std::span(hidden), around.subspan(before), std::span(asked)})
        text.ids.insert(text.ids.end(), part.begin(), part.end());
    text.answerBegin = static_cast<int>(length - asked.size() + digitsBegin(tokenizer, asked));
    text.answerEnd = static_cast<int>(length);
    return text;
}

std::vector<PasskeyText> makePasskeyTexts(const Tokenizer& tokenizer, std::span<const std::int32_t> filler,
                                          int contextTokens, int seedCount) {
    std::vector<PasskeyText> texts;
    for (const double depth : kPasskeyDepths) {
        for (int seed = 0; seed < seedCount; ++seed)
            texts.push_back(makePasskeyText(tokenizer, filler, contextTokens, depth, static_cast<std::uint64_t>(seed)));
    }
    return texts;
}

}  // namespace consa
