// Rotary frequencies of each form.
#include "core/checkpoint/rope_scaling.h"

#include "core/base/error.h"
#include "core/checkpoint/model_config.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>

namespace consa {
namespace {

constexpr std::array<const char*, 5> kNames = {"default", "linear", "dynamic", "llama3", "divisors"};

/// Wavelengths past the low band are stretched, those below the high band kept, in between blended.
double llama3Frequency(double frequency, const RopeScaling& scaling) {
    const double wavelength = 2 * std::numbers::pi / frequency;
    const double turns = scaling.originalContextTokens / wavelength;  // within the original context
    if (turns < scaling.lowFrequencyFactor) return frequency / scaling.factor;
    if (turns > scaling.highFrequencyFactor) return frequency;
    const double kept =
        (turns - scaling.lowFrequencyFactor) / (scaling.highFrequencyFactor - scaling.lowFrequencyFactor);
    return (1 - kept) * frequency / scaling.factor + kept * frequency;
}

/// Dynamic NTK: the base grows with the part of the text past the model's context.
double dynamicTheta(const ModelConfig& config, long long tokens) {
    const double dim = config.headDim;
    const double length = static_cast<double>(std::max<long long>(tokens, config.contextTokens));
    const double factor = config.ropeScaling.factor;
    return config.ropeTheta * std::pow(factor * length / config.contextTokens - (factor - 1), dim / (dim - 2));
}

}  // namespace

const char* toString(RopeForm form) {
    return kNames.at(static_cast<std::size_t>(form));
}

RopeForm ropeFormFromString(const std::string& word, const std::string& source) {
    const auto found = std::find(kNames.begin(), kNames.end(), word);
    if (found == kNames.end()) {
        throw Error("cannot use " + source + ": it asks for " + word +
                    " rotary positions; supported are default, linear, dynamic and llama3");
    }
    return static_cast<RopeForm>(found - kNames.begin());
}

std::vector<double> rotaryFrequencies(const ModelConfig& config, long long tokens) {
    const RopeScaling& scaling = config.ropeScaling;
    const double theta = scaling.form == RopeForm::Dynamic ? dynamicTheta(config, tokens) : config.ropeTheta;
    std::vector<double> frequencies(static_cast<std::size_t>(config.headDim / 2));
    for (std::size_t i = 0; i < frequencies.size(); ++i) {
        double& frequency = frequencies[i];
        frequency = std::pow(theta, -2.0 * static_cast<double>(i) / config.headDim);
        if (scaling.form == RopeForm::Linear) frequency /= scaling.factor;
        if (scaling.form == RopeForm::Llama3) frequency = llama3Frequency(frequency, scaling);
        if (scaling.form == RopeForm::Divisors) frequency /= scaling.divisors.at(i);
    }
    return frequencies;
}

}  // namespace consa
