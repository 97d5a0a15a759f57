// What the kinds of checkpoints share.
#pragma once

#include "core/checkpoint/checkpoint.h"

#include <string>
#include <string_view>
#include <vector>

namespace consa {

/// A tensor's description and its bytes as stored.
struct StoredTensor {
    TensorInfo info;
    std::string_view bytes;
};

/// 16 hex digits over the shape and every tensor's name, type, shape and bytes; of tensors past 64 KiB, evenly
/// spread samples. `tensors` in any order.
[[nodiscard]] std::string sampledFingerprint(const ModelConfig& config, const std::vector<StoredTensor>& tensors);

/// Throws Error (BadInput) saying that `source` has no tensor `name`.
[[noreturn]] void failMissingTensor(const std::string& source, const std::string& name);

}  // namespace consa
