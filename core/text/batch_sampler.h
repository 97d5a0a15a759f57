// Which windows the next training step sees: seeded permutations, one an epoch.
#pragma once

#include "core/text/token_corpus.h"

#include <cstdint>
#include <vector>

namespace consa {

/// Draws batches without replacement within an epoch. Batch n depends on (seed, n) alone, so a resumed run sees what
/// the uninterrupted one would have.
class BatchSampler {
public:
    /// Throws Error (BadInput) when `windows` is empty or batchSize < 1.
    BatchSampler(std::vector<TokenWindow> windows, int batchSize, std::uint64_t seed);

    /// The windows of batch `step` (0-based), batchSize() of them.
    [[nodiscard]] std::vector<TokenWindow> batch(std::int64_t step) const;
    [[nodiscard]] int batchSize() const { return m_batchSize; }

private:
    [[nodiscard]] const std::vector<std::uint32_t>& order(std::int64_t epoch) const;

    std::vector<TokenWindow> m_windows;
    int m_batchSize;
    std::uint64_t m_seed;
    mutable std::int64_t m_epoch = -1;
    mutable std::vector<std::uint32_t> m_order;
};

}  // namespace consa
