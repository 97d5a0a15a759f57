// Hugging Face model folders: config.json, safetensors (one file or shards), tokenizer.json.
#pragma once

#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/hf_config.h"

#include <filesystem>
#include <memory>
#include <string>

namespace consa {

/// The folder that holds config.json: `folder` itself, or for a folder of Hugging Face's cache
/// (models--ORGANISATION--NAME) the snapshot that refs/main names, or its only one. Throws Error (BadInput) when there
/// are several.
[[nodiscard]] std::filesystem::path huggingFaceFolder(const std::filesystem::path& folder);

/// Opens a model folder, or a folder of Hugging Face's cache (models--*). A config.json with "consa_tokenizer": "bytes"
/// stands for the byte tokenizer. Throws Error (BadInput) naming file and field that is missing or not supported.
[[nodiscard]] std::unique_ptr<Checkpoint> openHuggingFaceFolder(const std::filesystem::path& named);

}  // namespace consa
