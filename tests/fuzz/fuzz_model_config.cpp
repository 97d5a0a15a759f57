// Fuzz target: config.json of Hugging Face's models, our own model configuration, and layouts in layer_types.
#include "core/base/json_text.h"
#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/hf_config.h"
#include "core/layout/layer_types.h"
#include "tests/fuzz/fuzz_target.h"

using namespace consa;

namespace {

void useModel(const ModelConfig& config) {
    fuzz::use(config.parameterCount());
    fuzz::use(config.kvBytesPerToken(2));
    if (config.headDim <= 4096) fuzz::use(rotaryFrequencies(config, config.longestContextTokens()));
    // What is written can be read again.
    if (modelConfigFromJson(toJson(config), "written").layerCount != config.layerCount) std::abort();
    fuzz::use(toHuggingFaceJson(config));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string text(fuzz::bytesOf(data, size));
    fuzz::accepts([&] { useModel(modelConfigFromHuggingFace(text, "config.json")); });
    fuzz::accepts([&] { fuzz::use(tokenizerFromHuggingFace(text, "config.json")); });
    fuzz::accepts([&] { useModel(modelConfigFromJson(text, "config.json")); });
    fuzz::accepts([&] {
        const Json object = parseJson(text, "config.json");
        if (describesLayers(object)) fuzz::use(layoutFromLayerTypes(object, "config.json"));
    });
    return 0;
}
