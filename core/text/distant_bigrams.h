// Recall on ordinary text: tokens that repeat what only full attention can still read.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace consa {

/// Marks the predicted tokens that complete a pair of tokens seen before in this window of text, but only out of the
/// predicting query's reach. `ids` are a window's contextTokens + 1 ids; entry i of the result, of contextTokens, is 1
/// iff ids[i + 1] is such a token: query i holds the pair's first half, and every earlier place s with ids[s - 1] ==
/// ids[i] and ids[s] == ids[i + 1] (there is one) has i - s >= windowTokens, where windowTokens counts the query.
/// Sinks are not considered. After the repeated pairs ("AR hits") of Arora et al., Zoology, arXiv
/// 2312.04927. Takes linear time. windowTokens >= 1.
[[nodiscard]] std::vector<std::uint8_t> distantBigrams(std::span<const std::int32_t> ids, int windowTokens);

}  // namespace consa
