// Picks architecture and window, and writes config.json.
#include "core/checkpoint/hf_export_config.h"

#include "core/base/error.h"
#include "core/base/json_text.h"
#include "core/layout/layer_layout.h"

#include <algorithm>
#include <cmath>

namespace consa {
namespace {

std::string targetArchitecture(const ModelConfig& model, LlamaTarget llamaTarget) {
    if (model.hasQkNorm && model.hasQkvBias) {
        throw Error("the model " + model.name +
                    " can't be exported for transformers: it has both norms and biases of " +
                    "queries and keys, and no class there that obeys layer_types has both");
    }
    if (model.hasQkNorm) return "qwen3";
    const bool isQwen = model.architecture == "qwen2" || model.hasQkvBias;
    const bool standsInAsQwen = model.architecture == "llama" && llamaTarget == LlamaTarget::Qwen2;
    return isQwen || standsInAsQwen ? "qwen2" : "ministral";
}

void requireLayers(const LayoutFile& layout) {
    const int mixed = firstMixedLayer(layout.layout);
    if (mixed < 0) return;
    throw Error("a Hugging Face folder holds one decision a layer, but layer " + std::to_string(mixed) +
                " has full and sliding KV heads: ask for --as-layers, or learn with --granularity layer --sinks 0");
}

/// Most tokens that each layer sees, 0 for no bound.
std::vector<int> layerBounds(const ModelConfig& model, const LayoutFile& layout) {
    std::vector<int> bounds;
    for (int layer = 0; layer < model.layerCount; ++layer) {
        const int native = model.nativeWindow(layer);
        const bool isFull = layout.layout.isHeadFull(layer, 0);
        bounds.push_back(isFull ? native : native == 0 ? layout.windowTokens : std::min(native, layout.windowTokens));
    }
    return bounds;
}

/// The one window of all bounded layers, 0 when there are none.
int commonWindow(const std::vector<int>& bounds) {
    int window = 0, first = 0;
    for (std::size_t layer = 0; layer < bounds.size(); ++layer) {
        if (bounds[layer] == 0 || bounds[layer] == window) continue;
        if (window != 0) {
            throw Error("transformers has one window for all sliding layers, but here layer " + std::to_string(first) +
                        " sees " + std::to_string(window) + " tokens and layer " + std::to_string(layer) + " sees " +
                        std::to_string(bounds[layer]) + ": the model's own window bounds its full layers; learn with " +
                        "that window, or make every layer sliding");
        }
        window = bounds[layer];
        first = static_cast<int>(layer);
    }
    return window;
}

/// GGUF files of Llama 3.1 to 3.3 keep the result of these parameters only (Llama 3.1's reference code).
RopeScaling asLlama3(const ModelConfig& model) {
    constexpr double kLowFrequencyFactor = 1, kHighFrequencyFactor = 4, kTolerance = 1e-5;
    constexpr int kOriginalContext = 8192;
    const std::vector<double>& divisors = model.ropeScaling.divisors;
    ModelConfig guess = model, plain = model;
    guess.ropeScaling = {RopeForm::Llama3,    *std::max_element(divisors.begin(), divisors.end()),
                         kLowFrequencyFactor, kHighFrequencyFactor,
                         kOriginalContext,    {}};
    plain.ropeScaling = {};
    const std::vector<double> guessed = rotaryFrequencies(guess, 1), unscaled = rotaryFrequencies(plain, 1);
    for (std::size_t i = 0; i < divisors.size(); ++i) {
        if (std::abs(guessed[i] * divisors[i] / unscaled[i] - 1) > kTolerance) return model.ropeScaling;
    }
    return guess.ropeScaling;
}

/// transformers' parameters of a scaling; null for the plain form.
Json ropeParameters(const ModelConfig& model) {
    const RopeScaling scaling = model.ropeScaling.form == RopeForm::Divisors ? asLlama3(model) : model.ropeScaling;
    switch (scaling.form) {
        case RopeForm::Default:
            return nullptr;
        case RopeForm::Linear:
        case RopeForm::Dynamic:
            return {{"rope_type", toString(scaling.form)}, {"factor", scaling.factor}};
        case RopeForm::Llama3:
            return {{"rope_type", "llama3"},
                    {"factor", scaling.factor},
                    {"low_freq_factor", scaling.lowFrequencyFactor},
                    {"high_freq_factor", scaling.highFrequencyFactor},
                    {"original_max_position_embeddings", scaling.originalContextTokens}};
        case RopeForm::Divisors:
            // longrope divides each frequency by a factor of its own, which is just this.
            return {{"rope_type", "longrope"},         {"short_factor", scaling.divisors},
                    {"long_factor", scaling.divisors}, {"factor", 1.0},
                    {"attention_factor", 1.0},         {"original_max_position_embeddings", model.contextTokens}};
    }
    return nullptr;
}

void addRope(const ModelConfig& model, Json& config) {
    Json parameters = ropeParameters(model);
    config["rope_theta"] = model.ropeTheta;
    config["rope_scaling"] = parameters;
    if (parameters.is_null()) parameters = {{"rope_type", "default"}};
    parameters["rope_theta"] = model.ropeTheta;
    config["rope_parameters"] = parameters;
}

void addLayers(const HuggingFacePlan& plan, Json& config) {
    Json types = Json::array();
    for (const bool slides : plan.slides) types.push_back(slides ? "sliding_attention" : "full_attention");
    config["layer_types"] = types;
    const bool hasWindow = plan.slidingWindow > 0;
    if (plan.config.architecture == "ministral") {
        // Its class draws the sliding mask even when no layer asks for it.
        config["sliding_window"] = hasWindow ? plan.slidingWindow : plan.config.contextTokens;
        return;
    }
    config["sliding_window"] = hasWindow ? Json(plan.slidingWindow) : Json();
    config["use_sliding_window"] = hasWindow;
    // Releases that don't know layer_types slide from this layer on: said where that is the same, else nothing slides.
    const auto firstSliding = std::find(plan.slides.begin(), plan.slides.end(), true);
    const bool isTail = std::find(firstSliding, plan.slides.end(), false) == plan.slides.end();
    config["max_window_layers"] =
        isTail ? static_cast<int>(firstSliding - plan.slides.begin()) : plan.config.layerCount;
}

}  // namespace

LlamaTarget llamaTargetFromString(const std::string& word) {
    if (word == "auto") return LlamaTarget::Ministral;
    if (word == "qwen2") return LlamaTarget::Qwen2;
    throw Error("\"" + word + "\" is no architecture to export as: use auto or qwen2");
}

HuggingFacePlan planHuggingFaceExport(const ModelConfig& model, const LayoutFile& layout, LlamaTarget llamaTarget) {
    requireShape(layout, model.grid(layout.layout.grid.granularity), "the layout");
    requireLayers(layout);
    HuggingFacePlan plan;
    plan.config = model;
    plan.config.architecture = targetArchitecture(model, llamaTarget);
    plan.addsZeroBiases = plan.config.architecture == "qwen2" && !model.hasQkvBias;
    plan.config.hasQkvBias = plan.config.architecture == "qwen2";
    const std::vector<int> bounds = layerBounds(model, layout);
    plan.slidingWindow = commonWindow(bounds);
    for (const int bound : bounds) plan.slides.push_back(bound > 0);
    plan.config.nativeWindows = plan.slidingWindow > 0 ? bounds : std::vector<int>();
    if (layout.sinkTokens > 0 && layout.layout.fullCount() < layout.layout.grid.unitCount()) {
        plan.losses.push_back("transformers' sliding layers have no sinks: the first " +
                              std::to_string(layout.sinkTokens) + " tokens stop being visible");
    }
    return plan;
}

std::string toHuggingFaceConfig(const HuggingFacePlan& plan, const HuggingFaceExtras& extras) {
    const ModelConfig& model = plan.config;
    const std::string& type = model.architecture;
    const char* className = type == "qwen2"   ? "Qwen2ForCausalLM"
                            : type == "qwen3" ? "Qwen3ForCausalLM"
                                              : "MinistralForCausalLM";
    Json config = {{"architectures", Json::array({className})},
                   {"model_type", type},
                   {"num_hidden_layers", model.layerCount},
                   {"num_attention_heads", model.queryHeadCount},
                   {"num_key_value_heads", model.kvHeadCount},
                   {"head_dim", model.headDim},
                   {"hidden_size", model.hiddenSize},
                   {"intermediate_size", model.feedForwardSize},
                   {"vocab_size", model.vocabularySize},
                   {"max_position_embeddings", model.contextTokens},
                   {"rms_norm_eps", model.rmsNormEpsilon},
                   {"hidden_act", "silu"},
                   {"attention_dropout", 0.0},
                   {"tie_word_embeddings", model.tiedEmbeddings},
                   {"dtype", extras.dataType},
                   {"torch_dtype", extras.dataType}};
    if (type == "qwen3") config["attention_bias"] = false;
    addRope(model, config);
    addLayers(plan, config);
    // Said even where the source says nothing: Ministral's class would fill in ids of its own.
    const ParsedJson ids = parseJson(extras.tokenIdsJson, "token ids");
    for (const char* id : {"bos_token_id", "eos_token_id", "pad_token_id"}) config[id] = ids.value(id, ParsedJson());
    if (extras.hasByteTokenizer) config["consa_tokenizer"] = "bytes";
    return dumpJson(config, 2) + "\n";
}

}  // namespace consa
