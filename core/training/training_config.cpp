// Reads, writes and checks the knobs of a run.
#include "core/training/training_config.h"

#include "core/base/json_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <type_traits>
#include <utility>

namespace consa {
namespace {

/// Calls `visit(key, field)` for every field: the one list that reading and writing share.
template <typename Config, typename Visitor>
void forEachField(Config& config, Visitor&& visit) {
    visit("model", config.model);
    visit("corpus", config.corpus);
    visit("jsonField", config.text.jsonField);
    visit("packsDocuments", config.text.packsDocuments);
    visit("splitSeed", config.text.splitSeed);
    visit("device", config.device);
    visit("dataType", config.dataType);
    visit("seed", config.seed);
    visit("mode", config.mode);
    visit("loss", config.loss);
    visit("method", config.method);
    visit("granularity", config.granularity);
    visit("windowTokens", config.windowTokens);
    visit("sinkTokens", config.sinkTokens);
    visit("contextTokens", config.contextTokens);
    visit("batchSize", config.batchSize);
    visit("stepCount", config.stepCount);
    visit("target", config.target);
    visit("warmupShare", config.warmupShare);
    visit("rampSteps", config.rampSteps);
    visit("moves", config.moves);
    visit("scope", config.scope);
    visit("sparsityEstimate", config.sparsityEstimate);
    visit("pins", config.pins);
    visit("gateLearningRate", config.gateLearningRate);
    visit("gateBeta1", config.gateBeta1);
    visit("gateBeta2", config.gateBeta2);
    visit("gateScaleSharing", config.gateScaleSharing);
    visit("gateDraws", config.gateDraws);
    visit("initialLogAlpha", config.initialLogAlpha);
    visit("logAlphaLimit", config.logAlphaLimit);
    visit("multiplierRate", config.multiplierRate);
    visit("quadraticWeight", config.quadraticWeight);
    visit("holdShare", config.holdShare);
    visit("learningRateWarmupSteps", config.learningRateWarmupSteps);
    visit("decayStart", config.decayStart);
    visit("weightLearningRate", config.weightLearningRate);
    visit("weightDecay", config.weightDecay);
    visit("gradientClip", config.gradientClip);
    visit("loraRank", config.loraRank);
    visit("loraAlpha", config.loraAlpha);
    visit("layout", config.layout);
}

struct Writer {
    Json& json;

    template <typename Value>
    void operator()(const char* key, const Value& value) const {
        if constexpr (std::is_enum_v<Value>)
            json[key] = toString(value);
        else
            json[key] = value;
    }
    void operator()(const char* key, const std::vector<Pin>& pins) const { writeWords(key, pins); }
    void operator()(const char* key, const std::vector<TargetMove>& moves) const { writeWords(key, moves); }
    template <typename Word>
    void writeWords(const char* key, const std::vector<Word>& words) const {
        json[key] = Json::array();
        for (const Word& word : words) json[key].push_back(toString(word));
    }
};

/// Takes every key it knows out of `json`, so that what is left is unknown.
struct Reader {
    ParsedJson& json;
    const std::string& source;

    template <typename Value>
    void operator()(const char* key, Value& field) const {
        const auto found = json.find(key);
        if (found == json.end()) return;
        read(key, *found, field);
        json.erase(found);
    }

    [[noreturn]] void fail(const std::string& key, const ParsedJson& value, const std::string& expected) const {
        throw Error(source + ": " + key + " is " + dumpJson(value) + ", expected " + expected);
    }

