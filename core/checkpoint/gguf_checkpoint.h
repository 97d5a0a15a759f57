// llama.cpp's model files (GGUF) of the architectures llama (Mistral among them), qwen2 and qwen3, whole or split.
#pragma once

#include "core/checkpoint/checkpoint.h"

#include <filesystem>
#include <memory>

namespace consa {

/// `path` is a file, the first of them when the model is split. Throws Error (BadInput) naming the file and the
/// metadata key, tensor or feature that is not supported.
[[nodiscard]] std::unique_ptr<Checkpoint> openGgufCheckpoint(const std::filesystem::path& path);

}  // namespace consa
