// Reads Hugging Face folders: the configuration's fields, and where the weights are.
#include "core/checkpoint/hf_checkpoint.h"

#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/checkpoint/safetensors_checkpoint.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <set>
#include <utility>

namespace consa {
namespace {

using nlohmann::json;
namespace fs = std::filesystem;

constexpr double kDefaultRmsNormEpsilon = 1e-6;  // transformers' default for both architectures

/// A config.json: typed access with errors that name file and field.
class ConfigReader {
public:
    ConfigReader(const std::string& text, const std::string& source) : m_source(source) {
        m_object = json::parse(text, nullptr, false);
        if (m_object.is_discarded() || !m_object.is_object()) fail("it is not a JSON object");
    }

    [[noreturn]] void fail(const std::string& problem) const { throw Error("cannot use " + m_source + ": " + problem); }

    /// Null when the field is missing.
    [[nodiscard]] const json& value(const char* field) const {
        static const json kMissing;
        const auto found = m_object.find(field);
        return found == m_object.end() ? kMissing : *found;
    }

    template <typename T>
    [[nodiscard]] std::optional<T> get(const char* field) const {
        return convert<T>(value(field), field);
    }

    template <typename T>
    [[nodiscard]] std::optional<T> convert(const json& found, const std::string& field) const {
        if (found.is_null()) return std::nullopt;
        constexpr bool kWantsFlag = std::is_same_v<T, bool>;
        constexpr bool kWantsNumber = std::is_arithmetic_v<T> && !kWantsFlag;
        const bool fits = kWantsFlag ? found.is_boolean() : kWantsNumber ? found.is_number() : found.is_string();
        if (!fits) fail("its field " + field + " has the wrong type: " + found.dump());
        return found.get<T>();
    }

    [[nodiscard]] int size(const char* field) const {
        const auto found = get<int>(field);
        if (!found) fail(std::string("it has no field ") + field);
        return *found;
    }

