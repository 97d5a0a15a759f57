// Reads the metadata keys of llama, qwen2 and qwen3, and refuses those that stand for something we do not compute.
#include "core/checkpoint/gguf_config.h"

#include "core/base/error.h"
#include "core/checkpoint/byte_cursor.h"
#include "core/checkpoint/checkpoint_support.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>
#include <optional>

namespace consa {
namespace {

[[noreturn]] void fail(const std::string& source, const std::string& problem) {
    throw Error("cannot use " + source + ": " + problem);
}

/// Metadata of one architecture: keys carry its name in front.
class ShapeReader {
public:
    explicit ShapeReader(const GgufFile& file) : m_file(file) {
        constexpr std::array kArchitectures = {"llama", "qwen2", "qwen3"};
        m_architecture = file.text("general.architecture").value_or("");
        if (std::find(kArchitectures.begin(), kArchitectures.end(), m_architecture) == kArchitectures.end()) {
            fail(file.source(), "its architecture is " +
                                    (m_architecture.empty() ? "not named" : printable(m_architecture)) +
                                    "; of GGUF files llama (Mistral is one), qwen2 and qwen3 are supported");
        }
    }

    [[nodiscard]] const std::string& architecture() const { return m_architecture; }
    [[nodiscard]] std::string key(const char* name) const { return m_architecture + "." + name; }

    [[nodiscard]] int size(const char* name) const {
        const auto value = optionalSize(name);
        if (!value) failMissing(name);
        return *value;
    }

    [[nodiscard]] std::optional<int> optionalSize(const char* name) const {
        const auto value = oneNumber(name);
        if (!value) return std::nullopt;
        if (*value < 1 || *value > std::numeric_limits<int>::max()) {
            fail(m_file.source(), "its metadata " + key(name) + " is " + std::to_string(*value));
        }
        return static_cast<int>(*value);
    }

    [[nodiscard]] std::optional<double> number(const char* name) const { return m_file.number(key(name)); }

    [[noreturn]] void failMissing(const char* name) const {
        fail(m_file.source(), "its metadata has no " + key(name) + "; the file is damaged or not a whole model");
    }

    /// Refuses a metadata number that switches a feature on.
    void refuseUnless(double neutral, const char* name, const char* feature) const {
        if (number(name).value_or(neutral) != neutral) failFeature(name, feature);
    }

    void refuseUnlessEqual(const char* name, int value, const char* feature) const {
        if (optionalSize(name).value_or(value) != value) failFeature(name, feature);
    }

