// What LibTorch's errors mean for a user.
#pragma once

#include "core/model/torch_api.h"

#include <string>

namespace consa {

/// One sentence. A device that was lost or that can't go on after an error of its own is named as such: everything
/// asked of it later in this program fails as well.
[[nodiscard]] std::string computeFailure(const c10::Error& error);

}  // namespace consa