    /// Refuses a feature that is switched on.
    void refuse(const char* field) const {
        if (get<bool>(field).value_or(false))
            fail(std::string("its field ") + field + " is true, which is not supported");
    }

private:
    json m_object;
    const std::string& m_source;
};

std::string readArchitecture(const ConfigReader& reader) {
    const json& architectures = reader.value("architectures");
    std::string name = reader.get<std::string>("model_type").value_or("");
    if (architectures.is_array() && !architectures.empty() && architectures[0].is_string()) {
        name = architectures[0].get<std::string>();
    }
    if (name == "LlamaForCausalLM" || name == "llama") return "llama";
    if (name == "Qwen3ForCausalLM" || name == "qwen3") return "qwen3";
    reader.fail("its field architectures names " + (name.empty() ? "nothing" : name) +
                "; supported are LlamaForCausalLM and Qwen3ForCausalLM");
}

/// Refuses any rotary form but the plain one, in `rope_scaling` (older files) or `rope_parameters`.
void checkRopeForm(const ConfigReader& reader, const char* field) {
    const json& form = reader.value(field);
    if (form.is_null()) return;
    if (!form.is_object()) reader.fail(std::string("its field ") + field + " is no object");
    for (const char* key : {"rope_type", "type"}) {
        const json type = form.value(key, json());
        if (!type.is_null() && type != "default") {
            reader.fail(std::string("its field ") + field + " asks for " + type.dump() +
                        " rotary positions; only the default form is supported");
        }
    }
    if (form.value("partial_rotary_factor", json(1)) != 1) {
        reader.fail(std::string("its field ") + field + " has a partial_rotary_factor, which is not supported");
    }
}

double readRopeTheta(const ConfigReader& reader) {
    checkRopeForm(reader, "rope_scaling");
    checkRopeForm(reader, "rope_parameters");
    if (reader.get<double>("partial_rotary_factor").value_or(1) != 1) {
        reader.fail("its field partial_rotary_factor is not 1, which is not supported");
    }
    const json& parameters = reader.value("rope_parameters");
    if (parameters.is_object()) {
        const auto theta = reader.convert<double>(parameters.value("rope_theta", json()), "rope_parameters.rope_theta");
        if (theta) return *theta;
    }
    return reader.get<double>("rope_theta").value_or(ModelConfig().ropeTheta);
}

void refuseUnsupported(const ConfigReader& reader) {
    for (const char* field : {"attention_bias", "mlp_bias", "use_sliding_window"}) reader.refuse(field);
    const std::string activation = reader.get<std::string>("hidden_act").value_or("silu");
    if (activation != "silu") reader.fail("its field hidden_act is " + activation + "; only silu is supported");
    if (!reader.value("quantization_config").is_null()) {
        reader.fail("its field quantization_config is set; only F32, F16 and BF16 weights are supported");
    }
    const json& layers = reader.value("layer_types");
    if (layers.is_array()) {
        for (const json& type : layers) {
            if (type != "full_attention") {
                reader.fail("its field layer_types has " + type.dump() + "; only full_attention is supported");
            }
        }
    }
}

/// Names of the weight files, in name order.
std::set<std::string> weightFiles(const fs::path& folder) {
    if (fs::exists(folder / "model.safetensors")) return {"model.safetensors"};
    const fs::path index = folder / "model.safetensors.index.json";
    if (!fs::exists(index)) {
        throw Error("cannot use " + folder.string() + ": it has neither model.safetensors nor " +
                    "model.safetensors.index.json; save the model as safetensors");
    }
    const json object = json::parse(readFile(index), nullptr, false);
    const json map = object.is_object() ? object.value("weight_map", json()) : json();
    if (!map.is_object() || map.empty()) throw Error("cannot use " + index.string() + ": it has no weight_map");
    std::set<std::string> names;
    for (const auto& [tensor, file] : map.items()) {
        const std::string name = file.is_string() ? file.get<std::string>() : "";
        if (name.empty() || fs::path(name).filename() != name) {
            throw Error("cannot use " + index.string() + ": tensor " + tensor + " has no file name beside the index");
        }
        names.insert(name);
    }
    return names;
}

void refuseBiases(const SafetensorsFile& file) {
    for (const StoredTensor& tensor : file.tensors()) {
        if (tensor.info.name.ends_with(".bias")) {
            throw Error("cannot use " + file.source() + ": it has the bias " + tensor.info.name +
                        ", and biases are not supported");
        }
    }
}

std::string folderName(const fs::path& folder) {
    std::error_code code;
    const fs::path whole = fs::weakly_canonical(folder, code);
    return (code ? folder : whole).filename().string();
}

}  // namespace

ModelConfig modelConfigFromHuggingFace(const std::string& text, const std::string& source) {
    const ConfigReader reader(text, source);
    ModelConfig config;
    config.architecture = readArchitecture(reader);
    refuseUnsupported(reader);
    config.layerCount = reader.size("num_hidden_layers");
    config.queryHeadCount = reader.size("num_attention_heads");
    config.kvHeadCount = reader.get<int>("num_key_value_heads").value_or(config.queryHeadCount);
    config.hiddenSize = reader.size("hidden_size");
    config.feedForwardSize = reader.size("intermediate_size");
    config.vocabularySize = reader.size("vocab_size");
    config.contextTokens = reader.get<int>("max_position_embeddings").value_or(2048);
    if (config.queryHeadCount < 1) reader.fail("its field num_attention_heads is not positive");
    config.headDim = reader.get<int>("head_dim").value_or(config.hiddenSize / config.queryHeadCount);
    config.ropeTheta = readRopeTheta(reader);
    config.rmsNormEpsilon = reader.get<double>("rms_norm_eps").value_or(kDefaultRmsNormEpsilon);
    config.tiedEmbeddings = reader.get<bool>("tie_word_embeddings").value_or(false);
    config.hasQkNorm = config.architecture == "qwen3";
    requireValid(config, source);
    return config;
}

std::string toHuggingFaceJson(const ModelConfig& config) {
    const bool isQwen = config.architecture == "qwen3";
    const json object = {{"architectures", {isQwen ? "Qwen3ForCausalLM" : "LlamaForCausalLM"}},
                         {"model_type", isQwen ? "qwen3" : "llama"},
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
    return object.dump(2) + "\n";
}

std::unique_ptr<Checkpoint> openHuggingFaceFolder(const fs::path& folder) {
    const fs::path configFile = folder / "config.json";
    if (!fs::exists(configFile)) {
        throw Error("cannot use the folder " + folder.string() + ": it has no config.json; name a Hugging Face model " +
                    "folder or a .gguf file");
    }
    const std::string text = readFile(configFile);
    SafetensorsModel model;
    model.config = modelConfigFromHuggingFace(text, configFile.string());
    model.config.name = folderName(folder);
    model.format = "safetensors";
    model.source = folder.string();
    const ConfigReader reader(text, model.source);
    const std::string tokenizer = reader.get<std::string>("consa_tokenizer").value_or("");
    if (!tokenizer.empty() && tokenizer != "bytes") {
        reader.fail("its field consa_tokenizer is " + tokenizer + "; only bytes is known");
    }
    if (tokenizer.empty()) model.tokenizerFile = folder / "tokenizer.json";
    for (const std::string& name : weightFiles(folder)) {
        const fs::path path = folder / name;
        model.mapped.push_back(std::make_unique<MappedFile>(path));
        model.files.emplace_back(model.mapped.back()->bytes(), path.string());
        refuseBiases(model.files.back());
    }
    return makeSafetensorsCheckpoint(std::move(model));
}

}  // namespace consa
