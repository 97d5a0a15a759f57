// Blocks of points.
#include "ui/models/history_points.h"

namespace consa {

HistoryPoint HistoryPoints::operator[](std::size_t index) const {
    const Record& one = record(index);
    return {0,          one.step,       one.loss,   one.objective, one.expectedSparsity, one.scheduledTarget,
            one.target, one.multiplier, one.seconds};
}

std::size_t HistoryPoints::lowerBound(int step) const {
    std::size_t first = 0;
    std::size_t last = m_size;
    while (first < last) {
        const std::size_t middle = first + (last - first) / 2;
        if (record(middle).step < step) {
            first = middle + 1;
        } else {
            last = middle;
        }
    }
    return first;
}

std::vector<HistoryPoint> HistoryPoints::toVector() const {
    std::vector<HistoryPoint> points;
    points.reserve(m_size);
    for (std::size_t index = 0; index < m_size; ++index) points.push_back((*this)[index]);
    return points;
}

void HistoryPoints::append(const HistoryPoint& point) {
    if (m_size == m_blocks.size() * kBlockSize) m_blocks.push_back(std::make_unique<Block>());
    (*m_blocks[m_size / kBlockSize])[m_size % kBlockSize] = {
        point.loss,   point.objective,  point.expectedSparsity, point.scheduledTarget,
        point.target, point.multiplier, point.seconds,          point.step};
    ++m_size;
}

void HistoryPoints::truncate(std::size_t count) {
    if (count >= m_size) return;
    m_size = count;
    m_blocks.resize((count + kBlockSize - 1) / kBlockSize);
}

}  // namespace consa
