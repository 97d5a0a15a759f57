// Maps a GGUF file's metadata and tensor names to ours, and undoes its rotary order.
#include "core/checkpoint/gguf_checkpoint.h"

#include "core/base/error.h"
#include "core/checkpoint/checkpoint_support.h"
#include "core/checkpoint/gguf_file.h"
#include "core/checkpoint/gguf_tokenizer.h"
#include "core/checkpoint/mapped_file.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cstdio>
#include <limits>
#include <unordered_map>
#include <utility>

namespace consa {
namespace {

using NamePair = std::pair<std::string_view, std::string_view>;

constexpr std::array<NamePair, 3> kModelNames = {{{"token_embd.weight", "model.embed_tokens.weight"},
                                                  {"output_norm.weight", "model.norm.weight"},
                                                  {"output.weight", "lm_head.weight"}}};

constexpr std::array<NamePair, 11> kLayerNames = {{{"attn_norm.weight", "input_layernorm.weight"},
                                                   {"attn_q.weight", "self_attn.q_proj.weight"},
                                                   {"attn_k.weight", "self_attn.k_proj.weight"},
                                                   {"attn_v.weight", "self_attn.v_proj.weight"},
                                                   {"attn_output.weight", "self_attn.o_proj.weight"},
                                                   {"attn_q_norm.weight", "self_attn.q_norm.weight"},
                                                   {"attn_k_norm.weight", "self_attn.k_norm.weight"},
                                                   {"ffn_norm.weight", "post_attention_layernorm.weight"},
                                                   {"ffn_gate.weight", "mlp.gate_proj.weight"},
                                                   {"ffn_up.weight", "mlp.up_proj.weight"},
                                                   {"ffn_down.weight", "mlp.down_proj.weight"}}};

template <std::size_t N>
std::string_view translate(const std::array<NamePair, N>& names, std::string_view word) {
    for (const NamePair& pair : names) {
        if (pair.first == word) return pair.second;
    }
    return {};
}

[[noreturn]] void fail(const std::string& source, const std::string& problem) {
    throw Error("cannot use " + source + ": " + problem);
}

/// "blk.3.attn_q.weight" -> "model.layers.3.self_attn.q_proj.weight".
std::string ourName(const std::string& name, const std::string& source) {
    if (const auto whole = translate(kModelNames, name); !whole.empty()) return std::string(whole);
    const std::size_t dot = name.starts_with("blk.") ? name.find('.', 4) : std::string::npos;
    if (dot != std::string::npos) {
        const auto part = translate(kLayerNames, std::string_view(name).substr(dot + 1));
        if (!part.empty()) return "model.layers." + name.substr(4, dot - 4) + "." + std::string(part);
    }
    const std::string kind = name.ends_with(".bias") ? "the bias " : "the tensor ";
    fail(source, "it has " + kind + name + ", which plain Llama- and Qwen3-type decoders do not have");
}

/// Metadata of one architecture: keys carry its name in front.
class ShapeReader {
public:
    explicit ShapeReader(const GgufFile& file) : m_file(file) {
        m_architecture = file.text("general.architecture").value_or("");
        if (m_architecture != "llama" && m_architecture != "qwen3") {
            fail(file.source(), "its architecture is " + (m_architecture.empty() ? "not named" : m_architecture) +
                                    "; supported are llama and qwen3");
        }
    }

    [[nodiscard]] const std::string& architecture() const { return m_architecture; }
    [[nodiscard]] std::string key(const char* name) const { return m_architecture + "." + name; }

    [[nodiscard]] int size(const char* name) const {
        const auto value = optionalSize(name);
        if (!value) fail(m_file.source(), "its metadata has no " + key(name));
        return *value;
    }

    [[nodiscard]] std::optional<int> optionalSize(const char* name) const {
        const auto value = m_file.integer(key(name));
        if (!value) return std::nullopt;
        if (*value < 1 || *value > std::numeric_limits<int>::max()) {
            fail(m_file.source(), "its metadata " + key(name) + " is " + std::to_string(*value));
        }
        return static_cast<int>(*value);
    }

    /// Refuses a metadata number that switches a feature on.
    void refuseUnlessZero(const char* name, const char* feature) const {
        if (m_file.number(key(name)).value_or(0) != 0) {
            fail(m_file.source(), std::string("it uses ") + feature + " (" + key(name) + "), which is not supported");
        }
    }

