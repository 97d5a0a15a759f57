// How a model with a layer layout is expressed as a Hugging Face configuration that transformers obeys.
#pragma once

#include "core/checkpoint/model_config.h"
#include "core/layout/layout_file.h"

#include <string>
#include <vector>

namespace consa {

/// What will be written for a model and a layout.
struct HuggingFacePlan {
    ModelConfig config;               // as written: architecture qwen2, qwen3 or ministral
    std::vector<bool> slides;         // one a layer
    int slidingWindow = 0;            // tokens, the query counted; 0 when no layer slides
    bool addsZeroBiases = false;      // query, key and value biases of zeros, which Qwen2 must have
    std::vector<std::string> losses;  // one sentence a thing that the layout has and the folder will not
};

/// Which class of transformers stands in for Llama's.
enum class LlamaTarget { Ministral, Qwen2 };

/// "auto" (Ministral) or "qwen2". Throws Error (BadInput) for any other word.
[[nodiscard]] LlamaTarget llamaTargetFromString(const std::string& word);

/// Chooses the architecture with the same maths whose transformers class obeys `layer_types` (read in
/// transformers 4.57, 5.17 and 5.24): Qwen2 and Qwen3 as they are; Mistral, whose class has one window for all layers,
/// as Ministral; Llama, whose class never reads layer_types, as Ministral too, or as Qwen2 with biases of zero for
/// releases without Ministral. In transformers 5 AutoTokenizer gives every qwen2 model Qwen2's own splitting of text,
/// whatever tokenizer.json says, so there Llama as Qwen2 reads other tokens. Throws Error (BadInput) with the reason
/// for what can't be expressed: KV heads of one layer that differ (see asLayers), layers with different windows,
/// another shape.
[[nodiscard]] HuggingFacePlan planHuggingFaceExport(const ModelConfig& model, const LayoutFile& layout,
                                                    LlamaTarget llamaTarget = LlamaTarget::Ministral);

/// Facts that a model's shape does not hold.
struct HuggingFaceExtras {
    std::string dataType = "float32";  // "float32" | "bfloat16" | "float16": how transformers loads the weights
    std::string tokenIdsJson = "{}";   // bos_token_id, eos_token_id, pad_token_id as a source's config.json has them
    bool hasByteTokenizer = false;
};

/// The config.json, with the spellings of transformers 4.5x and 5.x side by side: rope_theta and rope_scaling beside
/// rope_parameters, torch_dtype beside dtype.
[[nodiscard]] std::string toHuggingFaceConfig(const HuggingFacePlan& plan, const HuggingFaceExtras& extras);

}  // namespace consa
