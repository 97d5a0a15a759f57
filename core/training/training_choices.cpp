// The words of a run's choices, each in one table.
#include "core/training/training_choices.h"

#include "core/base/error.h"

#include <array>
#include <utility>

namespace consa {
namespace {

template <typename Value, std::size_t Count>
using Words = std::array<std::pair<Value, const char*>, Count>;

constexpr Words<DataType, 3> kDataTypes{
    {{DataType::Auto, "auto"}, {DataType::Float32, "float32"}, {DataType::BFloat16, "bfloat16"}}};
constexpr Words<LearningMode, 3> kModes{{{LearningMode::Gates, "gates"},
                                         {LearningMode::GatesAndWeights, "gates+weights"},
                                         {LearningMode::Recover, "recover"}}};
constexpr Words<Scope, 2> kScopes{{{Scope::Global, "global"}, {Scope::PerLayer, "per-layer"}}};
constexpr Words<TrainingLoss, 3> kLosses{{{TrainingLoss::NextToken, "next-token"},
                                          {TrainingLoss::DistillKl, "distill-kl"},
                                          {TrainingLoss::DistillHidden, "distill-hidden"}}};
constexpr Words<SparsityEstimate, 2> kEstimates{
    {{SparsityEstimate::Expected, "expected"}, {SparsityEstimate::Sampled, "sampled"}}};
constexpr Words<GateMethod, 5> kMethods{{{GateMethod::Consa, "consa"},
                                         {GateMethod::Ranked, "ranked"},
                                         {GateMethod::L1, "l1"},
                                         {GateMethod::Gradient, "gradient"},
                                         {GateMethod::Random, "random"}}};

template <typename Value, std::size_t Count>
std::string wordOf(const Words<Value, Count>& words, Value value) {
    for (const auto& [known, word] : words)
        if (known == value) return word;
    return words.front().second;
}

template <typename Value, std::size_t Count>
Value valueOf(const Words<Value, Count>& words, const std::string& word, const std::string& what) {
    std::string all;
    for (std::size_t i = 0; i < Count; ++i) {
        if (word == words[i].second) return words[i].first;
        all += (i == 0 ? "" : i + 1 == Count ? " or " : ", ") + std::string(words[i].second);
    }
    throw Error("\"" + word + "\" is not " + what + ": use " + all);
}

}  // namespace

std::string toString(DataType value) {
    return wordOf(kDataTypes, value);
}
std::string toString(LearningMode value) {
    return wordOf(kModes, value);
}
std::string toString(Scope value) {
    return wordOf(kScopes, value);
}
std::string toString(TrainingLoss value) {
    return wordOf(kLosses, value);
}
std::string toString(SparsityEstimate value) {
    return wordOf(kEstimates, value);
}
std::string toString(GateMethod value) {
    return wordOf(kMethods, value);
}

DataType dataTypeFromString(const std::string& word) {
    return valueOf(kDataTypes, word, "a number format");
}
LearningMode learningModeFromString(const std::string& word) {
    return valueOf(kModes, word, "a mode of learning");
}
Scope scopeFromString(const std::string& word) {
    return valueOf(kScopes, word, "a scope");
}
TrainingLoss trainingLossFromString(const std::string& word) {
    return valueOf(kLosses, word, "a loss");
}
SparsityEstimate sparsityEstimateFromString(const std::string& word) {
    return valueOf(kEstimates, word, "an estimate of the sparsity");
}
GateMethod gateMethodFromString(const std::string& word) {
    return valueOf(kMethods, word, "a method of learning gates");
}

}  // namespace consa
