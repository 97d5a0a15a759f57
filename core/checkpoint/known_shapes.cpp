// Sizes from the models' published configurations.
#include "core/checkpoint/known_shapes.h"

#include "core/base/error.h"

#include <array>

namespace consa {

namespace {

struct Shape {
    const char* name;
    const char* architecture;
    int layers, queryHeads, kvHeads, headDim, hidden, feedForward, vocabulary, context;
    double ropeTheta;
    bool tied, qkNorm;
};

// "tiny" is ours: for trying a measurement on any machine.
constexpr std::array kShapes{
    Shape{"tiny", "qwen3", 2, 4, 2, 16, 64, 128, 256, 4096, 1e4, true, true},
    Shape{"smollm2-135m", "llama", 30, 9, 3, 64, 576, 1536, 49152, 8192, 1e5, true, false},
    // Qwen3 takes 131,072 tokens with YaRN (its model card); its own context is 40,960.
    Shape{"qwen3-0.6b", "qwen3", 28, 16, 8, 128, 1024, 3072, 151936, 131072, 1e6, true, true},
    Shape{"qwen3-1.7b", "qwen3", 28, 16, 8, 128, 2048, 6144, 151936, 131072, 1e6, true, true},
    Shape{"llama-3.1-8b", "llama", 32, 32, 8, 128, 4096, 14336, 128256, 131072, 5e5, false, false},
};

ModelConfig configOf(const Shape& shape) {
    ModelConfig config;
    config.name = shape.name;
    config.architecture = shape.architecture;
    config.layerCount = shape.layers;
    config.queryHeadCount = shape.queryHeads;
    config.kvHeadCount = shape.kvHeads;
    config.headDim = shape.headDim;
    config.hiddenSize = shape.hidden;
    config.feedForwardSize = shape.feedForward;
    config.vocabularySize = shape.vocabulary;
    config.contextTokens = shape.context;
    config.ropeTheta = shape.ropeTheta;
    config.tiedEmbeddings = shape.tied;
    config.hasQkNorm = shape.qkNorm;
    return config;
}

}  // namespace

std::vector<std::string> knownShapes() {
    std::vector<std::string> names;
    names.reserve(kShapes.size());
    for (const Shape& shape : kShapes) names.emplace_back(shape.name);
    return names;
}

ModelConfig knownShape(const std::string& name) {
    std::string known;
    for (const Shape& shape : kShapes) {
        if (name == shape.name) return configOf(shape);
        known += (known.empty() ? "" : ", ") + std::string(shape.name);
    }
    throw Error("--shape " + name + " is not known; there are " + known);
}

}  // namespace consa
