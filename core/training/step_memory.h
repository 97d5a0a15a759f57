// What a step takes of the device's memory, and the error when there is not enough.
#pragma once

#include "core/base/error.h"
#include "core/model/torch_api.h"

#include <cstdint>
#include <string>

namespace consa {

/// Thrown when a step does not fit into the device's memory, whatever was tried; everything is as before the step,
/// which may be tried again.
class MemoryExhausted final : public Error {
public:
    explicit MemoryExhausted(const std::string& message) : Error(message, ErrorKind::RunFailed) {}
};

/// Whether memory ran out: the device's, or the machine's.
[[nodiscard]] bool saysOutOfMemory(const c10::Error& error);

/// The largest context that fits into `freeBytes` when a token takes `bytesPerToken`, a multiple of 64, at most half of
/// `contextTokens`, which did not fit; 0 when none does, or no longer a window than `windowTokens` and sinks.
[[nodiscard]] int contextThatFits(std::int64_t freeBytes, std::int64_t bytesPerToken, int contextTokens,
                                  int windowTokens);

}  // namespace consa
