// How much of the logits the loss holds at once.
#pragma once

#include <algorithm>
#include <cstdint>

namespace consa {

/// Rows of a chunk of [rows, vocabulary] logits of `valueBytes` each: about 1 GiB (measured: larger ones gain nothing),
/// chunks of about the same size, in whole tiles of a matrix product. `vocabulary` 0: not known.
[[nodiscard]] inline std::int64_t lossChunkRows(std::int64_t rows, std::int64_t vocabulary, std::int64_t valueBytes) {
    constexpr std::int64_t kBytes = std::int64_t{1} << 30, kTile = 128;
    const std::int64_t most = std::max(2 * kTile, kBytes / std::max<std::int64_t>(1, vocabulary * valueBytes));
    const std::int64_t chunks = std::max<std::int64_t>(1, (rows + most - 1) / most);
    const std::int64_t even = (rows + chunks - 1) / chunks;
    return std::max(kTile, (even + kTile - 1) / kTile * kTile);
}

}  // namespace consa
