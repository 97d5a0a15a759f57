// What errors of LibTorch and of our kernels mean for a user.
#pragma once

#include <exception>
#include <string>

namespace consa {

/// One sentence without its full stop. A device that was lost or that can't go on after an error of its own is named as
/// such: everything asked of it later in this program fails as well.
[[nodiscard]] std::string computeFailure(const std::exception& error);

}  // namespace consa
