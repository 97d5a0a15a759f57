// From options to a run's config.
#include "app/headless/learn_options.h"

#include "app/headless/text_options.h"
#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/base/json_text.h"
#include "core/checkpoint/checkpoint.h"
#include "core/session/compute_device.h"

#include <fmt/format.h>

namespace consa {

namespace {

template <typename Field, typename Option>
void take(Field& field, const Option& option) {
    if (option) field = *option;
}

template <typename Field>
void takeWord(Field& field, const std::optional<std::string>& word, Field (*parse)(const std::string&)) {
    if (word) field = parse(*word);
}

void takeWords(TrainingConfig& config, const LearnOptions& o) {
    takeWord(config.granularity, o.granularity, granularityFromString);
    takeWord(config.scope, o.scope, scopeFromString);
    takeWord(config.mode, o.mode, learningModeFromString);
    takeWord(config.loss, o.loss, trainingLossFromString);
    takeWord(config.method, o.method, gateMethodFromString);
    takeWord(config.sparsityEstimate, o.sparsityEstimate, sparsityEstimateFromString);
    if (!o.pins.empty()) config.pins.clear();
    for (const std::string& word : o.pins) config.pins.push_back(pinFromString(word));
    if (!o.moves.empty()) config.moves.clear();
    for (const std::string& word : o.moves) config.moves.push_back(targetMoveFromString(word));
}

/// The knobs in the file as a JSON object; a run's config.json holds them under "config".
std::string configText(const std::string& file) {
    if (file.empty()) return "{}";
    const ParsedJson json = parseJson(readFile(file), file);
    return dumpJson(json.is_object() && json.value("format", ParsedJson()) == "consa-run"
                        ? json.value("config", ParsedJson::object())
                        : json);
}

/// What holds for model and device when neither options nor file name them.
TrainingConfig startingConfig() {
    TrainingConfig config;
    config.model = "default";
    return config;
}

}  // namespace

TrainingConfig configFrom(const LearnOptions& o) {
    const std::string file = configText(o.configFile);
    const TrainingConfig told = trainingConfigFromJson(file, o.configFile, startingConfig());
    const std::string model = o.model.value_or(told.model), device = o.device.value_or(told.device);
    TrainingConfig config = defaultTrainingConfig(model, meansGpu(device));
    config = trainingConfigFromJson(file, o.configFile, config);
    config.model = model;
    config.device = device;
    if (!o.corpus.empty()) config.corpus = o.corpus;
    if (!(o.text == CorpusOptions())) config.text = o.text;
    takeWord(config.dataType, o.dataType, dataTypeFromString);
    takeWords(config, o);
    take(config.target, o.target);
    take(config.gateLearningRate, o.learningRate);
    take(config.multiplierRate, o.multiplierRate);
    take(config.quadraticWeight, o.quadraticWeight);
    take(config.holdShare, o.holdShare);
    take(config.warmupShare, o.warmupShare);
    take(config.weightLearningRate, o.weightLearningRate);
    take(config.weightDecay, o.weightDecay);
    take(config.gradientClip, o.gradientClip);
    take(config.loraRank, o.loraRank);
    take(config.loraAlpha, o.loraAlpha);
    take(config.windowTokens, o.window);
    take(config.sinkTokens, o.sinks);
    take(config.contextTokens, o.context);
    take(config.batchSize, o.batch);
    take(config.stepCount, o.steps);
    take(config.rampSteps, o.ramp);
    take(config.seed, o.seed);
    requireValid(config);
    return config;
}

std::string defaultsOf(int TrainingConfig::*knob) {
    const int onGpu = defaultTrainingConfig("default", true).*knob,
              onCpu = defaultTrainingConfig("default", false).*knob;
    const int demo = defaultTrainingConfig("demo", false).*knob;
    std::string text = " (default " + std::to_string(onGpu);
    if (onCpu != onGpu) text += "; on a CPU " + std::to_string(onCpu);
    if (demo != onCpu || demo != onGpu) text += "; the demo " + std::to_string(demo);
    return text + ")";
}

std::string defaultsOf(double TrainingConfig::*knob) {
    return fmt::format(" (default {})", TrainingConfig().*knob);
}

void addTextAndDeviceOptions(CLI::App& command, LearnOptions& o) {
    command.add_option("--model", o.model, "demo, default (as it is without), a .gguf file or a Hugging Face folder");
    command.add_option(
        "--corpus", o.corpus,
        "files or folders of text, HTML, POD or JSONL, also .gz and .zst; demo, default, generated:SEED (default: "
        "default, for the demo demo)");
    addTextOptions(command, o.text);
    command.add_option("--config", o.configFile, "JSON file of knobs, or a run's config.json; options go before it");
    command.add_option("--window", o.window,
                       "sliding window in tokens, the query counted" + defaultsOf(&TrainingConfig::windowTokens));
    command.add_option("--sinks", o.sinks, "first tokens that stay visible" + defaultsOf(&TrainingConfig::sinkTokens));
    command.add_option("--context", o.context,
                       "tokens of a training window" + defaultsOf(&TrainingConfig::contextTokens));
    command.add_option("--batch", o.batch, "training windows a step" + defaultsOf(&TrainingConfig::batchSize));
    command.add_option("--steps", o.steps, "training steps" + defaultsOf(&TrainingConfig::stepCount));
    command.add_option("--loss", o.loss,
                       "next-token (default), distill-kl or distill-hidden (from the model with every head full)");
    command.add_option("--seed", o.seed, "seed of gates and data order (default 0)")->check(CLI::NonNegativeNumber);
    command.add_option("--dtype", o.dataType, "auto (as it is without), float32 or bfloat16");
    command.add_option("--device", o.device, "auto (as it is without), cpu, cuda or cuda:N");
}

void addGateOptions(CLI::App& command, LearnOptions& o) {
    command.add_option("--target", o.target, "sparsity: share of units that slide, 0..1 (default 0.5)");
    command.add_option("--granularity", o.granularity, "what one gate decides: kv-head (default) or layer");
    command.add_option("--scope", o.scope, "where the target holds: global (default) or per-layer");
    command.add_option("--sparsity-estimate", o.sparsityEstimate, "what is held: expected (default) or sampled");
    command.add_option("--method", o.method,
                       "consa (default); to compare with: ranked (LoZA), l1 (DuoAttention), gradient, random");
    command.add_option("--pin", o.pins, "LAYER.HEAD=full or LAYER.HEAD=sliding; may be repeated");
    command.add_option("--move", o.moves, "STEP=TARGET: moves the target at a step; may be repeated");
    command.add_option("--ramp", o.ramp,
                       "steps over which a moved target is reached" + defaultsOf(&TrainingConfig::rampSteps));
    command.add_option("--lr", o.learningRate,
                       "learning rate of the gates" + defaultsOf(&TrainingConfig::gateLearningRate));
    command.add_option(
        "--multiplier-rate", o.multiplierRate,
        "ascent of the multiplier on the constraint's error" + defaultsOf(&TrainingConfig::multiplierRate));
    command.add_option("--quadratic-weight", o.quadraticWeight,
                       "fixed weight of the constraint's squared error" + defaultsOf(&TrainingConfig::quadraticWeight));
    command.add_option("--hold-share", o.holdShare,
                       "of the constraint's error that one shift of all gates takes back a step, 0..1" +
                           defaultsOf(&TrainingConfig::holdShare));
    command.add_option(
        "--warmup-share", o.warmupShare,
        "share of the steps over which the target rises, 0..1" + defaultsOf(&TrainingConfig::warmupShare));
}

void addWeightOptions(CLI::App& command, LearnOptions& o) {
    command.add_option("--weight-lr", o.weightLearningRate,
                       "learning rate of the weights" + defaultsOf(&TrainingConfig::weightLearningRate));
    command.add_option("--weight-decay", o.weightDecay,
                       "AdamW's decay of matrices" + defaultsOf(&TrainingConfig::weightDecay));
    command.add_option("--clip", o.gradientClip,
                       "largest norm of the weights' whole gradient" + defaultsOf(&TrainingConfig::gradientClip));
    command.add_option("--lora-rank", o.loraRank,
                       "rank of low-rank updates of the linear layers (default 0: all weights)");
    command.add_option("--lora-alpha", o.loraAlpha,
                       "scale of low-rank updates, over the rank" + defaultsOf(&TrainingConfig::loraAlpha));
}

void refuseWithoutEffect(const CLI::App& command, const TrainingConfig& config) {
    const auto refuse = [&command](const std::vector<std::string>& names, const std::string& reason) {
        for (const std::string& name : names) {
            const CLI::Option* option = command.get_option_no_throw(name);
            if (option != nullptr && option->count() > 0) throw Error(name + " has no effect here: " + reason);
        }
    };
    if (config.mode == LearningMode::Gates)
        refuse({"--weight-lr", "--weight-decay", "--clip", "--lora-rank", "--lora-alpha"},
               "weights stand still unless --mode gates+weights or recover moves them");
    if (config.loraRank == 0) refuse({"--lora-alpha"}, "it scales the updates that --lora-rank asks for");
    if (config.mode == LearningMode::Recover)
        refuse({"--target", "--scope", "--sparsity-estimate", "--ramp", "--lr", "--multiplier-rate",
                "--quadratic-weight", "--hold-share", "--warmup-share", "--polish"},
               "--mode recover holds the layout, no gate is learned");
    const bool isSweep = command.get_option_no_throw("--targets") != nullptr;
    if (config.moves.empty() && !isSweep) refuse({"--ramp"}, "it is how a target moves: add --move STEP=TARGET");
}

}  // namespace consa
