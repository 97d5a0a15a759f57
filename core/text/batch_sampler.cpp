// Draws windows by seeded permutations, one an epoch, batches running on from one epoch into the next.
#include "core/text/batch_sampler.h"

#include "core/base/dice.h"
#include "core/base/error.h"

#include <limits>
#include <numeric>
#include <utility>

namespace consa {

BatchSampler::BatchSampler(std::vector<TokenWindow> windows, int batchSize, std::uint64_t seed)
    : m_windows(std::move(windows)), m_batchSize(batchSize), m_seed(seed) {
    if (m_windows.empty()) throw Error("there is no window of text to learn from; add text or shorten the context");
    if (m_windows.size() > std::numeric_limits<std::uint32_t>::max()) {
        throw Error("the texts hold more windows than can be drawn from; lengthen the context or use less text");
    }
    if (batchSize < 1) throw Error("the batch size is " + std::to_string(batchSize) + "; it must be 1 or more");
}

std::vector<TokenWindow> BatchSampler::batch(std::int64_t step) const {
    if (step < 0) throw Error("step " + std::to_string(step) + " is before the first, 0");
    const auto count = static_cast<std::int64_t>(m_windows.size());
    std::vector<TokenWindow> windows;
    windows.reserve(static_cast<std::size_t>(m_batchSize));
    for (std::int64_t draw = step * m_batchSize; draw < (step + 1) * m_batchSize; ++draw) {
        const std::uint32_t index = order(draw / count)[static_cast<std::size_t>(draw % count)];
        windows.push_back(m_windows[index]);
    }
    return windows;
}

const std::vector<std::uint32_t>& BatchSampler::order(std::int64_t epoch) const {
    if (epoch != m_epoch) {
        m_order.resize(m_windows.size());
        std::iota(m_order.begin(), m_order.end(), 0U);
        Dice(mixSeed(m_seed, static_cast<std::uint64_t>(epoch))).shuffle(m_order);
        m_epoch = epoch;
    }
    return m_order;
}

}  // namespace consa