    void refuseUnlessEqual(const char* name, int value, const char* feature) const {
        if (optionalSize(name).value_or(value) != value) {
            fail(m_file.source(), std::string("it uses ") + feature + " (" + key(name) + "), which is not supported");
        }
    }

private:
    const GgufFile& m_file;
    std::string m_architecture;
};

/// The file holds float32: 1e-5 comes back as 9.99999975e-06. Three digits are what the model's makers wrote.
double roundToThreeDigits(double value) {
    std::array<char, 32> text{};
    std::snprintf(text.data(), text.size(), "%.3g", value);
    double rounded = value;
    std::from_chars(text.data(), text.data() + text.size(), rounded);
    return rounded;
}

void refuseUnsupported(const GgufFile& file, const ShapeReader& shape, int headDim) {
    const std::string scaling = file.text(shape.key("rope.scaling.type")).value_or("none");
    const bool isScaled = file.number(shape.key("rope.scale_linear")).value_or(1) != 1;
    if (scaling != "none" || isScaled) {
        fail(file.source(), "it scales rotary positions (" + shape.key("rope.scaling.type") + " " + scaling +
                                "), which is not supported");
    }
    shape.refuseUnlessZero("attention.sliding_window", "sliding-window attention of its own");
    shape.refuseUnlessZero("expert_count", "a mixture of experts");
    shape.refuseUnlessEqual("attention.value_length", headDim, "values of another size than its keys");
    shape.refuseUnlessEqual("rope.dimension_count", headDim, "rotary positions on a part of each head");
}

const GgufTensor& embeddingOf(const GgufFile& file) {
    for (const GgufTensor& tensor : file.tensors()) {
        if (tensor.name == "token_embd.weight" && tensor.shape.size() == 2) return tensor;
    }
    failMissingTensor(file.source(), "token_embd.weight");
}

/// The file's name without the number format at its end: "SmolLM2-135M-Instruct.Q4_1.gguf" is SmolLM2-135M-Instruct.
/// The metadata's own general.name is often the name of a training run.
std::string modelName(const std::filesystem::path& path) {
    std::string stem = path.stem().string();
    const std::size_t mark = stem.find_last_of(".-");
    if (mark == std::string::npos || mark == 0) return stem;
    std::string suffix = stem.substr(mark + 1);
    std::transform(suffix.begin(), suffix.end(), suffix.begin(),
                   [](unsigned char letter) { return static_cast<char>(std::toupper(letter)); });
    return storageTypeFromString(suffix) ? stem.substr(0, mark) : stem;
}

ModelConfig readConfig(const GgufFile& file, const std::string& name) {
    const ShapeReader shape(file);
    ModelConfig config;
    config.name = name;
    config.architecture = shape.architecture();
    config.layerCount = shape.size("block_count");
    config.queryHeadCount = shape.size("attention.head_count");
    config.kvHeadCount = shape.optionalSize("attention.head_count_kv").value_or(config.queryHeadCount);
    config.hiddenSize = shape.size("embedding_length");
    config.headDim = shape.optionalSize("attention.key_length").value_or(config.hiddenSize / config.queryHeadCount);
    config.feedForwardSize = shape.size("feed_forward_length");
    config.contextTokens = shape.size("context_length");
    const std::int64_t rows = embeddingOf(file).shape.front();
    config.vocabularySize = static_cast<int>(std::min<std::int64_t>(rows, std::numeric_limits<int>::max()));
    config.ropeTheta = file.number(shape.key("rope.freq_base")).value_or(config.ropeTheta);
    const auto epsilon = file.number(shape.key("attention.layer_norm_rms_epsilon"));
    if (!epsilon) fail(file.source(), "its metadata has no " + shape.key("attention.layer_norm_rms_epsilon"));
    config.rmsNormEpsilon = roundToThreeDigits(*epsilon);
    config.hasQkNorm = config.architecture == "qwen3";
    config.tiedEmbeddings = std::none_of(file.tensors().begin(), file.tensors().end(),
                                         [](const GgufTensor& tensor) { return tensor.name == "output.weight"; });
    refuseUnsupported(file, shape, config.headDim);
    requireValid(config, file.source());
    return config;
}

class GgufCheckpoint final : public Checkpoint {
public:
    explicit GgufCheckpoint(const std::filesystem::path& path)
        : m_bytes(path), m_file(m_bytes.bytes(), path.string()), m_config(readConfig(m_file, modelName(path))) {
        for (const GgufTensor& tensor : m_file.tensors()) {
            const std::string name = ourName(tensor.name, m_file.source());
            m_tensors.push_back(
                {name, toString(tensor.type), tensor.shape, static_cast<std::int64_t>(tensor.bytes.size())});
            m_stored.emplace(name, &tensor);
        }
    }

    [[nodiscard]] const ModelConfig& config() const override { return m_config; }
    [[nodiscard]] const std::vector<TensorInfo>& tensors() const override { return m_tensors; }
    [[nodiscard]] bool contains(const std::string& name) const override { return m_stored.count(name) > 0; }
    [[nodiscard]] std::string tokenizerJson() const override { return tokenizerJsonFromGguf(m_file); }
    [[nodiscard]] std::string format() const override { return "gguf"; }

    [[nodiscard]] StoredValues stored(const std::string& name) const override {
        const auto found = m_stored.find(name);
        if (found == m_stored.end()) failMissingTensor(m_file.source(), name);
        const GgufTensor& tensor = *found->second;
        StoredValues result{tensor.type, tensor.bytes, static_cast<std::size_t>(tensor.shape.front()), 0};
        if (m_config.architecture == "llama") {
            if (name.ends_with("self_attn.q_proj.weight")) result.interleavedHeads = m_config.queryHeadCount;
            if (name.ends_with("self_attn.k_proj.weight")) result.interleavedHeads = m_config.kvHeadCount;
        }
        return result;
    }

    [[nodiscard]] std::string fingerprint() const override {
        std::vector<StoredTensor> tensors;
        for (const TensorInfo& info : m_tensors) tensors.push_back({info, m_stored.at(info.name)->bytes});
        return sampledFingerprint(m_config, tensors);
    }

private:
    MappedFile m_bytes;
    GgufFile m_file;
    ModelConfig m_config;
    std::vector<TensorInfo> m_tensors;
    std::unordered_map<std::string, const GgufTensor*> m_stored;
};

}  // namespace

std::unique_ptr<Checkpoint> openGgufCheckpoint(const std::filesystem::path& path) {
    auto checkpoint = std::make_unique<GgufCheckpoint>(path);
    requireTensors(*checkpoint, path.string());
    return checkpoint;
}

}  // namespace consa
