// Tells errors of memory and what would fit.
#include "core/training/step_memory.h"

#include <algorithm>

namespace consa {

bool saysOutOfMemory(const c10::Error& error) {
    if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
    const std::string text = error.what_without_backtrace();
    return text.find("DefaultCPUAllocator") != std::string::npos ||
           text.find("CUDA error: out of memory") != std::string::npos;
}

int contextThatFits(std::int64_t freeBytes, std::int64_t bytesPerToken, int contextTokens, int windowTokens) {
    constexpr std::int64_t kMultiple = 64;
    const std::int64_t fitting =
        std::min<std::int64_t>(freeBytes / std::max<std::int64_t>(1, bytesPerToken), contextTokens / 2);
    const std::int64_t rounded = fitting / kMultiple * kMultiple;
    return rounded > windowTokens ? static_cast<int>(rounded) : 0;
}

}  // namespace consa