    [[noreturn]] void failFeature(const char* name, const char* feature) const {
        fail(m_file.source(), std::string("it uses ") + feature + " (" + key(name) + "), which is not supported");
    }

private:
    /// A number, or a list with one number for each layer as long as they are the same.
    [[nodiscard]] std::optional<std::int64_t> oneNumber(const char* name) const {
        if (!m_file.isList(key(name))) return m_file.integer(key(name));
        const std::vector<std::int64_t> values = m_file.integers(key(name));
        if (values.empty()) failMissing(name);
        if (std::any_of(values.begin(), values.end(), [&](std::int64_t value) { return value != values.front(); }))
            failFeature(name, "sizes that differ from layer to layer");
        return values.front();
    }

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

const GgufTensor* find(const std::vector<const GgufTensor*>& tensors, std::string_view name) {
    const auto found =
        std::find_if(tensors.begin(), tensors.end(), [name](const GgufTensor* tensor) { return tensor->name == name; });
    return found == tensors.end() ? nullptr : *found;
}

/// How many times linear scaling stretches the positions, 1 for not at all. As llama.cpp reads them: a factor without
/// a type is linear, the older key is looked at where the newer is missing, and 0 means 1.
double linearFactor(const GgufFile& file, const ShapeReader& shape) {
    const std::string type = file.text(shape.key("rope.scaling.type")).value_or("linear");
    if (type == "none") return 1;
    if (type != "linear") {
        fail(file.source(), "it scales rotary positions by the rule " + printable(type) + " (" +
                                shape.key("rope.scaling.type") +
                                "); none, linear and rope_freqs.weight (Llama 3) are supported");
    }
    const auto factor = shape.number("rope.scaling.factor");
    const double value = factor ? *factor : shape.number("rope.scale_linear").value_or(1);
    return value == 0 ? 1 : value;
}

/// Both kinds of scaling divide the frequencies; a file that has both (llama.cpp applies both) gets their products.
RopeScaling ropeScaling(const GgufFile& file, const ShapeReader& shape, const GgufTensor* divisors) {
    RopeScaling scaling;
    const double factor = linearFactor(file, shape);
    if (divisors == nullptr) {
        if (factor != 1) scaling.form = RopeForm::Linear;
        scaling.factor = factor;
        return scaling;
    }
    if (divisors->shape.size() != 1 || divisors->type != StorageType::F32)
        fail(file.source(), std::string("tensor ") + kGgufRopeDivisors + " is not one row of F32; the file is damaged");
    std::vector<float> values(static_cast<std::size_t>(divisors->shape.front()));
    dequantise(divisors->type, divisors->bytes, values.data());
    scaling.form = RopeForm::Divisors;
    for (const float value : values) scaling.divisors.push_back(factor * static_cast<double>(value));
    return scaling;
}

/// A window of its own, for every layer. llama.cpp writes none for Mistral v0.1 and does not read the key for these
/// architectures; other writers that set it mean what the model's makers meant.
std::vector<int> nativeWindows(const GgufFile& file, const ShapeReader& shape, int layerCount) {
    if (file.contains(shape.key("attention.sliding_window_pattern")))
        shape.failFeature("attention.sliding_window_pattern", "sliding windows in some layers only");
    if (shape.number("attention.sliding_window").value_or(0) == 0) return {};
    return std::vector<int>(static_cast<std::size_t>(layerCount), shape.size("attention.sliding_window"));
}

void refuseUnsupported(const GgufFile& file, const ShapeReader& shape, int headDim) {
    shape.refuseUnless(0, "expert_count", "a mixture of experts");
    shape.refuseUnless(0, "nextn_predict_layers", "layers that predict further tokens");
    shape.refuseUnless(1, "rope.scaling.attn_factor", "a factor on its attention");
    shape.refuseUnless(1, "embedding_scale", "a factor on its embeddings");
    shape.refuseUnless(1, "residual_scale", "a factor on its layers' outputs");
    shape.refuseUnless(1, "logit_scale", "a factor on its logits");
    shape.refuseUnless(0, "attention.clamp_kqv", "bounds on queries, keys and values");
    shape.refuseUnless(0, "attention.max_alibi_bias", "ALiBi positions");
    shape.refuseUnless(0, "attn_logit_softcapping", "bounds on attention's logits");
    shape.refuseUnless(0, "final_logit_softcapping", "bounds on its logits");
    shape.refuseUnlessEqual("attention.value_length", headDim, "values of another size than its keys");
    shape.refuseUnlessEqual("rope.dimension_count", headDim, "rotary positions on a part of each head");
    if (!file.boolean(shape.key("attention.causal")).value_or(true))
        shape.failFeature("attention.causal", "attention that is not causal");
}

void readSizes(const ShapeReader& shape, ModelConfig& config) {
    config.layerCount = shape.size("block_count");
    config.queryHeadCount = shape.size("attention.head_count");
    config.kvHeadCount = shape.optionalSize("attention.head_count_kv").value_or(config.queryHeadCount);
    config.hiddenSize = shape.size("embedding_length");
    config.headDim = shape.optionalSize("attention.key_length").value_or(config.hiddenSize / config.queryHeadCount);
    config.feedForwardSize = shape.size("feed_forward_length");
    config.contextTokens = shape.size("context_length");
}

}  // namespace

ModelConfig ggufConfig(const GgufFile& head, const std::vector<const GgufTensor*>& tensors, const std::string& name) {
    const ShapeReader shape(head);
    ModelConfig config;
    config.name = name;
    config.architecture = shape.architecture();
    readSizes(shape, config);
    if (static_cast<std::size_t>(config.layerCount) > tensors.size()) {
        fail(head.source(), "its metadata names " + std::to_string(config.layerCount) + " layers, but it has " +
                                std::to_string(tensors.size()) + " tensors; it is damaged or a part of a split model");
    }
    const GgufTensor* embedding = find(tensors, "token_embd.weight");
    if (embedding == nullptr) failMissingTensor(head.source(), "token_embd.weight");
    const std::int64_t rows = embedding->shape.front();
    config.vocabularySize = static_cast<int>(std::min<std::int64_t>(rows, std::numeric_limits<int>::max()));
    config.ropeTheta = shape.number("rope.freq_base").value_or(config.ropeTheta);
    const auto epsilon = shape.number("attention.layer_norm_rms_epsilon");
    if (!epsilon) shape.failMissing("attention.layer_norm_rms_epsilon");
    config.rmsNormEpsilon = roundToThreeDigits(*epsilon);
    config.hasQkNorm = config.architecture == "qwen3";
    config.hasQkvBias = config.architecture == "qwen2" || find(tensors, "blk.0.attn_q.bias") != nullptr;
    config.tiedEmbeddings = find(tensors, "output.weight") == nullptr;
    refuseUnsupported(head, shape, config.headDim);
    const bool isLlama = config.architecture == "llama";
    config.ropeScaling = ropeScaling(head, shape, isLlama ? find(tensors, kGgufRopeDivisors) : nullptr);
    config.nativeWindows = nativeWindows(head, shape, config.layerCount);
    requireValid(config, head.source());
    return config;
}

}  // namespace consa
