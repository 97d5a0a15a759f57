// Shape and constants of a decoder, whatever file they were read from.
#pragma once

#include "core/checkpoint/rope_scaling.h"
#include "core/layout/attention_layout.h"

#include <cstdint>
#include <string>
#include <vector>

namespace consa {

/// A Llama-, Mistral- or Qwen-type decoder: RMSNorm, half-split rotary positions, grouped-query attention, SwiGLU; no
/// biases but those of the query, key and value projections.
struct ModelConfig {
    std::string name;          // for people: "SmolLM2-135M-Instruct"
    std::string architecture;  // "llama" | "mistral" | "ministral" | "qwen2" | "qwen3"
    int layerCount = 0;
    int queryHeadCount = 0;
    int kvHeadCount = 0;
    int headDim = 0;
    int hiddenSize = 0;
    int feedForwardSize = 0;
    int vocabularySize = 0;
    int contextTokens = 0;  // longest context the model was made for
    double ropeTheta = 10000;
    double rmsNormEpsilon = 1e-5;
    bool tiedEmbeddings = false;
    bool hasQkNorm = false;   // RMSNorm over each query's and key's head dimension (Qwen3)
    bool hasQkvBias = false;  // biases of the query, key and value projections (Qwen2)
    RopeScaling ropeScaling;
    /// Most tokens that a full head of each layer sees, the query counted; 0 for no bound. Empty when no layer has one.
    /// Mistral v0.1 was made with such a window, some Qwen2 models in their upper layers.
    std::vector<int> nativeWindows;

    /// contextTokens, or what dynamic rotary positions stretch it to.
    [[nodiscard]] int longestContextTokens() const;
    /// The bound of one layer, 0 for none.
    [[nodiscard]] int nativeWindow(int layer) const {
        return nativeWindows.empty() ? 0 : nativeWindows[static_cast<std::size_t>(layer)];
    }
    [[nodiscard]] UnitGrid grid(Granularity granularity) const { return {layerCount, kvHeadCount, granularity}; }
    /// Weights in all, embeddings counted once when tied.
    [[nodiscard]] std::int64_t parameterCount() const;
    /// Bytes that one token adds to a KV cache of `bytesPerValue` (2 for bf16) with every head full.
    [[nodiscard]] std::int64_t kvBytesPerToken(int bytesPerValue = 2) const;

    bool operator==(const ModelConfig&) const = default;
};

/// The config as a JSON object whose keys are the fields' names.
[[nodiscard]] std::string toJson(const ModelConfig& config);
/// Reads what toJson wrote. Throws Error (BadInput) naming `source` and the field.
[[nodiscard]] ModelConfig modelConfigFromJson(const std::string& text, const std::string& source);

/// "llama, mistral, ...", for messages.
[[nodiscard]] const char* supportedArchitectures();

/// Throws Error (BadInput) naming `source` and the field unless all sizes are positive and divide as they must.
void requireValid(const ModelConfig& config, const std::string& source);

}  // namespace consa
