// Writes a Hugging Face model folder that has a layout built in.
#pragma once

#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/hf_export_config.h"

#include <cstdint>
#include <filesystem>
#include <functional>

namespace consa {

/// How weights are written. AsStored links a folder's own files, and writes other sources' quantised and F16 weights as
/// float32, which keeps every value.
enum class ExportedWeights { AsStored, Float32, BFloat16 };

/// "stored", "float32" or "bfloat16". Throws Error (BadInput) for any other word.
[[nodiscard]] ExportedWeights exportedWeightsFromString(const std::string& word);

/// Where to and how.
struct HuggingFaceExport {
    std::filesystem::path folder;        // new, or empty
    std::filesystem::path sourceFolder;  // the model's own folder of safetensors; empty for other kinds of models
    ExportedWeights weights = ExportedWeights::AsStored;
    std::int64_t shardBytes = std::int64_t{4} << 30;  // weights a file, when they are written anew
    /// Called with 0..1; what it throws ends the work and leaves nothing behind.
    std::function<void(double)> progress = [](double) {};
};

/// Writes config.json, weights, tokenizer and what else of the source folder a reader needs. `checkpoint` is the model
/// that `plan` was made for. A source folder's weight files are hard-linked, or copied to another file system; missing
/// zero biases come in a file of their own. Other sources are converted one tensor at a time. The folder appears whole
/// or not at all. Throws Error naming the path.
void writeHuggingFaceFolder(const Checkpoint& checkpoint, const HuggingFacePlan& plan, const HuggingFaceExport& how);

}  // namespace consa
