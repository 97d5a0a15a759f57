// How long a gate-learning step and an evaluation take on a shape with random weights.
#pragma once

#include "core/model/part_clock.h"
#include "core/model/recompute.h"
#include "core/training/training_choices.h"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace consa {

/// How far learning has come: what a step has to compute depends on how many gates are exactly 0 or 1.
enum class GatePhase {
    Start,  // sampled at logAlpha 4, where PruLong begins: most are 1
    Late,   // a quarter exactly 1, .65 exactly 0, the others in between
    Both,   // all in between
};

[[nodiscard]] std::string toString(GatePhase phase);
/// Throws Error (BadInput) saying what is understood.
[[nodiscard]] GatePhase gatePhaseFromString(const std::string& word);

/// z of `count` gates in this phase, a function of its arguments.
[[nodiscard]] std::vector<double> gatesInPhase(GatePhase phase, int count, std::uint64_t seed);

struct StepBenchmark {
    std::string shape = "qwen3-0.6b";  // as knownShape() takes it
    int contextTokens = 8192;
    int batchSize = 2;  // windows a step
    int windowTokens = 512;
    int sinkTokens = 4;
    GatePhase gates = GatePhase::Late;
    int gateDraws = 2;  // parts of the batch with gates of their own, as TrainingConfig::gateDraws
    bool isForwardOnly = false;
    std::optional<Recompute> recompute;  // without one the least that fits
    bool fusesLayers = true;             // false: plain operations around the attention
    int repeats = 10;
    std::uint64_t seed = 0;
    std::string device = "auto";  // as deviceFromString() takes it
    DataType dataType = DataType::Auto;
};

/// Throws Error (BadInput) naming the option that cannot be used.
void requireValid(const StepBenchmark& benchmark);

struct StepTimes {
    std::vector<double> seconds;  // of every repeat, in order
    double medianSeconds = 0;
    std::array<double, kPartCount> partSeconds{};  // of one more step, timed part by part on the device; 0 on a CPU
    double hostSeconds = 0;  // until the host had handed a step's work to the device; near medianSeconds when it waits
    double peakGib = 0;      // device memory that tensors held at most; 0 on a CPU
    double usefulFlop = 0;   // of a step: linear layers, and attention as every head's own mask has it
    double fullFlop = 0;     // the same with every head full, as gate_step_torch.py counts
    std::string device, deviceName, dataType;
};

/// Steps are timed from the host, with the device idle before and after each. Throws Error (BadInput) naming the option
/// that cannot be used, and Error (RunFailed) when the device's memory does not hold the workload.
[[nodiscard]] StepTimes measureSteps(const StepBenchmark& benchmark);

}  // namespace consa
