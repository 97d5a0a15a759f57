// The memory of the machine that this program runs on.
#pragma once

#include <cstdint>

namespace consa {

/// Bytes that can be taken without swapping, as the system estimates them (MemAvailable); 0 where it does not say.
[[nodiscard]] std::int64_t availableHostBytes();

/// Bytes that the machine has in all (MemTotal); 0 where the system does not say.
[[nodiscard]] std::int64_t totalHostBytes();

}  // namespace consa
