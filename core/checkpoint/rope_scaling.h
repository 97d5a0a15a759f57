// How a model stretches its rotary positions to contexts longer than it was first trained on.
#pragma once

#include <string>
#include <vector>

namespace consa {

/// The forms of transformers' `rope_type` that are read; Divisors is how GGUF files store the result of Llama3.
enum class RopeForm { Default, Linear, Dynamic, Llama3, Divisors };

[[nodiscard]] const char* toString(RopeForm form);
/// Throws Error (BadInput) naming `source`, the word and what is supported.
[[nodiscard]] RopeForm ropeFormFromString(const std::string& word, const std::string& source);

/// Parameters of the forms; those of other forms keep their defaults.
struct RopeScaling {
    RopeForm form = RopeForm::Default;
    double factor = 1;               // Linear, Dynamic, Llama3: how many times longer; >= 1
    double lowFrequencyFactor = 1;   // Llama3
    double highFrequencyFactor = 4;  // Llama3
    int originalContextTokens = 0;   // Llama3: tokens the model was first trained on
    std::vector<double> divisors;    // Divisors: one a frequency, [headDim / 2]

    bool operator==(const RopeScaling&) const = default;
};

struct ModelConfig;

/// Radians a token for each pair of a head's dimensions, [headDim / 2]: theta^(-2i / headDim), scaled. `tokens` is the
/// length of the text, which only Dynamic looks at. Formulas: transformers' modeling_rope_utils.py; Llama3's bands from
/// Llama 3.1's reference code.
[[nodiscard]] std::vector<double> rotaryFrequencies(const ModelConfig& config, long long tokens);

}  // namespace consa
