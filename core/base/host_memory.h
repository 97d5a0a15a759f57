// The memory of the machine that this program runs on.
#pragma once

#include <cstdint>

namespace consa {

/// Bytes that can be taken without swapping, as the system estimates them (MemAvailable); 0 where it does not say.
[[nodiscard]] std::int64_t availableHostBytes();

}  // namespace consa
