// CUDA events of part_clock.h.
#include "core/model/part_clock.h"

namespace consa {

std::string toString(Part part) {
    static const std::array<const char*, kPartCount> names{
        "linear", "elementwise", "full attention", "sliding attention", "sinks", "gates", "loss", "other"};
    return names[static_cast<std::size_t>(part)];
}

}  // namespace consa

#ifdef CONSA_HAS_CUDA

#include <ATen/cuda/CUDAContext.h>
#include <ATen/cuda/CUDAEvent.h>

#include <deque>
#include <utility>

namespace consa {

struct PartClock::Events {
    std::deque<std::pair<Part, at::cuda::CUDAEvent>> marks;

    void record(Part part) {
        marks.emplace_back(part, at::cuda::CUDAEvent(cudaEventDefault));
        marks.back().second.record(at::cuda::getCurrentCUDAStream());
    }
};

PartClock::PartClock() : m_events(std::make_unique<Events>()) {}

PartClock::~PartClock() = default;

void PartClock::mark(Part part) {
    if (m_events->marks.empty() || m_events->marks.back().first != part) m_events->record(part);
}

std::array<double, kPartCount> PartClock::finish() {
    std::array<double, kPartCount> seconds{};
    auto& marks = m_events->marks;
    if (marks.empty()) return seconds;
    m_events->record(Part::Other);
    marks.back().second.synchronize();
    constexpr double kMillisecond = 1e-3;
    for (std::size_t i = 0; i + 1 < marks.size(); ++i)
        seconds[static_cast<std::size_t>(marks[i].first)] +=
            kMillisecond * static_cast<double>(marks[i].second.elapsed_time(marks[i + 1].second));
    marks.clear();
    return seconds;
}

}  // namespace consa

#else

namespace consa {

struct PartClock::Events {};

PartClock::PartClock() = default;

PartClock::~PartClock() = default;

void PartClock::mark(Part) {}

std::array<double, kPartCount> PartClock::finish() {
    return {};
}

}  // namespace consa

#endif
