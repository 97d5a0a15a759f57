// The tiny models of make_exchange.py as this program opens them, and layouts for them.
#pragma once

#include "core/base/file_io.h"
#include "core/checkpoint/safetensors_checkpoint.h"
#include "core/layout/layout_file.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

namespace consa::test {

inline nlohmann::json readJson(const std::filesystem::path& path) {
    return nlohmann::json::parse(readFile(path));
}

inline RopeScaling ropeOf(const nlohmann::json& parameters) {
    RopeScaling scaling;
    scaling.form = ropeFormFromString(parameters.value("rope_type", "default"), "the reference");
    scaling.factor = parameters.value("factor", 1.0);
    scaling.lowFrequencyFactor = parameters.value("low_freq_factor", 1.0);
    scaling.highFrequencyFactor = parameters.value("high_freq_factor", 4.0);
    scaling.originalContextTokens = parameters.value("original_max_position_embeddings", 0);
    return scaling;
}

/// The config of a reference model, whose fields transformers has all written.
inline ModelConfig configOf(const std::filesystem::path& folder) {
    const nlohmann::json object = readJson(folder / "config.json");
    ModelConfig config;
    config.name = folder.filename().string();
    config.architecture = object["model_type"];
    config.layerCount = object["num_hidden_layers"];
    config.queryHeadCount = object["num_attention_heads"];
    config.kvHeadCount = object["num_key_value_heads"];
    config.hiddenSize = object["hidden_size"];
    const nlohmann::json headDim = object.value("head_dim", nlohmann::json());
    config.headDim = headDim.is_null() ? config.hiddenSize / config.queryHeadCount : headDim.get<int>();
    config.feedForwardSize = object["intermediate_size"];
    config.vocabularySize = object["vocab_size"];
    config.contextTokens = object["max_position_embeddings"];
    config.rmsNormEpsilon = object["rms_norm_eps"];
    config.ropeTheta = object["rope_parameters"]["rope_theta"];
    config.ropeScaling = ropeOf(object["rope_parameters"]);
    config.tiedEmbeddings = object["tie_word_embeddings"];
    config.hasQkvBias = config.architecture == "qwen2";
    config.hasQkNorm = config.architecture == "qwen3";
    if (config.architecture == "mistral" && !object["sliding_window"].is_null())
        config.nativeWindows.assign(static_cast<std::size_t>(config.layerCount), object["sliding_window"].get<int>());
    return config;
}

inline std::unique_ptr<Checkpoint> openReference(const std::filesystem::path& folder,
                                                 const std::filesystem::path& tokenizer = {}) {
    SafetensorsModel model;
    model.config = configOf(folder);
    model.format = "safetensors";
    model.source = folder.string();
    model.tokenizerFile = tokenizer;
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder)) {
        if (entry.path().extension() == ".safetensors") files.push_back(entry.path());
    }
    for (const std::filesystem::path& file : files) {
        model.mapped.push_back(std::make_unique<MappedFile>(file));
        model.files.emplace_back(model.mapped.back()->bytes(), file.string());
    }
    return makeSafetensorsCheckpoint(std::move(model));
}

/// '1' is full.
inline LayoutFile layersOf(const ModelConfig& model, const std::string& full, int window, int sinks = 0) {
    LayoutFile file;
    file.layout = AttentionLayout(model.grid(Granularity::Layer), false);
    for (std::size_t layer = 0; layer < full.size(); ++layer) file.layout.full[layer] = full[layer] == '1' ? 1 : 0;
    file.windowTokens = window;
    file.sinkTokens = sinks;
    return file;
}

/// Every layer slides but the last.
inline std::string lastLayerFull(const Checkpoint& checkpoint) {
    return std::string(static_cast<std::size_t>(checkpoint.config().layerCount - 1), '0') + "1";
}

}  // namespace consa::test
