// A model on disk, read one tensor at a time: GGUF files, Hugging Face folders, the embedded demo.
#pragma once

#include "core/checkpoint/dequantise.h"
#include "core/checkpoint/model_config.h"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace consa {

/// One stored tensor, named as Hugging Face names it ("model.layers.0.self_attn.q_proj.weight").
struct TensorInfo {
    std::string name;
    std::string type;                 // "F32", "BF16", "Q4_1", ...
    std::vector<std::int64_t> shape;  // rows first: [out, in] for a linear layer
    std::int64_t byteCount = 0;       // as stored

    [[nodiscard]] std::int64_t elementCount() const;
};

/// A tensor's values as they lie in the file, row-major; the bytes live as long as the checkpoint.
struct StoredValues {
    StorageType type = StorageType::F32;
    std::string_view bytes;    // whole blocks of `type`
    std::size_t rows = 1;      // the slowest dimension
    int interleavedHeads = 0;  // heads whose rows are in the interleaved rotary order (GGUF's llama); 0 for none
};

/// Ids of tokens with a meaning, and how a conversation is written; empty where a file does not say.
struct SpecialTokens {
    std::optional<std::int64_t> begin, end, padding;
    std::string chatTemplate;
};

/// Reads tensors of one model. Opening checks that every tensor the architecture needs is there with the right
/// shape and lies inside the file. Not thread-safe.
class Checkpoint {
public:
    virtual ~Checkpoint() = default;

    [[nodiscard]] virtual const ModelConfig& config() const = 0;
    [[nodiscard]] virtual const std::vector<TensorInfo>& tensors() const = 0;
    [[nodiscard]] virtual bool contains(const std::string& name) const = 0;
    /// Dequantised, row-major; query and key rows in the half-split rotary order. Throws Error naming the tensor.
    [[nodiscard]] std::vector<float> readFloat32(const std::string& name) const;
    /// The same into memory of the caller's, which has room for all elements: no copy, and memory can be used again.
    void readFloat32(const std::string& name, float* values) const;
    /// The same, not yet converted. Throws Error naming the tensor when it is missing or of no readable type.
    [[nodiscard]] virtual StoredValues stored(const std::string& name) const = 0;
    /// JSON text in the form of a Hugging Face tokenizer.json, or "" for the byte tokenizer (one id a byte).
    [[nodiscard]] virtual std::string tokenizerJson() const = 0;
    /// What generating needs beside the tokenizer, where the file itself says it (GGUF); folders have files for it.
    [[nodiscard]] virtual SpecialTokens specialTokens() const { return {}; }
    /// 16 hex digits that change when any weight or the shape changes (sampled over large files).
    [[nodiscard]] virtual std::string fingerprint() const = 0;
    /// "gguf" | "safetensors" | "embedded".
    [[nodiscard]] virtual std::string format() const = 0;
};

/// Names of the tensors that a decoder of this shape must have, with their shapes.
[[nodiscard]] std::vector<TensorInfo> requiredTensors(const ModelConfig& config);

/// Throws Error (BadInput) naming the first tensor of `requiredTensors` that is missing or has another shape.
void requireTensors(const Checkpoint& checkpoint, const std::string& source);

/// Opens `model`: `demo` (embedded), `default` (what the set-up installed under dataFolder()), a .gguf file, or a
/// folder with config.json and safetensors. Throws Error (BadInput) naming path, what is wrong and what is supported.
[[nodiscard]] std::unique_ptr<Checkpoint> openCheckpoint(const std::string& model);

/// The path behind `model`: resolves `default`; leaves `demo` and paths as they are.
[[nodiscard]] std::string resolveModelPath(const std::string& model);

}  // namespace consa
