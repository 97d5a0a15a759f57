// The merges behind a SentencePiece vocabulary, which stores scores instead.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace consa {

/// Every way to make a token of two others, the better score first; of equal scores the longer left side, then the
/// longer right side, then the earlier token: the order in which transformers derives them. Lengths are in characters.
/// `scores` has one number a token. Throws Error (BadInput) naming `source` for tokens too long to be words.
[[nodiscard]] std::vector<std::pair<std::string_view, std::string_view>> mergesFromScores(
    std::span<const std::string_view> tokens, std::span<const float> scores, const std::string& source);

}  // namespace consa
