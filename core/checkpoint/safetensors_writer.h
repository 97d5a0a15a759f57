// Writes safetensors tensor by tensor, so that a model is never whole in memory.
#pragma once

#include "core/checkpoint/dequantise.h"

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <vector>

namespace consa {

/// A tensor to come.
struct TensorPlan {
    std::string name;
    std::vector<std::int64_t> shape;
    StorageType type = StorageType::F32;  // F32 or BF16

    [[nodiscard]] std::int64_t byteCount() const;
};

/// The row-major values of a planned tensor, asked for in order.
using TensorSource = std::function<std::vector<float>(const TensorPlan&)>;

/// Writes `tensors` to `path`; the data starts at a multiple of 64 bytes. Returns the ContentHash of the file. Throws
/// Error (RunFailed) naming the path and the system's reason; what `source` throws leaves a part behind.
std::string writeSafetensors(const std::filesystem::path& path, const std::vector<TensorPlan>& tensors,
                             const TensorSource& source);

}  // namespace consa
