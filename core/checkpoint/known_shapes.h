// Shapes of published decoders, for measurements that need no weights.
#pragma once

#include "core/checkpoint/model_config.h"

#include <string>
#include <vector>

namespace consa {

/// "smollm2-135m", "qwen3-0.6b", ...
[[nodiscard]] std::vector<std::string> knownShapes();
/// Throws Error (BadInput) naming the shapes that are known.
[[nodiscard]] ModelConfig knownShape(const std::string& name);

}  // namespace consa
