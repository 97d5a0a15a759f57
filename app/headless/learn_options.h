// The options of a run of learning, the same for every subcommand that makes one.
#pragma once

#include "app/headless/commands.h"
#include "core/training/training_config.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace consa {

/// What the command line gave; empty options keep the default of model and device, or what a config file says.
struct LearnOptions {
    std::optional<std::string> model, device, dataType;
    std::vector<std::string> corpus;
    CorpusOptions text;
    std::string configFile;
    std::optional<std::string> granularity, scope, mode, loss, method, sparsityEstimate;
    std::vector<std::string> pins, moves;
    std::optional<double> target, learningRate, multiplierRate, quadraticWeight, holdShare, warmupShare;
    std::optional<double> weightLearningRate, weightDecay, gradientClip, loraAlpha;
    std::optional<int> window, sinks, context, batch, steps, ramp, loraRank;
    std::optional<std::uint64_t> seed;
};

/// " (default 256; on a CPU 64; the demo 48)": what a number is where no option gives it.
[[nodiscard]] std::string defaultsOf(int TrainingConfig::*knob);
/// The same of what does not depend on model and device.
[[nodiscard]] std::string defaultsOf(double TrainingConfig::*knob);

/// Model, texts, device and how a step reads text.
void addTextAndDeviceOptions(CLI::App& command, LearnOptions& options);
/// What is learned, under which constraint, how fast.
void addGateOptions(CLI::App& command, LearnOptions& options);
/// How weights move, for the modes that move them.
void addWeightOptions(CLI::App& command, LearnOptions& options);

/// The whole config. Throws Error (BadInput) for a word or number that can't be used.
[[nodiscard]] TrainingConfig configFrom(const LearnOptions& options);

/// Throws Error (BadInput) naming an option that was given and changes nothing in a run of this config.
void refuseWithoutEffect(const CLI::App& command, const TrainingConfig& config);

}  // namespace consa
