// Reads and writes config.json: which class of transformers is meant, its defaults, and what it asks for.
#include "core/checkpoint/hf_config.h"

#include "core/base/error.h"
#include "core/base/json_text.h"
#include "core/checkpoint/hf_config_reader.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

namespace consa {
namespace {

using nlohmann::json;

constexpr double kDefaultRmsNormEpsilon = 1e-6;  // of all classes below
constexpr double kDefaultRopeTheta = 10000;      // transformers' default_theta
constexpr int kDefaultWindow = 4096;             // of all classes that have a window

/// One of transformers' classes and what it takes for a field that is missing (read in 5.24).
struct ModelClass {
    const char* className;
    const char* modelType;
    int contextTokens;
    int kvHeadCount;  // 0: as many as query heads
    int headDim;      // 0: hidden size over query heads
    bool hasQkNorm;
    bool hasQkvBias;
};

constexpr std::array<ModelClass, 5> kClasses = {{{"LlamaForCausalLM", "llama", 2048, 0, 0, false, false},
                                                 {"MistralForCausalLM", "mistral", 131072, 8, 0, false, false},
                                                 {"MinistralForCausalLM", "ministral", 131072, 8, 0, false, false},
                                                 {"Qwen2ForCausalLM", "qwen2", 32768, 32, 0, false, true},
                                                 {"Qwen3ForCausalLM", "qwen3", 32768, 32, 128, true, false}}};

const ModelClass& classOf(const ConfigReader& reader) {
    const json& architectures = reader.value("architectures");
    std::string name = reader.get<std::string>("model_type").value_or("");
    if (architectures.is_array() && !architectures.empty() && architectures[0].is_string()) {
        name = architectures[0].get<std::string>();
    }
    std::string supported;
    for (const ModelClass& candidate : kClasses) {
        if (name == candidate.className || name == candidate.modelType) return candidate;
        supported += (supported.empty() ? "" : ", ") + std::string(candidate.className);
    }
    reader.fail("its field architectures names " + (name.empty() ? "nothing" : name) + "; supported are " + supported);
}

void refuseUnsupported(const ConfigReader& reader) {
    reader.refuse("attention_bias", "biases of the attention's projections");
    reader.refuse("mlp_bias", "biases in the feed-forward part");
    const std::string activation = reader.get<std::string>("hidden_act").value_or("silu");
    if (activation != "silu") reader.fail("its field hidden_act is " + activation + "; only silu is supported");
    if (!reader.value("quantization_config").is_null()) {
        reader.fail("its field quantization_config is set; only F32, F16 and BF16 weights are supported");
    }
}

/// The window that `layer_types` gives each layer; empty when the field is missing or all layers are full.
std::vector<int> windowsFromLayerTypes(const ConfigReader& reader, int layerCount, std::optional<int> window) {
    const json& types = reader.value("layer_types");
    if (!types.is_array() || types.size() != static_cast<std::size_t>(layerCount)) {
        reader.fail("its field layer_types is no list of " + std::to_string(layerCount) + " words, one a layer");
    }
    std::vector<int> windows;
    for (const json& type : types) {
        if (isText(type, "full_attention")) {
            windows.push_back(0);
        } else if (!isText(type, "sliding_attention")) {
            reader.fail("its field layer_types has " + type.dump() +
                        "; supported are full_attention and sliding_attention");
        } else if (!window) {
            reader.fail("its field layer_types has sliding_attention, but sliding_window is not set or switched off");
        } else {
            windows.push_back(*window);
        }
    }
    const bool isAllFull = std::all_of(windows.begin(), windows.end(), [](int each) { return each == 0; });
    return isAllFull ? std::vector<int>() : windows;
}

/// The one window of a class that has one, unless it is switched off.
std::optional<int> readWindow(const ConfigReader& reader, const std::string& type) {
    const bool isQwen = type == "qwen2" || type == "qwen3";
    if (type == "llama" || (isQwen && !reader.get<bool>("use_sliding_window").value_or(false))) return std::nullopt;
    return reader.has("sliding_window") ? reader.get<int>("sliding_window") : kDefaultWindow;
}

/// Windows that the model was made with, as its class in transformers understands the fields.
std::vector<int> readNativeWindows(const ConfigReader& reader, const ModelClass& modelClass, int layerCount) {
    const std::string type = modelClass.modelType;
    const bool isQwen = type == "qwen2" || type == "qwen3";
    const std::optional<int> window = readWindow(reader, type);
    if (!reader.value("layer_types").is_null()) {
        const std::vector<int> windows = windowsFromLayerTypes(reader, layerCount, window.value_or(kDefaultWindow));
        const bool isRead = isQwen || type == "ministral";
        if (!isRead && !windows.empty()) {
            reader.fail("its field layer_types has sliding_attention, which " + std::string(modelClass.className) +
                        " never reads in transformers; write the folder as Qwen2ForCausalLM or MinistralForCausalLM");
        }
        if (isRead) return window ? windows : windowsFromLayerTypes(reader, layerCount, std::nullopt);
    }
    if (!window) return {};
    std::vector<int> windows(static_cast<std::size_t>(layerCount), *window);
    if (isQwen) {
        const int firstSliding = reader.get<int>("max_window_layers").value_or(28);  // the class's default
        std::fill_n(windows.begin(), std::clamp(firstSliding, 0, layerCount), 0);
        if (firstSliding >= layerCount) return {};
    }
    return windows;
}

/// `rope_scaling` (transformers 4) comes before `rope_parameters` (5), as there.
RopeScaling readRopeScaling(const ConfigReader& reader, const ModelConfig& config) {
    const char* field = reader.value("rope_scaling").is_null() ? "rope_parameters" : "rope_scaling";
    const json& object = reader.value(field);
    RopeScaling scaling;
    if (object.is_null()) return scaling;
    const ConfigReader rope = reader.inside(field);
    if (rope.has("full_attention") || rope.has("sliding_attention")) {
        reader.fail(std::string("its field ") + field + " differs by type of layer, which is not supported");
    }
    const auto word = rope.has("rope_type") ? rope.get<std::string>("rope_type") : rope.get<std::string>("type");
    if (rope.get<double>("partial_rotary_factor").value_or(1) != 1) {
        reader.fail(std::string("its field ") + field + " has a partial_rotary_factor, which is not supported");
    }
    const std::string form = word.value_or("default");
    if (form == "divisors") rope.fail("rope_type divisors is no form of transformers");
    scaling.form = ropeFormFromString(form, rope.source());
    if (scaling.form == RopeForm::Default) return scaling;
    scaling.factor = rope.required<double>("factor");
    if (scaling.form == RopeForm::Llama3) {
        scaling.lowFrequencyFactor = rope.required<double>("low_freq_factor");
        scaling.highFrequencyFactor = rope.required<double>("high_freq_factor");
        scaling.originalContextTokens =
            rope.get<int>("original_max_position_embeddings").value_or(config.contextTokens);
    }
    return scaling;
}

double readRopeTheta(const ConfigReader& reader) {
    if (reader.get<double>("partial_rotary_factor").value_or(1) != 1) {
        reader.fail("its field partial_rotary_factor is not 1, which is not supported");
    }
    for (const char* field : {"rope_scaling", "rope_parameters"}) {
        if (reader.value(field).is_null()) continue;
        if (const auto theta = reader.inside(field).get<double>("rope_theta")) return *theta;
    }
    return reader.get<double>("rope_theta").value_or(kDefaultRopeTheta);
}

/// Fields of `rope_parameters`, which transformers 5 writes and 4 calls `rope_scaling`.
json ropeObject(const RopeScaling& scaling) {
    json object = {{"rope_type", toString(scaling.form)}};
    if (scaling.form == RopeForm::Default) return object;
    object["factor"] = scaling.factor;
    if (scaling.form == RopeForm::Llama3) {
        object["low_freq_factor"] = scaling.lowFrequencyFactor;
        object["high_freq_factor"] = scaling.highFrequencyFactor;
        object["original_max_position_embeddings"] = scaling.originalContextTokens;
    }
    return object;
}

}  // namespace

ModelConfig modelConfigFromHuggingFace(const std::string& text, const std::string& source) {
    const ConfigReader reader(text, source);
    const ModelClass& modelClass = classOf(reader);
    ModelConfig config;
    config.architecture = modelClass.modelType;
    refuseUnsupported(reader);
    config.layerCount = reader.required<int>("num_hidden_layers");
    config.queryHeadCount = reader.required<int>("num_attention_heads");
    if (config.queryHeadCount < 1) reader.fail("its field num_attention_heads is not positive");
    const int kvHeads = reader.has("num_key_value_heads") ? 0 : modelClass.kvHeadCount;
    config.kvHeadCount =
        reader.get<int>("num_key_value_heads").value_or(kvHeads == 0 ? config.queryHeadCount : kvHeads);
    config.hiddenSize = reader.required<int>("hidden_size");
    config.feedForwardSize = reader.required<int>("intermediate_size");
    config.vocabularySize = reader.required<int>("vocab_size");
    config.contextTokens = reader.get<int>("max_position_embeddings").value_or(modelClass.contextTokens);
    const int headDim = reader.has("head_dim") ? 0 : modelClass.headDim;
    config.headDim =
        reader.get<int>("head_dim").value_or(headDim == 0 ? config.hiddenSize / config.queryHeadCount : headDim);
    config.ropeTheta = readRopeTheta(reader);
    config.ropeScaling = readRopeScaling(reader, config);
    config.rmsNormEpsilon = reader.get<double>("rms_norm_eps").value_or(kDefaultRmsNormEpsilon);
    config.tiedEmbeddings = reader.get<bool>("tie_word_embeddings").value_or(false);
    config.hasQkNorm = modelClass.hasQkNorm;
    config.hasQkvBias = modelClass.hasQkvBias;
    ModelConfig shape = config;
    requireValid(shape, source);  // before anything is made for each layer
    config.nativeWindows = readNativeWindows(reader, modelClass, config.layerCount);
    requireValid(config, source);
    return config;
}

std::string tokenizerFromHuggingFace(const std::string& text, const std::string& source) {
    const ConfigReader reader(text, source);
    std::string tokenizer = reader.get<std::string>("consa_tokenizer").value_or("");
    if (!tokenizer.empty() && tokenizer != "bytes") {
        reader.fail("its field consa_tokenizer is " + tokenizer + "; only bytes is known");
    }
    return tokenizer;
}

std::string toHuggingFaceJson(const ModelConfig& config) {
    const auto found = std::find_if(kClasses.begin(), kClasses.end(), [&](const ModelClass& candidate) {
        return candidate.modelType == config.architecture;
    });
    json object = {{"architectures", {found == kClasses.end() ? "" : found->className}},
                   {"model_type", config.architecture},
                   {"num_hidden_layers", config.layerCount},
                   {"num_attention_heads", config.queryHeadCount},
                   {"num_key_value_heads", config.kvHeadCount},
                   {"head_dim", config.headDim},
                   {"hidden_size", config.hiddenSize},
                   {"intermediate_size", config.feedForwardSize},
                   {"vocab_size", config.vocabularySize},
                   {"max_position_embeddings", config.contextTokens},
                   {"rope_theta", config.ropeTheta},
                   {"rms_norm_eps", config.rmsNormEpsilon},
                   {"hidden_act", "silu"},
                   {"attention_bias", false},
                   {"tie_word_embeddings", config.tiedEmbeddings},
                   {"consa_tokenizer", "bytes"}};
    if (config.ropeScaling.form != RopeForm::Default) {
        object["rope_scaling"] = ropeObject(config.ropeScaling);
        object["rope_parameters"] = ropeObject(config.ropeScaling);
        object["rope_parameters"]["rope_theta"] = config.ropeTheta;
    }
    return object.dump(2) + "\n";
}

}  // namespace consa
