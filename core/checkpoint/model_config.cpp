// Checks a decoder's shape, counts its weights, and keeps it as JSON.
#include "core/checkpoint/model_config.h"

#include "core/base/error.h"
#include "core/checkpoint/checkpoint.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace consa {
namespace {

using nlohmann::json;

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

template <typename T>
void readField(const json& object, const char* field, T& value, const std::string& source) {
    const auto found = object.find(field);
    if (found == object.end()) fail(source, std::string("its configuration has no ") + field);
    try {
        found->get_to(value);
    } catch (const json::exception&) {
        fail(source, std::string(field) + " in its configuration has the wrong type");
    }
}

}  // namespace

std::int64_t ModelConfig::parameterCount() const {
    std::int64_t count = 0;
    for (const TensorInfo& tensor : requiredTensors(*this)) count += tensor.elementCount();
    return count;
}

std::int64_t ModelConfig::kvBytesPerToken(int bytesPerValue) const {
    return std::int64_t{2} * layerCount * kvHeadCount * headDim * bytesPerValue;
}

std::string toJson(const ModelConfig& config) {
    const json object = {{"name", config.name},
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
    return object.dump(-1, ' ', false, json::error_handler_t::replace);
}

ModelConfig modelConfigFromJson(const std::string& text, const std::string& source) {
    const json object = json::parse(text, nullptr, false);
    if (object.is_discarded() || !object.is_object()) fail(source, "its configuration is not a JSON object");
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
    requireValid(config, source);
    return config;
}

void requireValid(const ModelConfig& config, const std::string& source) {
    if (config.architecture != "llama" && config.architecture != "qwen3") {
        fail(source, "its architecture is " + config.architecture + "; supported are llama and qwen3");
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
}

}  // namespace consa
