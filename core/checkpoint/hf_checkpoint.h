// Hugging Face model folders: config.json, safetensors (one file or shards), tokenizer.json.
#pragma once

#include "core/checkpoint/checkpoint.h"

#include <filesystem>
#include <memory>
#include <string>

namespace consa {

/// Opens a folder of LlamaForCausalLM or Qwen3ForCausalLM. A config.json with "consa_tokenizer": "bytes" stands for the
/// byte tokenizer. Throws Error (BadInput) naming file and field that is missing or not supported.
[[nodiscard]] std::unique_ptr<Checkpoint> openHuggingFaceFolder(const std::filesystem::path& folder);

/// The shape described by a config.json's `text`; `source` names it in errors.
[[nodiscard]] ModelConfig modelConfigFromHuggingFace(const std::string& text, const std::string& source);

/// A config.json for a model of ours with the byte tokenizer, as openHuggingFaceFolder and transformers read it.
[[nodiscard]] std::string toHuggingFaceJson(const ModelConfig& config);

}  // namespace consa
