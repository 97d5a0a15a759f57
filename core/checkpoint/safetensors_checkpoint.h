// A model whose weights lie in safetensors, wherever the bytes come from.
#pragma once

#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/mapped_file.h"
#include "core/checkpoint/safetensors_file.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace consa {

/// What such a checkpoint is made of.
struct SafetensorsModel {
    ModelConfig config;
    std::string format;                               // as Checkpoint::format()
    std::string source;                               // names the model in errors
    std::vector<std::unique_ptr<MappedFile>> mapped;  // keep the bytes of `files` alive; none for embedded bytes
    std::vector<SafetensorsFile> files;
    std::filesystem::path tokenizerFile;  // a tokenizer.json, empty for the byte tokenizer
};

/// Throws Error (BadInput) when tensors are missing, doubled or of another shape than the config asks for.
[[nodiscard]] std::unique_ptr<Checkpoint> makeSafetensorsCheckpoint(SafetensorsModel model);

}  // namespace consa
