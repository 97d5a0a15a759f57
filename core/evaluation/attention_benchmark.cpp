// Times attention alone, or takes its part of a step.
#include "core/evaluation/attention_benchmark.h"

#include "core/base/error.h"
#include "core/checkpoint/known_shapes.h"
#include "core/model/gated_attention.h"
#include "core/model/transformer_loader.h"
#include "core/training/run_cost.h"

#include <algorithm>
#include <chrono>

namespace consa {

namespace {

using torch::Tensor;
using Clock = std::chrono::steady_clock;

double forwardFlop(const StepBenchmark& b, const ModelConfig& config, bool isFull) {
    const double tokens = b.contextTokens;
    const double pairs = isFull ? visiblePairs(tokens, tokens, 0) : visiblePairs(tokens, b.windowTokens, b.sinkTokens);
    return 4.0 * config.headDim * config.queryHeadCount * pairs * b.batchSize;
}

/// Seconds of `work`, the median of the repeats after one that isn't counted.
template <typename Work>
double secondsOf(const StepBenchmark& b, const torch::Device& device, Work work) {
    std::vector<double> seconds;
    for (int i = 0; i <= b.repeats; ++i) {
        const auto begin = Clock::now();
        work();
        if (device.is_cuda()) torch::cuda::synchronize(device.index());
        if (i > 0) seconds.push_back(std::chrono::duration<double>(Clock::now() - begin).count());
    }
    std::nth_element(seconds.begin(), seconds.begin() + static_cast<std::ptrdiff_t>(seconds.size() / 2), seconds.end());
    return seconds[seconds.size() / 2];
}

AttentionTime timeOf(const StepBenchmark& b, const ModelConfig& config, bool isFull, const torch::TensorOptions& like) {
    const auto heads = [&](int count) {
        return torch::randn({b.batchSize, b.contextTokens, count, config.headDim}, like).requires_grad_();
    };
    torch::manual_seed(b.seed);
    const Tensor q = heads(config.queryHeadCount), k = heads(config.kvHeadCount), v = heads(config.kvHeadCount);
    const std::vector<double> z(static_cast<std::size_t>(config.kvHeadCount), isFull ? 1 : 0);
    const LayerGates gates{z, {}, b.windowTokens, b.sinkTokens};
    const auto forward = [&] { return gatedAttention(q, k, v, gates); };
    AttentionTime time{isFull ? "full" : "sliding", 0, 0, forwardFlop(b, config, isFull)};
    const double both = secondsOf(b, like.device(), [&] { forward().sum().backward(); });
    const torch::NoGradGuard noGradients;
    time.forwardSeconds = secondsOf(b, like.device(), [&] { static_cast<void>(forward()); });
    time.backwardSeconds = std::max(0.0, both - time.forwardSeconds);
    return time;
}

/// A layer's share of a part of the step.
AttentionTime shareOf(Part part, const char* kind, const StepTimes& forward, const StepTimes& whole, int layers) {
    const auto seconds = [&](const StepTimes& times) {
        return times.partSeconds[static_cast<std::size_t>(part)] / layers;
    };
    return {kind, seconds(forward), std::max(0.0, seconds(whole) - seconds(forward)), 0};
}

}  // namespace

std::vector<AttentionTime> measureAttention(const StepBenchmark& benchmark) {
    StepBenchmark b = benchmark;
    b.gates = GatePhase::Both;
    b.gateDraws = 1;
    requireValid(b);
    const ModelConfig config = knownShape(b.shape);
    const torch::Device device = deviceFromString(b.device);
    const torch::ScalarType type = scalarType(b.dataType, device, /*forLearning=*/true);
    if (device.is_cuda() && type == torch::kBFloat16 && b.windowTokens < b.contextTokens) {
        const StepTimes whole = measureSteps(b);
        b.isForwardOnly = true;
        const StepTimes forward = measureSteps(b);
        std::vector<AttentionTime> times{shareOf(Part::FullAttention, "full", forward, whole, config.layerCount),
                                         shareOf(Part::SlidingAttention, "sliding", forward, whole, config.layerCount),
                                         shareOf(Part::Sinks, "sinks", forward, whole, config.layerCount)};
        times[0].forwardFlop = forwardFlop(b, config, true);
        times[1].forwardFlop = forwardFlop(b, config, false);
        if (times[0].forwardSeconds > 0) return times;  // else this card has no fused layers
    }
    const auto like = torch::TensorOptions().device(device).dtype(type);
    return {timeOf(b, config, true, like), timeOf(b, config, false, like)};
}

}  // namespace consa
