// llama.cpp's model files (GGUF) of the architectures llama and qwen3.
#pragma once

#include "core/checkpoint/checkpoint.h"

#include <filesystem>
#include <memory>

namespace consa {

/// Throws Error (BadInput) naming the file and the metadata key, tensor or feature that is not supported.
[[nodiscard]] std::unique_ptr<Checkpoint> openGgufCheckpoint(const std::filesystem::path& path);

}  // namespace consa
