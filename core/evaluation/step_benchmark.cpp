// Times passes through a decoder with random weights.
#include "core/evaluation/step_benchmark.h"

#include "core/base/dice.h"
#include "core/base/error.h"
#include "core/checkpoint/known_shapes.h"
#include "core/gates/hard_concrete.h"
#include "core/model/transformer_loader.h"
#include "core/training/run_cost.h"

#ifdef CONSA_HAS_CUDA
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDACachingAllocator.h>
#endif

#include <ATen/Parallel.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <random>

namespace consa {

namespace {

using torch::Tensor;

constexpr int kWarmups = 3;  // allocator and kernels' own choices settle
constexpr double kGib = 1024.0 * 1024 * 1024;

void requireFits(const StepBenchmark& b, const ModelConfig& config) {
    const auto require = [](bool isGood, const std::string& what) {
        if (!isGood) throw Error(what);
    };
    require(b.contextTokens >= 1 && b.contextTokens <= config.contextTokens,
            "--context must lie between 1 and " + std::to_string(config.contextTokens) + " for " + config.name);
    require(b.batchSize >= 1, "--batch must be at least 1");
    require(b.windowTokens >= 1, "--window must be at least 1");
    require(b.sinkTokens >= 0, "--sinks must be at least 0");
    require(b.gateDraws >= 1 && b.gateDraws <= b.batchSize, "--draws must lie between 1 and --batch");
    require(b.repeats >= 1 && b.repeats <= 1000, "--repeats must lie between 1 and 1000");
}

double flopOf(const StepBenchmark& b, const ModelConfig& config, const std::vector<double>& z) {
    return stepFlop(config, {b.contextTokens, b.batchSize, b.windowTokens, b.sinkTokens, b.isForwardOnly}, z);
}

void waitFor(const torch::Device& device) {
    if (device.is_cuda()) torch::cuda::synchronize(device.index());
}

void forgetPeak([[maybe_unused]] const torch::Device& device) {
#ifdef CONSA_HAS_CUDA
    if (device.is_cuda())
        c10::cuda::CUDACachingAllocator::resetPeakStats(std::max<c10::DeviceIndex>(0, device.index()));
#endif
}

double peakGib([[maybe_unused]] const torch::Device& device) {
#ifdef CONSA_HAS_CUDA
    if (device.is_cuda())
        return static_cast<double>(
                   c10::cuda::CUDACachingAllocator::getDeviceStats(std::max<c10::DeviceIndex>(0, device.index()))
                       .allocated_bytes[0]
                       .peak) /
               kGib;
#endif
    return 0;
}

std::string nameOf([[maybe_unused]] const torch::Device& device) {
#ifdef CONSA_HAS_CUDA
    if (device.is_cuda()) return at::cuda::getDeviceProperties(std::max<c10::DeviceIndex>(0, device.index()))->name;
#endif
    return "CPU, " + std::to_string(at::get_num_threads()) + " threads";
}

ModelGates gatesOf(const StepBenchmark& b, const ModelConfig& config, int draw, const torch::Device& device) {
    const int count = config.layerCount * config.kvHeadCount;
    ModelGates gates{gatesInPhase(b.gates, count, mixSeed(b.seed, static_cast<std::uint64_t>(draw))),
                     {},
                     b.windowTokens,
                     b.sinkTokens};
    if (!b.isForwardOnly)
        gates.zTensor = torch::tensor(gates.z, torch::kFloat64)
                            .view({config.layerCount, config.kvHeadCount})
                            .to(device, torch::kFloat32)
                            .requires_grad_();
    return gates;
}

using Clock = std::chrono::steady_clock;

/// One step's work; what a learner needs of it comes to the host once, at the end. `handedOver`: when the host began to
/// wait for it.
void step(const StepBenchmark& b, const Transformer& model, const std::vector<Tensor>& ids,
          Clock::time_point& handedOver) {
    std::vector<Tensor> results;
    for (std::size_t draw = 0; draw < ids.size(); ++draw) {
        const ModelGates gates = gatesOf(b, model.config(), static_cast<int>(draw), model.device());
        if (b.isForwardOnly) {
            results.push_back(model.tokenLosses(ids[draw], gates).mean().view(1));
            continue;
        }
        const Tensor loss = model.loss(ids[draw], gates);
        if (loss.requires_grad()) loss.backward();  // not when every gate is exactly 0 or 1
        results.push_back(loss.detach().view(1).to(torch::kFloat32));
        if (gates.zTensor.grad().defined()) results.push_back(gates.zTensor.grad().flatten());
    }
    handedOver = Clock::now();
    static_cast<void>(torch::cat(results).to(torch::kCPU));
}

std::vector<Tensor> randomIds(const StepBenchmark& b, const ModelConfig& config, const torch::Device& device) {
    std::mt19937_64 dice(b.seed);
    std::vector<Tensor> parts;
    for (int draw = 0; draw < b.gateDraws; ++draw) {
        const int rows = b.batchSize * (draw + 1) / b.gateDraws - b.batchSize * draw / b.gateDraws;
        Tensor ids = torch::empty({rows, b.contextTokens + 1}, torch::kInt64);
        auto* out = ids.data_ptr<int64_t>();
        for (int64_t i = 0; i < ids.numel(); ++i)
            out[i] = static_cast<int64_t>(dice() % static_cast<std::uint64_t>(config.vocabularySize));
        parts.push_back(ids.to(device));
    }
    return parts;
}

double secondsBetween(Clock::time_point begin, Clock::time_point end) {
    return std::chrono::duration<double>(end - begin).count();
}

double medianOf(std::vector<double> values) {
    const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

StepTimes measure(const StepBenchmark& b, const ModelConfig& config, const torch::Device& device,
                  torch::ScalarType type) {
    Transformer model = randomTransformer(config, device, b.seed, type);
    model.setRecompute(b.recompute);
    model.setFusesLayers(b.fusesLayers);
    const std::vector<Tensor> ids = randomIds(b, config, device);
    Clock::time_point handedOver;
    for (int i = 0; i < kWarmups; ++i) step(b, model, ids, handedOver);
    waitFor(device);
    forgetPeak(device);
    StepTimes times;
    std::vector<double> hostSeconds;
    for (int i = 0; i < b.repeats; ++i) {
        const auto begin = Clock::now();
        step(b, model, ids, handedOver);
        waitFor(device);
        times.seconds.push_back(secondsBetween(begin, Clock::now()));
        hostSeconds.push_back(secondsBetween(begin, handedOver));
    }
    times.medianSeconds = medianOf(times.seconds);
    times.hostSeconds = medianOf(hostSeconds);
    times.peakGib = peakGib(device);
    if (device.is_cuda()) {
        PartClock clock;
        model.setPartClock(&clock);
        step(b, model, ids, handedOver);
        times.partSeconds = clock.finish();
        model.setPartClock(nullptr);
    }
    return times;
}

}  // namespace

std::string toString(GatePhase phase) {
    return phase == GatePhase::Start ? "start" : phase == GatePhase::Late ? "late" : "both";
}

GatePhase gatePhaseFromString(const std::string& word) {
    for (const GatePhase phase : {GatePhase::Start, GatePhase::Late, GatePhase::Both})
        if (word == toString(phase)) return phase;
    throw Error("--gates " + word + " is not known; there are start, late and both");
}

std::vector<double> gatesInPhase(GatePhase phase, int count, std::uint64_t seed) {
    constexpr double kStartLogAlpha = 4, kLateFull = 0.25, kLateSliding = 0.65;
    std::mt19937_64 dice(seed);
    std::uniform_real_distribution<double> inside(0.05, 0.95), open(1e-6, 1 - 1e-6);
    std::vector<double> z;
    for (int i = 0; i < count; ++i) {
        const double place = (i + 0.5) / count;
        if (phase == GatePhase::Start)
            z.push_back(drawGate(kStartLogAlpha, open(dice)).z);
        else if (phase == GatePhase::Both || place > kLateFull + kLateSliding)
            z.push_back(inside(dice));
        else
            z.push_back(place < kLateFull ? 1 : 0);
    }
    std::shuffle(z.begin(), z.end(), dice);
    return z;
}

void requireValid(const StepBenchmark& benchmark) {
    requireFits(benchmark, knownShape(benchmark.shape));
}

StepTimes measureSteps(const StepBenchmark& b) {
    const ModelConfig config = knownShape(b.shape);
    requireFits(b, config);
    const torch::Device device = deviceFromString(b.device);
    const torch::ScalarType type = scalarType(b.dataType, device, /*forLearning=*/!b.isForwardOnly);
    StepTimes times;
    try {
        times = measure(b, config, device, type);
    } catch (const c10::OutOfMemoryError&) {
        throw Error(b.shape + " with " + std::to_string(b.batchSize) + " windows of " +
                        std::to_string(b.contextTokens) +
                        " tokens does not fit into the device's memory; try a smaller --batch or --context.",
                    ErrorKind::RunFailed);
    }
    const int count = config.layerCount * config.kvHeadCount;
    times.usefulFlop = flopOf(b, config, gatesInPhase(b.gates, count, mixSeed(b.seed, 0)));
    times.fullFlop = flopOf(b, config, std::vector<double>(static_cast<std::size_t>(count), 1.0));
    times.device = device.str();
    times.deviceName = nameOf(device);
    times.dataType = toString(type == torch::kBFloat16 ? DataType::BFloat16 : DataType::Float32);
    return times;
}

}  // namespace consa
