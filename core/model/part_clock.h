// Device time of a step by part.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>

namespace consa {

enum class Part { Linear, Elementwise, FullAttention, SlidingAttention, Sinks, Gates, Loss, Other };
inline constexpr std::size_t kPartCount = 8;

/// "full attention".
[[nodiscard]] std::string toString(Part part);

/// Marks where parts begin on the current CUDA stream, without waiting for the device.
class PartClock {
public:
    PartClock();
    ~PartClock();
    PartClock(const PartClock&) = delete;
    PartClock& operator=(const PartClock&) = delete;

    /// From here on the device's time counts as `part`.
    void mark(Part part);
    /// Ends the last part, waits for the device and returns the seconds of each part since the last call. Time in which
    /// the device waited for the host counts as the part that it waited for.
    [[nodiscard]] std::array<double, kPartCount> finish();

private:
    struct Events;
    std::unique_ptr<Events> m_events;
};

}  // namespace consa
