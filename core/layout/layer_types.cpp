// Reads layer_types, sliding_window, use_sliding_window and max_window_layers.
#include "core/layout/layer_types.h"

#include "core/base/json_text.h"

#include <algorithm>
#include <optional>

namespace consa {
namespace {

constexpr int kMostLayers = 4096;  // as in layout files
constexpr int kMostTokens = 1 << 30;

std::optional<int> readCount(const ParsedJson& config, const char* field, const std::string& source, int most) {
    const auto found = config.find(field);
    if (found == config.end() || found->is_null()) return std::nullopt;
    const bool isCount = found->is_number_integer() && *found >= 0 && *found <= most;
    if (!isCount) {
        throw Error(source + ": " + field + " is " + dumpJson(*found) + ", expected a whole number from 0 to " +
                    std::to_string(most));
    }
    return found->get<int>();
}

int requireCount(const ParsedJson& config, const char* field, const std::string& source) {
    const auto count = readCount(config, field, source, kMostLayers);
    if (count.value_or(0) < 1) throw Error(source + ": " + field + " is missing or 0");
    return *count;
}

/// What use_sliding_window says, or nothing where there is no such field.
std::optional<bool> usesWindow(const ParsedJson& config, const std::string& source) {
    const auto found = config.find("use_sliding_window");
    if (found == config.end() || found->is_null()) return std::nullopt;
    if (!found->is_boolean()) throw Error(source + ": use_sliding_window is neither true nor false");
    return found->get<bool>();
}

std::string textOf(const ParsedJson& config, const char* field) {
    const auto found = config.find(field);
    return found != config.end() && found->is_string() ? found->get<std::string>() : "";
}

/// 1 a full layer, 0 a sliding one.
std::vector<std::uint8_t> readTypes(const ParsedJson& types, int layers, const std::string& source) {
    if (!types.is_array() || types.size() != static_cast<std::size_t>(layers)) {
        throw Error(source + ": layer_types is no list of num_hidden_layers = " + std::to_string(layers) + " entries");
    }
    std::vector<std::uint8_t> units;
    for (std::size_t layer = 0; layer < types.size(); ++layer) {
        const bool isFull = isText(types[layer], "full_attention");
        if (!isFull && !isText(types[layer], "sliding_attention")) {
            throw Error(source + ": layer_types[" + std::to_string(layer) + "] is " + dumpJson(types[layer]) +
                        ", expected full_attention or sliding_attention");
        }
        units.push_back(isFull ? 1 : 0);
    }
    return units;
}

/// Without layer_types: the rule of the model's type.
std::vector<std::uint8_t> unitsByRule(const ParsedJson& config, int layers, bool hasWindow, const std::string& source) {
    std::vector<std::uint8_t> units(static_cast<std::size_t>(layers), 1);
    if (!hasWindow) return units;
    // Qwen counts the layers below max_window_layers as full; Mistral has no such field and slides everywhere.
    const bool isQwen = textOf(config, "model_type").starts_with("qwen");
    constexpr int kQwenDefault = 28;
    const int firstSliding =
        isQwen ? readCount(config, "max_window_layers", source, kMostLayers).value_or(kQwenDefault) : 0;
    for (int layer = firstSliding; layer < layers; ++layer) units[static_cast<std::size_t>(layer)] = 0;
    return units;
}

}  // namespace

bool describesLayers(const ParsedJson& config) {
    const auto isSet = [&](const char* field) { return config.contains(field) && !config[field].is_null(); };
    return config.is_object() && (isSet("layer_types") || isSet("sliding_window"));
}

ImportedLayout layoutFromLayerTypes(const ParsedJson& config, const std::string& source) {
    ImportedLayout result;
    result.format = LayoutFormat::HuggingFace;
    const int layers = requireCount(config, "num_hidden_layers", source);
    const auto kvHeads = readCount(config, "num_key_value_heads", source, kMostLayers);
    result.grid = {layers, kvHeads ? *kvHeads : requireCount(config, "num_attention_heads", source),
                   Granularity::Layer};
    if (result.grid.kvHeadCount < 1) throw Error(source + ": num_key_value_heads is 0");
    result.modelArchitecture = textOf(config, "model_type");
    result.sinkTokens = 0;

    const bool isQwen = result.modelArchitecture.starts_with("qwen");
    const bool isWindowOn = usesWindow(config, source).value_or(!isQwen);
    const int window = readCount(config, "sliding_window", source, kMostTokens).value_or(0);
    if (isWindowOn && window > 0) result.windowTokens = window;
    const auto types = config.find("layer_types");
    const bool hasTypes = types != config.end() && !types->is_null();
    result.units = hasTypes ? readTypes(*types, layers, source)
                            : unitsByRule(config, layers, result.windowTokens.has_value(), source);
    const bool slides = std::find(result.units.begin(), result.units.end(), 0) != result.units.end();
    if (slides && !result.windowTokens) {
        throw Error(source + ": layer_types has sliding layers, but there is no window in use: set sliding_window" +
                    (isQwen ? " and use_sliding_window" : ""));
    }
    return result;
}

}  // namespace consa
