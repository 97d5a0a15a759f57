// Long texts with a number hidden in them that the end asks for: a probe of what full attention is kept for.
#pragma once

#include "core/text/tokenizer.h"

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace consa {

/// One text to evaluate as a window: contextTokens + 1 ids. The loss is taken on the answer's tokens, ids
/// [answerBegin, answerEnd), which are the key's digits and end the text; the loss of ids[i] stands at i - 1 of
/// Transformer::tokenLosses().
struct PasskeyText {
    std::vector<std::int32_t> ids;
    int answerBegin = 0;
    int answerEnd = 0;
    std::string key;   // five digits
    double depth = 0;  // share of the filler that precedes the key
    std::uint64_t seed = 0;

    bool operator==(const PasskeyText&) const = default;
};

/// Where the key is hidden: evenly, away from the start's sinks and, in contexts of ten windows, the last window.
constexpr std::array<double, 5> kPasskeyDepths{.1, .3, .5, .7, .9};

/// `filler`, ids of ordinary text from one document, cut to length where the seed says, with a sentence that names the
/// key at `depth` and the question and answer at the end (after Mohtashami and Jaggi, Landmark Attention, 2023). Seeds
/// give different keys up to 90000 of them; texts of one seed differ in depth only. Throws Error (BadInput) when the
/// context can't hold the sentences, the filler is too short, or depth does not lie between 0 and 1.
[[nodiscard]] PasskeyText makePasskeyText(const Tokenizer& tokenizer, std::span<const std::int32_t> filler,
                                          int contextTokens, double depth, std::uint64_t seed);

/// A text at each of kPasskeyDepths for each of the seeds 0 .. seedCount - 1, depth by depth.
[[nodiscard]] std::vector<PasskeyText> makePasskeyTexts(const Tokenizer& tokenizer,
                                                        std::span<const std::int32_t> filler, int contextTokens,
                                                        int seedCount);

}  // namespace consa
