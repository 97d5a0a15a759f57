// Options of the step's measurement and its JSON line, keys as resources/benchmarks/gate_step_torch.py has them.
#include "app/headless/bench_step.h"

#include "app/headless/headless_session.h"
#include "core/base/byte_text.h"
#include "core/evaluation/attention_benchmark.h"
#include "core/evaluation/step_benchmark.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>

namespace consa {
namespace {

struct StepOptions {
    StepBenchmark benchmark;
    std::string gates = toString(benchmark.gates);
    std::string type = toString(benchmark.dataType);
    std::string recompute = "auto";
    std::string path = "fused";
};

/// Seconds of a step by part, on a GPU.
nlohmann::json partsOf(const StepTimes& times) {
    auto parts = nlohmann::json::object();
    for (std::size_t i = 0; i < kPartCount; ++i)
        if (times.partSeconds[i] > 0) parts[toString(static_cast<Part>(i))] = times.partSeconds[i];
    return parts;
}

void report(const StepBenchmark& b, const StepTimes& times) {
    constexpr double kTera = 1e12;
    const double tokens = static_cast<double>(b.batchSize) * b.contextTokens;
    const double seconds = times.medianSeconds;
    writeJsonLine(nlohmann::json{{"event", "done"},
                                 {"shape", b.shape},
                                 {"tokens", b.contextTokens},
                                 {"batch", b.batchSize},
                                 {"window", b.windowTokens},
                                 {"sinks", b.sinkTokens},
                                 {"gates", toString(b.gates)},
                                 {"draws", b.gateDraws},
                                 {"forwardOnly", b.isForwardOnly},
                                 {"seed", b.seed},
                                 {"device", times.device},
                                 {"gpu", times.deviceName},
                                 {"dataType", times.dataType},
                                 {"path", b.fusesLayers ? "fused" : "plain"},
                                 {"recompute", b.recompute ? toString(*b.recompute) : "auto"},
                                 {"seconds", times.seconds},
                                 {"parts", partsOf(times)},
                                 {"host_seconds", times.hostSeconds},
                                 {"seconds_per_step", seconds},
                                 {"tokens_per_second", tokens / seconds},
                                 {"peak_gib", times.peakGib},
                                 {"tflops", times.fullFlop / seconds / kTera},
                                 {"useful_tflops", times.usefulFlop / seconds / kTera}}
                      .dump());
    // Only a GPU tells how much memory a step took.
    const std::string peak = times.peakGib > 0 ? "at most " + byteText(times.peakGib * (1 << 30)) + " " : "";
    fmt::print(
        stderr,
        "{} {} x {} tokens, gates {}: {:.4f} s, {:.0f} tokens/s, {:.1f} TFLOP/s of what its heads' masks ask for, "
        "{}on {} ({}). Median of {}.\n",
        b.shape, b.batchSize, b.contextTokens, toString(b.gates), seconds, tokens / seconds,
        times.usefulFlop / seconds / kTera, peak, times.deviceName, times.dataType, b.repeats);
}

/// Options that every measurement has.
void addWorkload(CLI::App& command, StepOptions& o) {
    StepBenchmark& b = o.benchmark;
    command
        .add_option("--shape", b.shape, "tiny, smollm2-135m, qwen3-0.6b, qwen3-1.7b or llama-3.1-8b; random weights")
        ->capture_default_str();
    command.add_option("--context", b.contextTokens, "tokens of a window of text")->capture_default_str();
    command.add_option("--batch", b.batchSize, "windows of text a step")->capture_default_str();
    command.add_option("--window", b.windowTokens, "sliding window in tokens, the query counted")
        ->capture_default_str();
    command.add_option("--sinks", b.sinkTokens, "first tokens that stay visible")->capture_default_str();
    command.add_option("--repeats", b.repeats, "the median counts")->capture_default_str();
    command.add_option("--seed", b.seed, "seed of weights, tokens and gates")->capture_default_str();
    command.add_option("--device", b.device, "auto, cpu, cuda or cuda:N")->capture_default_str();
    command.add_option("--dtype", o.type, "auto, float32 or bfloat16")->capture_default_str();
}

void addMeasurement(CLI::App& bench, ChosenCommand& chosen, const std::string& name, const std::string& about,
                    bool isForwardOnly) {
    CLI::App* command = bench.add_subcommand(name, about);
    const auto o = std::make_shared<StepOptions>();
    o->benchmark.isForwardOnly = isForwardOnly;
    addWorkload(*command, *o);
    command
        ->add_option(
            "--gates", o->gates,
            "start (logAlpha 4), late (.25 exactly full, .65 exactly sliding, .1 between) or both (all between)")
        ->capture_default_str();
    command->add_option("--draws", o->benchmark.gateDraws, "parts of the batch with gates of their own")
        ->capture_default_str();
    command
        ->add_option("--recompute", o->recompute,
                     "what a GPU's backward pass computes again: none, feed-forward, layer; auto: the least that fits")
        ->check(CLI::IsMember({"auto", "none", "feed-forward", "layer"}))
        ->capture_default_str();
    command->add_option("--path", o->path, "fused, or plain: torch's operations around the attention, to compare with")
        ->check(CLI::IsMember({"fused", "plain"}))
        ->capture_default_str();
    command->callback([o, &chosen] {
        chosen = [o] {
            o->benchmark.gates = gatePhaseFromString(o->gates);
            if (o->recompute != "auto") o->benchmark.recompute = recomputeFromString(o->recompute);
            o->benchmark.fusesLayers = o->path == "fused";
            o->benchmark.dataType = dataTypeFromString(o->type);
            report(o->benchmark, measureSteps(o->benchmark));
        };
    });
}

void reportAttention(const StepBenchmark& b, const std::vector<AttentionTime>& times) {
    constexpr double kTera = 1e12, kMilli = 1e3;
    constexpr double kBackwardShare = 2.5;  // five products where the forward pass has two
    auto kinds = nlohmann::json::array();
    for (const AttentionTime& t : times) {
        nlohmann::json kind{
            {"kind", t.kind}, {"forward_seconds", t.forwardSeconds}, {"backward_seconds", t.backwardSeconds}};
        std::string rates;
        if (t.forwardFlop > 0 && t.forwardSeconds > 0 && t.backwardSeconds > 0) {
            kind["forward_tflops"] = t.forwardFlop / t.forwardSeconds / kTera;
            kind["backward_tflops"] = kBackwardShare * t.forwardFlop / t.backwardSeconds / kTera;
            rates = fmt::format("; {:.3g} and {:.3g} TFLOP/s", t.forwardFlop / t.forwardSeconds / kTera,
                                kBackwardShare * t.forwardFlop / t.backwardSeconds / kTera);
        }
        kinds.push_back(kind);
        fmt::print(stderr, "{:8} forward {:.3f} ms, backward {:.3f} ms{}\n", t.kind, kMilli * t.forwardSeconds,
                   kMilli * t.backwardSeconds, rates);
    }
    writeJsonLine(nlohmann::json{
        {"event", "done"},
        {"shape", b.shape},
        {"tokens", b.contextTokens},
        {"batch", b.batchSize},
        {"window", b.windowTokens},
        {"sinks", b.sinkTokens},
        {"kinds",
         kinds}}.dump());
}

void addAttention(CLI::App& bench, ChosenCommand& chosen) {
    CLI::App* command =
        bench.add_subcommand("attention", "Times one layer's attention over all heads, full and sliding.");
    const auto o = std::make_shared<StepOptions>();
    addWorkload(*command, *o);
    command->callback([o, &chosen] {
        chosen = [o] {
            o->benchmark.dataType = dataTypeFromString(o->type);
            reportAttention(o->benchmark, measureAttention(o->benchmark));
        };
    });
}

}  // namespace

void addBenchStep(CLI::App& bench, ChosenCommand& chosen) {
    addMeasurement(bench, chosen, "step", "Times a gate-learning step with frozen random weights.", false);
    addMeasurement(bench, chosen, "evaluate", "Times a forward pass with losses under a layout's gates.", true);
    addAttention(bench, chosen);
}

}  // namespace consa
