// Storage of a run's points: a fixed number of bytes a step, whatever the run's length.
#pragma once

#include "core/session/session_snapshot.h"

#include <array>
#include <cstddef>
#include <memory>
#include <vector>

namespace consa {

/// Points in order of their steps, kept in blocks: growing copies nothing and leaves less than one block unused. The
/// run's number is not kept; it is the same for all and 0 in what is read back.
class HistoryPoints {
public:
    [[nodiscard]] std::size_t size() const { return m_size; }
    [[nodiscard]] bool empty() const { return m_size == 0; }
    [[nodiscard]] HistoryPoint operator[](std::size_t index) const;
    /// Must not be empty.
    [[nodiscard]] HistoryPoint back() const { return (*this)[m_size - 1]; }
    /// Index of the first point whose step is not below `step`; size() when there is none.
    [[nodiscard]] std::size_t lowerBound(int step) const;
    [[nodiscard]] std::vector<HistoryPoint> toVector() const;
    /// Taken up by all points, in bytes.
    [[nodiscard]] std::size_t bytes() const { return m_blocks.size() * sizeof(Block); }

    /// The step must be above that of the last point.
    void append(const HistoryPoint& point);
    /// Keeps the first `count` points.
    void truncate(std::size_t count);

    static constexpr std::size_t kBytesAStep = 64;

private:
    struct Record {
        double loss, objective, expectedSparsity, scheduledTarget, target, multiplier, seconds;
        int step;
    };
    static_assert(sizeof(Record) == kBytesAStep);
    static constexpr std::size_t kBlockSize = 1024;
    using Block = std::array<Record, kBlockSize>;

    [[nodiscard]] const Record& record(std::size_t index) const {
        return (*m_blocks[index / kBlockSize])[index % kBlockSize];
    }

    std::vector<std::unique_ptr<Block>> m_blocks;
    std::size_t m_size = 0;
};

}  // namespace consa
