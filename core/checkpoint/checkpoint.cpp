// Decides which kind of model is meant, and what every kind must hold.
#include "core/checkpoint/checkpoint.h"

#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/checkpoint/checkpoint_support.h"
#include "core/checkpoint/dequantise.h"
#include "core/checkpoint/embedded_checkpoint.h"
#include "core/checkpoint/gguf_checkpoint.h"
#include "core/checkpoint/hf_checkpoint.h"

#include <algorithm>
#include <unordered_map>

namespace consa {
namespace {

constexpr std::size_t kHashedWhole = std::size_t{64} << 10U;
constexpr std::size_t kSamples = 64;
constexpr std::size_t kSampleBytes = 256;

std::string shapeText(const std::vector<std::int64_t>& shape) {
    std::string text = "[";
    for (std::size_t i = 0; i < shape.size(); ++i) text += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
    return text + "]";
}

void addLayer(const ModelConfig& config, int layer, std::vector<TensorInfo>& tensors) {
    const std::string prefix = "model.layers." + std::to_string(layer) + ".";
    const std::int64_t queryRows = static_cast<std::int64_t>(config.queryHeadCount) * config.headDim;
    const std::int64_t kvRows = static_cast<std::int64_t>(config.kvHeadCount) * config.headDim;
    const auto add = [&](const char* name, std::vector<std::int64_t> shape) {
        tensors.push_back({prefix + name + ".weight", "", std::move(shape), 0});
    };
    const auto addBias = [&](const char* name, std::int64_t rows) {
        if (config.hasQkvBias) tensors.push_back({prefix + name + ".bias", "", {rows}, 0});
    };
    add("input_layernorm", {config.hiddenSize});
    add("self_attn.q_proj", {queryRows, config.hiddenSize});
    addBias("self_attn.q_proj", queryRows);
    add("self_attn.k_proj", {kvRows, config.hiddenSize});
    addBias("self_attn.k_proj", kvRows);
    add("self_attn.v_proj", {kvRows, config.hiddenSize});
    addBias("self_attn.v_proj", kvRows);
    add("self_attn.o_proj", {config.hiddenSize, queryRows});
    if (config.hasQkNorm) {
        add("self_attn.q_norm", {config.headDim});
        add("self_attn.k_norm", {config.headDim});
    }
    add("post_attention_layernorm", {config.hiddenSize});
    add("mlp.gate_proj", {config.feedForwardSize, config.hiddenSize});
    add("mlp.up_proj", {config.feedForwardSize, config.hiddenSize});
    add("mlp.down_proj", {config.hiddenSize, config.feedForwardSize});
}

/// Where row `row` belongs in the half-split order: rows 2i and 2i + 1 of each head go to i and i + rowsPerHead / 2.
std::size_t halfSplitRow(std::size_t row, std::size_t rowsPerHead) {
    const std::size_t inHead = row % rowsPerHead;
    return row - inHead + inHead / 2 + (inHead % 2) * (rowsPerHead / 2);
}

void convert(const StoredValues& stored, float* values) {
    if (stored.interleavedHeads == 0) {
        dequantise(stored.type, stored.bytes, values);
        return;
    }
    const std::size_t rowBytes = stored.bytes.size() / stored.rows;
    const std::size_t columns = rowBytes / blockBytes(stored.type) * blockValues(stored.type);
    const std::size_t rowsPerHead = stored.rows / static_cast<std::size_t>(stored.interleavedHeads);
    for (std::size_t row = 0; row < stored.rows; ++row) {
        float* target = values + halfSplitRow(row, rowsPerHead) * columns;
        dequantise(stored.type, stored.bytes.substr(row * rowBytes, rowBytes), target);
    }
}

std::uint64_t hashSampled(std::string_view bytes, std::uint64_t seed) {
    if (bytes.size() <= kHashedWhole) return fingerprint(bytes, seed);
    for (std::size_t i = 0; i < kSamples; ++i) {
        const std::size_t begin = (bytes.size() - kSampleBytes) / (kSamples - 1) * i;
        seed = fingerprint(bytes.substr(begin, kSampleBytes), seed);
    }
    return fingerprint(bytes.substr(bytes.size() - kSampleBytes), seed);
}

}  // namespace

std::int64_t TensorInfo::elementCount() const {
    std::int64_t count = 1;
    for (const std::int64_t extent : shape) count *= extent;
    return count;
}

std::vector<float> Checkpoint::readFloat32(const std::string& name) const {
    const StoredValues stored = this->stored(name);
    std::vector<float> values(stored.bytes.size() / blockBytes(stored.type) * blockValues(stored.type));
    convert(stored, values.data());
    return values;
}

void Checkpoint::readFloat32(const std::string& name, float* values) const {
    convert(stored(name), values);
}

std::vector<TensorInfo> requiredTensors(const ModelConfig& config) {
    std::vector<TensorInfo> tensors;
    tensors.push_back({"model.embed_tokens.weight", "", {config.vocabularySize, config.hiddenSize}, 0});
    for (int layer = 0; layer < config.layerCount; ++layer) addLayer(config, layer, tensors);
    tensors.push_back({"model.norm.weight", "", {config.hiddenSize}, 0});
    if (!config.tiedEmbeddings) {
        tensors.push_back({"lm_head.weight", "", {config.vocabularySize, config.hiddenSize}, 0});
    }
    return tensors;
}

void requireTensors(const Checkpoint& checkpoint, const std::string& source) {
    std::unordered_map<std::string, const TensorInfo*> present;
    for (const TensorInfo& tensor : checkpoint.tensors()) present.emplace(tensor.name, &tensor);
    for (const TensorInfo& required : requiredTensors(checkpoint.config())) {
        const auto found = present.find(required.name);
        if (found == present.end()) failMissingTensor(source, required.name);
        const TensorInfo& tensor = *found->second;
        if (tensor.shape != required.shape) {
            throw Error("cannot use " + source + ": tensor " + tensor.name + " has shape " + shapeText(tensor.shape) +
                        ", but its configuration asks for " + shapeText(required.shape));
        }
        if (!storageTypeFromString(tensor.type)) {
            throw Error("cannot use " + source + ": tensor " + tensor.name + " has type " + tensor.type +
                        "; supported are F32, F16, BF16 and, in GGUF files, " + supportedQuantisations());
        }
    }
}

std::string sampledFingerprint(const ModelConfig& config, const std::vector<StoredTensor>& tensors) {
    std::vector<const StoredTensor*> ordered;
    ordered.reserve(tensors.size());
    for (const StoredTensor& tensor : tensors) ordered.push_back(&tensor);
    std::sort(ordered.begin(), ordered.end(),
              [](const StoredTensor* a, const StoredTensor* b) { return a->info.name < b->info.name; });
    ModelConfig nameless = config;
    nameless.name.clear();  // renaming a file does not change the model
    std::uint64_t hash = fingerprint(toJson(nameless));
    for (const StoredTensor* tensor : ordered) {
        hash = fingerprint(tensor->info.name + "|" + tensor->info.type + "|" + shapeText(tensor->info.shape), hash);
        hash = hashSampled(tensor->bytes, hash);
    }
    return toHex(hash);
}

void failMissingTensor(const std::string& source, const std::string& name) {
    throw Error("cannot use " + source + ": it has no tensor " + name + "; supported are whole decoders of the types " +
                std::string(supportedArchitectures()));
}

std::string resolveModelPath(const std::string& model) {
    if (model != "default") return model;
    const std::filesystem::path path = dataFolder() / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf";
    std::error_code code;
    if (!std::filesystem::exists(path, code)) {
        throw Error("the default model is not installed at " + path.string() +
                    ": run app/run once, it fetches the model, or name another with --model");
    }
    return path.string();
}

std::unique_ptr<Checkpoint> openCheckpoint(const std::string& model) {
    if (model == "demo") return openEmbeddedCheckpoint();
    const std::filesystem::path path = resolveModelPath(model);
    std::error_code code;
    if (std::filesystem::is_directory(path, code)) return openHuggingFaceFolder(path);
    if (!std::filesystem::exists(path, code)) {
        throw Error("there is no model at " + path.string() +
                    ": name a .gguf file, a folder with config.json and safetensors, `default` or `demo`");
    }
    if (path.extension() == ".safetensors" || path.filename() == "config.json") {
        throw Error("cannot open " + path.string() + " by itself: name the folder that holds it");
    }
    return openGgufCheckpoint(path);
}

}  // namespace consa
