// Checks a decoder's shape, counts its weights, and keeps it as JSON.
#include "core/checkpoint/model_config.h"

#include "core/base/json_text.h"
#include "core/checkpoint/checkpoint.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace consa {
namespace {

using json = ParsedJson;

// Far above any decoder, and low enough that products of three sizes fit 64 bits.
constexpr int kMaxSize = 1 << 21;
constexpr int kMaxContext = 1 << 28;
constexpr int kMaxLayers = 4096;

[[noreturn]] void fail(const std::string& source, const std::string& problem) {
    throw Error("cannot use the model " + source + ": " + problem);
}

void requireRange(const std::string& source, const char* field, int value, int maximum) {
    if (value < 1 || value > maximum) {
        fail(source, std::string(field) + " is " + std::to_string(value) + "; 1 to " + std::to_string(maximum) +
                         " is possible");
    }
}

void requirePositive(const std::string& source, const char* field, double value) {
    if (!std::isfinite(value) || value <= 0) fail(source, std::string(field) + " is not a positive number");
}

/// Numbers that don't fit would be cut to others when they are read as int.
bool fitsInt(const json& value) {
    constexpr auto kMost = std::numeric_limits<int>::max();
    if (value.is_number_unsigned()) return value.get<std::uint64_t>() <= std::uint64_t{kMost};
    return value.is_number_integer() && value.get<std::int64_t>() >= std::numeric_limits<int>::min();
}

bool fits(const json& value, const int* /*type*/) {
    return fitsInt(value);
}
bool fits(const json& value, const std::vector<int>* /*type*/) {
    return value.is_array() && std::all_of(value.begin(), value.end(), fitsInt);
}
bool fits(const json& /*value*/, const void* /*any other type*/) {
    return true;
}

template <typename T>
void readField(const json& object, const char* field, T& value, const std::string& source) {
    const auto found = object.find(field);
    if (found == object.end()) fail(source, std::string("its configuration has no ") + field);
    try {
        if (fits(*found, &value)) {
            found->get_to(value);
            return;
        }
    } catch (const json::exception&) {
        // said below
    }
    fail(source, std::string(field) + " in its configuration has the wrong type");
}

json toObject(const RopeScaling& scaling) {
    return {{"form", toString(scaling.form)},
            {"factor", scaling.factor},
            {"lowFrequencyFactor", scaling.lowFrequencyFactor},
            {"highFrequencyFactor", scaling.highFrequencyFactor},
            {"originalContextTokens", scaling.originalContextTokens},
            {"divisors", scaling.divisors}};
}

RopeScaling ropeScalingFrom(const json& object, const std::string& source) {
    if (!object.is_object()) fail(source, "ropeScaling in its configuration is no object");
    RopeScaling scaling;
    std::string form;
    readField(object, "form", form, source);
    scaling.form = ropeFormFromString(form, source);
    readField(object, "factor", scaling.factor, source);
    readField(object, "lowFrequencyFactor", scaling.lowFrequencyFactor, source);
    readField(object, "highFrequencyFactor", scaling.highFrequencyFactor, source);
    readField(object, "originalContextTokens", scaling.originalContextTokens, source);
    readField(object, "divisors", scaling.divisors, source);
    return scaling;
}

void requireValidRope(const ModelConfig& config, const std::string& source) {
    const RopeScaling& scaling = config.ropeScaling;
    if (scaling.form == RopeForm::Default) return;
    if (scaling.form == RopeForm::Divisors) {
        if (scaling.divisors.size() != static_cast<std::size_t>(config.headDim / 2)) {
            fail(source, "it has " + std::to_string(scaling.divisors.size()) + " divisors of rotary frequencies, but " +
                             std::to_string(config.headDim / 2) + " frequencies");
        }
        for (const double divisor : scaling.divisors)
            requirePositive(source, "a divisor of rotary frequencies", divisor);
        return;
    }
    if (!std::isfinite(scaling.factor) || scaling.factor < 1) {
        fail(source,
             "the factor of its rotary scaling is " + std::to_string(scaling.factor) + "; it must be 1 or more");
    }
    if (scaling.form == RopeForm::Dynamic && config.headDim < 4) fail(source, "dynamic rotary scaling needs headDim 4");
    if (scaling.form != RopeForm::Llama3) return;
    requirePositive(source, "low_freq_factor of its rotary scaling", scaling.lowFrequencyFactor);
    requirePositive(source, "high_freq_factor of its rotary scaling", scaling.highFrequencyFactor);
    if (scaling.highFrequencyFactor <= scaling.lowFrequencyFactor) {
        fail(source, "high_freq_factor of its rotary scaling must be above its low_freq_factor");
    }
    requireRange(source, "original_max_position_embeddings of its rotary scaling", scaling.originalContextTokens,
                 kMaxContext);
}

void requireValidNativeWindows(const ModelConfig& config, const std::string& source) {
    if (config.nativeWindows.empty()) return;
    if (config.nativeWindows.size() != static_cast<std::size_t>(config.layerCount)) {
        fail(source, "it names " + std::to_string(config.nativeWindows.size()) + " native windows for " +
                         std::to_string(config.layerCount) + " layers");
    }
    for (const int window : config.nativeWindows) {
        if (window != 0) requireRange(source, "a native sliding window", window, kMaxContext);
    }
}

}  // namespace

