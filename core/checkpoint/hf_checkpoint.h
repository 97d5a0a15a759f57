// Hugging Face model folders: config.json, safetensors (one file or shards), tokenizer.json.
#pragma once

#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/hf_config.h"

#include <filesystem>
#include <memory>
#include <string>

namespace consa {

/// Opens a model folder, or a folder of Hugging Face's cache (models--*). A config.json with "consa_tokenizer": "bytes"
/// stands for the byte tokenizer. Throws Error (BadInput) naming file and field that is missing or not supported.
[[nodiscard]] std::unique_ptr<Checkpoint> openHuggingFaceFolder(const std::filesystem::path& folder);

}  // namespace consa