    void read(const std::string& key, const ParsedJson& value, std::string& field) const {
        if (!value.is_string()) fail(key, value, "a text");
        field = value.get<std::string>();
    }
    void read(const std::string& key, const ParsedJson& value, bool& field) const {
        if (!value.is_boolean()) fail(key, value, "true or false");
        field = value.get<bool>();
    }
    void read(const std::string& key, const ParsedJson& value, std::vector<std::string>& field) const {
        if (!value.is_array()) fail(key, value, "a list of texts");
        std::vector<std::string> words(value.size());
        for (std::size_t i = 0; i < words.size(); ++i) read(key + "[" + std::to_string(i) + "]", value[i], words[i]);
        field = std::move(words);
    }
    void read(const std::string& key, const ParsedJson& value, double& field) const {
        if (!value.is_number()) fail(key, value, "a number");
        field = value.get<double>();
    }
    void read(const std::string& key, const ParsedJson& value, std::uint64_t& field) const {
        if (!value.is_number_unsigned()) fail(key, value, "a whole number from 0");
        field = value.get<std::uint64_t>();
    }
    void read(const std::string& key, const ParsedJson& value, int& field) const {
        constexpr auto kLimit = std::numeric_limits<int>::max();
        const bool isSmall = value.is_number_unsigned()
                                 ? value.get<std::uint64_t>() <= kLimit
                                 : value.is_number_integer() && value.get<std::int64_t>() >= -kLimit;
        if (!isSmall) fail(key, value, "a whole number");
        field = value.get<int>();
    }
    void read(const std::string& key, const ParsedJson& value, DataType& field) const {
        readWord(key, value, field, dataTypeFromString);
    }
    void read(const std::string& key, const ParsedJson& value, Granularity& field) const {
        readWord(key, value, field, granularityFromString);
    }
    void read(const std::string& key, const ParsedJson& value, LearningMode& field) const {
        readWord(key, value, field, learningModeFromString);
    }
    void read(const std::string& key, const ParsedJson& value, TrainingLoss& field) const {
        readWord(key, value, field, trainingLossFromString);
    }
    void read(const std::string& key, const ParsedJson& value, GateMethod& field) const {
        readWord(key, value, field, gateMethodFromString);
    }
    void read(const std::string& key, const ParsedJson& value, Scope& field) const {
        readWord(key, value, field, scopeFromString);
    }
    void read(const std::string& key, const ParsedJson& value, SparsityEstimate& field) const {
        readWord(key, value, field, sparsityEstimateFromString);
    }
    void read(const std::string& key, const ParsedJson& value, std::vector<Pin>& field) const {
        readWords(key, value, field, pinFromString);
    }
    void read(const std::string& key, const ParsedJson& value, std::vector<TargetMove>& field) const {
        readWords(key, value, field, targetMoveFromString);
    }
    template <typename Word>
    void readWords(const std::string& key, const ParsedJson& value, std::vector<Word>& field,
                   Word (*parse)(const std::string&)) const {
        if (!value.is_array()) fail(key, value, "a list of words");
        field.resize(value.size());
        for (std::size_t i = 0; i < value.size(); ++i)
            readWord(key + "[" + std::to_string(i) + "]", value[i], field[i], parse);
    }
    template <typename Word>
    void readWord(const std::string& key, const ParsedJson& value, Word& field,
                  Word (*parse)(const std::string&)) const {
        if (!value.is_string()) fail(key, value, "a word");
        try {
            field = parse(value.get<std::string>());
        } catch (const Error& error) {
            throw Error(source + ": " + key + ": " + error.what());
        }
    }
};

/// A number as a user would type it.
std::string shown(double value) {
    if (std::isnan(value)) return "nan";  // JSON knows neither
    if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
    return dumpJson(value);
}

void requireAtLeast(double value, double least, const std::string& knob) {
    if (!(value >= least) || !std::isfinite(value)) {
        throw Error(knob + " " + shown(value) + " must be at least " + shown(least));
    }
}

void requireAtLeast(int value, int least, const std::string& knob) {
    if (value < least) throw Error(knob + " " + std::to_string(value) + " must be at least " + std::to_string(least));
}

void requireShare(double value, const std::string& knob) {
    if (!(value >= 0 && value <= 1)) throw Error(knob + " " + shown(value) + " must lie between 0 and 1");
}

void requireValidText(const TrainingConfig& config, int modelContextTokens) {
    requireAtLeast(config.windowTokens, 1, "--window");
    requireAtLeast(config.sinkTokens, 0, "--sinks");
    requireAtLeast(config.contextTokens, 2, "--context");
    requireAtLeast(config.batchSize, 1, "--batch");
    requireAtLeast(config.stepCount, 1, "--steps");
    const std::string context = "--context " + std::to_string(config.contextTokens);
    if (config.windowTokens >= config.contextTokens) {
        throw Error("--window " + std::to_string(config.windowTokens) + " must be smaller than " + context);
    }
    if (config.sinkTokens >= config.contextTokens) {
        throw Error("--sinks " + std::to_string(config.sinkTokens) + " must be smaller than " + context +
                    ": with so many every token stays visible");
    }
    if (modelContextTokens > 0 && config.contextTokens > modelContextTokens) {
        throw Error(context + " is longer than the model allows: at most " + std::to_string(modelContextTokens));
    }
}

void requireValidOptimiser(const TrainingConfig& config) {
    if (!(config.gateLearningRate > 0) || !std::isfinite(config.gateLearningRate)) {
        throw Error("--lr " + shown(config.gateLearningRate) + " must be greater than 0");
    }
    for (const auto& [beta, knob] : {std::pair(config.gateBeta1, "gateBeta1"), {config.gateBeta2, "gateBeta2"}}) {
        if (!(beta >= 0 && beta < 1))
            throw Error(std::string(knob) + " " + shown(beta) + " must lie from 0 to below 1");
    }
    requireShare(config.gateScaleSharing, "gateScaleSharing");
    requireAtLeast(config.gateDraws, 1, "gateDraws");
    requireAtLeast(config.logAlphaLimit, 0.1, "logAlphaLimit");
    if (!(std::abs(config.initialLogAlpha) <= config.logAlphaLimit)) {
        throw Error("initialLogAlpha " + shown(config.initialLogAlpha) + " must lie within logAlphaLimit, +-" +
                    shown(config.logAlphaLimit));
    }
    requireAtLeast(config.multiplierRate, 0.0, "--multiplier-rate");
    requireAtLeast(config.quadraticWeight, 0.0, "--quadratic-weight");
    requireShare(config.holdShare, "--hold-share");
    requireAtLeast(config.learningRateWarmupSteps, 0, "learningRateWarmupSteps");
    requireShare(config.decayStart, "decayStart");
}

void requireValidWeights(const TrainingConfig& config) {
    if (!(config.weightLearningRate > 0) || !std::isfinite(config.weightLearningRate))
        throw Error("--weight-lr " + shown(config.weightLearningRate) + " must be greater than 0");
    requireAtLeast(config.weightDecay, 0.0, "--weight-decay");
    if (!(config.gradientClip > 0)) throw Error("--clip " + shown(config.gradientClip) + " must be greater than 0");
    requireAtLeast(config.loraRank, 0, "--lora-rank");
    if (!(config.loraAlpha > 0) || !std::isfinite(config.loraAlpha))
        throw Error("--lora-alpha " + shown(config.loraAlpha) + " must be greater than 0");
}

/// Choices that exclude each other.
void requireCompatible(const TrainingConfig& config) {
    if (config.scope == Scope::PerLayer && config.granularity == Granularity::Layer)
        throw Error("--scope per-layer needs --granularity kv-head: a layer of one unit has no budget of its own");
    if (config.method != GateMethod::Consa && config.mode != LearningMode::Gates)
        throw Error("--method " + toString(config.method) + " learns gates alone; leave out --mode " +
                    toString(config.mode));
    if (config.method != GateMethod::Consa && (config.scope == Scope::PerLayer || !config.pins.empty()))
        throw Error("--method " + toString(config.method) + " knows neither --scope per-layer nor --pin");
    if (config.mode == LearningMode::Recover && (!config.pins.empty() || !config.moves.empty()))
        throw Error("--pin and --move have no place in --mode recover: the layout is fixed");
    int stepCount = config.stepCount;
    for (const TargetMove& move : config.moves) {
        if (move.step >= stepCount)
            throw Error("--move " + toString(move) + " comes after the last of " + std::to_string(stepCount) +
                        " steps");
        stepCount = std::max(stepCount, move.step + config.rampSteps + settlingSteps(config.stepCount));
    }
}

}  // namespace

std::string toJson(const TrainingConfig& config) {
    Json json = Json::object();
    forEachField(config, Writer{json});
    return dumpJson(json, 2);
}

TrainingConfig trainingConfigFromJson(const std::string& text, const std::string& source,
                                      const TrainingConfig& defaults) {
    ParsedJson json = parseJson(text, source);
    if (!json.is_object()) throw Error(source + " must hold a JSON object with the knobs of a run");
    TrainingConfig config = defaults;
    forEachField(config, Reader{json, source});
    if (!json.empty()) throw Error(source + ": " + json.begin().key() + " is not a knob of a run; remove it");
    return config;
}

int settlingSteps(int plannedSteps) {
    constexpr int kLeast = 40;
    constexpr double kShare = 0.7;
    return std::max(kLeast, static_cast<int>(std::lround(kShare * plannedSteps)));
}

TrainingConfig defaultTrainingConfig(const std::string& model, bool onGpu) {
    TrainingConfig config;
    config.model = model;
    if (model == "demo") {
        config.windowTokens = 48;
        config.contextTokens = 512;
        config.batchSize = 3;
        return config;
    }
    config.corpus = {"default"};
    if (!onGpu) {
        config.windowTokens = 64;
        config.contextTokens = 512;
        config.batchSize = 1;
        config.stepCount = 200;
    }
    return config;
}

void requireValid(const TrainingConfig& config, int modelContextTokens) {
    if (config.model.empty()) throw Error("--model is empty: give a path, default or demo");
    if (config.corpus.empty()) throw Error("--corpus is empty: give texts, default or demo");
    if (config.text.jsonField.empty()) throw Error("--field is empty: name the field of JSONL that holds the text");
    requireShare(config.target, "--target");
    requireValidText(config, modelContextTokens);
    requireShare(config.warmupShare, "--warmup-share");
    requireAtLeast(config.rampSteps, 0, "--ramp");
    constexpr int kLongestRamp = 1000000;
    if (config.rampSteps > kLongestRamp) throw Error("--ramp " + std::to_string(config.rampSteps) + " is too long");
    requireValidOptimiser(config);
    requireValidWeights(config);
    requireCompatible(config);
}

}  // namespace consa