const char* supportedArchitectures() {
    return "llama, mistral, ministral, qwen2 and qwen3";
}

std::int64_t ModelConfig::parameterCount() const {
    std::int64_t count = 0;
    for (const TensorInfo& tensor : requiredTensors(*this)) count += tensor.elementCount();
    return count;
}

std::int64_t ModelConfig::kvBytesPerToken(int bytesPerValue) const {
    return std::int64_t{2} * layerCount * kvHeadCount * headDim * bytesPerValue;
}

int ModelConfig::longestContextTokens() const {
    if (ropeScaling.form != RopeForm::Dynamic) return contextTokens;
    return static_cast<int>(std::min<double>(contextTokens * ropeScaling.factor, kMaxContext));
}

std::string toJson(const ModelConfig& config) {
    json object = {{"name", config.name},
                   {"architecture", config.architecture},
                   {"layerCount", config.layerCount},
                   {"queryHeadCount", config.queryHeadCount},
                   {"kvHeadCount", config.kvHeadCount},
                   {"headDim", config.headDim},
                   {"hiddenSize", config.hiddenSize},
                   {"feedForwardSize", config.feedForwardSize},
                   {"vocabularySize", config.vocabularySize},
                   {"contextTokens", config.contextTokens},
                   {"ropeTheta", config.ropeTheta},
                   {"rmsNormEpsilon", config.rmsNormEpsilon},
                   {"tiedEmbeddings", config.tiedEmbeddings},
                   {"hasQkNorm", config.hasQkNorm}};
    // Written where they say something, so that plain models keep the fingerprints they had without these fields.
    if (config.hasQkvBias) object["hasQkvBias"] = true;
    if (config.ropeScaling != RopeScaling()) object["ropeScaling"] = toObject(config.ropeScaling);
    if (!config.nativeWindows.empty()) object["nativeWindows"] = config.nativeWindows;
    return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

ModelConfig modelConfigFromJson(const std::string& text, const std::string& source) {
    const json object = parseJson(text, "cannot use the model " + source + ": its configuration");
    if (!object.is_object()) fail(source, "its configuration is not a JSON object");
    ModelConfig config;
    readField(object, "name", config.name, source);
    readField(object, "architecture", config.architecture, source);
    readField(object, "layerCount", config.layerCount, source);
    readField(object, "queryHeadCount", config.queryHeadCount, source);
    readField(object, "kvHeadCount", config.kvHeadCount, source);
    readField(object, "headDim", config.headDim, source);
    readField(object, "hiddenSize", config.hiddenSize, source);
    readField(object, "feedForwardSize", config.feedForwardSize, source);
    readField(object, "vocabularySize", config.vocabularySize, source);
    readField(object, "contextTokens", config.contextTokens, source);
    readField(object, "ropeTheta", config.ropeTheta, source);
    readField(object, "rmsNormEpsilon", config.rmsNormEpsilon, source);
    readField(object, "tiedEmbeddings", config.tiedEmbeddings, source);
    readField(object, "hasQkNorm", config.hasQkNorm, source);
    if (object.contains("hasQkvBias")) readField(object, "hasQkvBias", config.hasQkvBias, source);
    if (object.contains("ropeScaling")) config.ropeScaling = ropeScalingFrom(object["ropeScaling"], source);
    if (object.contains("nativeWindows")) readField(object, "nativeWindows", config.nativeWindows, source);
    requireValid(config, source);
    return config;
}

void requireValid(const ModelConfig& config, const std::string& source) {
    constexpr std::array kArchitectures = {"llama", "mistral", "ministral", "qwen2", "qwen3"};
    if (std::find(kArchitectures.begin(), kArchitectures.end(), config.architecture) == kArchitectures.end()) {
        fail(source, "its architecture is " + config.architecture + "; supported are " + supportedArchitectures());
    }
    requireRange(source, "layerCount", config.layerCount, kMaxLayers);
    requireRange(source, "queryHeadCount", config.queryHeadCount, kMaxSize);
    requireRange(source, "kvHeadCount", config.kvHeadCount, kMaxSize);
    requireRange(source, "headDim", config.headDim, kMaxSize);
    requireRange(source, "hiddenSize", config.hiddenSize, kMaxSize);
    requireRange(source, "feedForwardSize", config.feedForwardSize, kMaxSize);
    requireRange(source, "vocabularySize", config.vocabularySize, kMaxSize);
    requireRange(source, "contextTokens", config.contextTokens, kMaxContext);
    requirePositive(source, "ropeTheta", config.ropeTheta);
    requirePositive(source, "rmsNormEpsilon", config.rmsNormEpsilon);
    if (config.queryHeadCount % config.kvHeadCount != 0) {
        fail(source, std::to_string(config.queryHeadCount) + " query heads cannot share " +
                         std::to_string(config.kvHeadCount) + " KV heads evenly");
    }
    if (config.headDim % 2 != 0) {
        fail(source, "headDim is " + std::to_string(config.headDim) + ", but rotary positions need an even number");
    }
    requireValidRope(config, source);
    requireValidNativeWindows(config, source);
}

}  // namespace consa
