// Counting of values, bytes and FLOP.
#include "core/training/run_cost.h"

#include "core/model/loss_chunks.h"

#include <algorithm>
#include <cmath>

namespace consa {

double visiblePairs(double tokens, double window, double sinks) {
    const double band = std::min(tokens, window), all = tokens * (tokens + 1) / 2;
    const double beyond = std::max(0.0, tokens - window);  // queries whose window does not reach the first token
    const double sliding = band * (band + 1) / 2 + beyond * window;
    const double seen = std::min(sinks, beyond);  // a sink is counted once it has left the window
    return std::min(all, sliding + seen * (seen + 1) / 2 + (beyond - seen) * seen);
}

namespace {

constexpr int kSingle = 4;  // bytes of a float32

// The C library's heap keeps gaps: a step of SmolLM2-135M's shape held 1.25 times what is counted here (measured). A
// GPU's allocator gives its blocks back before memory is said to be out.
constexpr double kHeapShare = 1.25;

/// Widths of one layer in values.
struct Widths {
    double queries, keys, hidden, feedForward, heads;
};

Widths widthsOf(const ModelConfig& m) {
    return {double(m.queryHeadCount) * m.headDim, double(m.kvHeadCount) * m.headDim, double(m.hiddenSize),
            double(m.feedForwardSize), double(m.queryHeadCount)};
}

/// Bytes that a token of a layer keeps on a GPU.
double gpuBytesPerToken(const ModelConfig& model, double valueBytes) {
    const Widths w = widthsOf(model);
    const double joined = w.queries + 2 * w.keys;
    const double values = 2 * w.hidden + joined + 2 * w.queries + 2 * w.feedForward + (model.hasQkNorm ? joined : 0);
    constexpr double kLogSumExps = 2 * 4;  // a branch each, float32
    return valueBytes * values + kLogSumExps * w.heads;
}

/// The same on a CPU.
double cpuBytesPerToken(const ModelConfig& model, const TrainingConfig& config, double valueBytes) {
    const Widths w = widthsOf(model);
    const double window = std::max(1, std::min(config.windowTokens, config.contextTokens));
    const double span = std::min(config.sinkTokens, config.contextTokens) + 2 * window;  // keys of a block of queries
    const double values = 6 * w.queries + 2 * w.keys * span / window + w.heads * span + 3 * w.feedForward;
    const double norms = 2 * w.hidden + (model.hasQkNorm ? w.queries + w.keys : 0);
    return valueBytes * values + kSingle * (norms + w.heads);
}

double linearWeights(const ModelConfig& m) {
    const Widths w = widthsOf(m);
    const double perLayer = w.hidden * (2 * w.queries + 2 * w.keys) + 3 * w.hidden * w.feedForward;
    return m.layerCount * perLayer + double(m.vocabularySize) * m.hiddenSize;
}

/// Bytes of the largest chunk of the loss that `tokens` tokens need.
double logitBytes(const ModelConfig& model, const TrainingConfig& config, double tokens, double valueBytes,
                  bool isOnGpu) {
    if (config.loss == TrainingLoss::DistillHidden) return 3.0 * kSingle * tokens * model.hiddenSize;
    const auto rows = std::min(tokens, static_cast<double>(lossChunkRows(std::llround(tokens), model.vocabularySize,
                                                                         std::llround(valueBytes))));
    constexpr double kDistilled = 5 * kSingle;  // two log-softmaxes, the wanted ones, and two steps of the divergence
    // On a CPU bfloat16 logits are widened beside their log-softmax; float32 ones need no second copy.
    const double plain = valueBytes == kSingle ? 2 * kSingle : valueBytes + 2 * kSingle;
    const double perValue = config.loss == TrainingLoss::DistillKl ? valueBytes + kDistilled
                            : isOnGpu                              ? valueBytes
                                                                   : plain;
    return rows * model.vocabularySize * perValue;
}

double weightBytes(const ModelConfig& model, const TrainingConfig& config, int valueBytes) {
    const auto count = static_cast<double>(model.parameterCount());
    if (config.mode == LearningMode::Gates) return count * valueBytes;
    const bool hasTeacher = config.loss != TrainingLoss::NextToken;
    return count * (bytesPerMovedWeight(config.loraRank, valueBytes) + (hasTeacher ? valueBytes : 0));
}

}  // namespace

double stepFlop(const ModelConfig& model, const StepShape& step, const std::vector<double>& z) {
    const double tokens = step.contextTokens, n = tokens * step.batchSize;
    double pairs = 0;
    for (const double gate : z) {
        if (gate > 0) pairs += visiblePairs(tokens, tokens, 0);
        if (gate < 1) pairs += visiblePairs(tokens, step.windowTokens, step.sinkTokens);
    }
    const double group = double(model.queryHeadCount) / model.kvHeadCount;
    const double attention = 4.0 * model.headDim * group * pairs * step.batchSize;  // two products, forward
    const double linear = 2 * n * linearWeights(model);
    if (step.isForwardOnly) return linear + attention;
    return linear * (step.movesWeights ? 3 : 2) + 3.5 * attention;
}

int learningValueBytes(DataType type, bool isOnGpu) {
    if (type != DataType::Auto) return type == DataType::BFloat16 ? 2 : 4;
    if (isOnGpu) return 2;
#if defined(__x86_64__)
    return __builtin_cpu_supports("avx512bf16") != 0 ? 2 : 4;
#else
    return 4;
#endif
}

double bytesPerMovedWeight(int loraRank, int valueBytes) {
    if (loraRank > 0) return kSingle + 2 * valueBytes;
    return 3 * kSingle + (valueBytes == kSingle ? valueBytes : 2 * valueBytes);
}

RunMemory estimateRunMemory(const ModelConfig& model, const TrainingConfig& config, bool isOnGpu) {
    const int valueBytes = learningValueBytes(config.dataType, isOnGpu);
    const Widths w = widthsOf(model);
    double perToken = isOnGpu ? gpuBytesPerToken(model, valueBytes) : cpuBytesPerToken(model, config, valueBytes);
    if (config.mode != LearningMode::Gates) perToken += valueBytes * (2 * w.hidden + w.queries + w.feedForward);
    const bool isSearch = config.method == GateMethod::Random;  // forward passes alone
    const int keptLayers = isSearch ? 1 : model.layerCount + 1;
    const double lossStates = 3.0 * valueBytes * w.hidden;  // hidden states, the teacher's, their gradient
    const int parts =
        config.mode == LearningMode::Recover ? 1 : std::max(1, std::min(config.gateDraws, config.batchSize));

    RunMemory memory;
    memory.windowsAtOnce = isSearch ? 1 : (config.batchSize + parts - 1) / parts;
    memory.weights = weightBytes(model, config, valueBytes);
    memory.activations = config.contextTokens * (keptLayers * perToken + lossStates);
    const auto logitsOf = [&](int windows) {
        return logitBytes(model, config, double(windows) * config.contextTokens, valueBytes, isOnGpu);
    };
    memory.logits = logitsOf(memory.windowsAtOnce);
    const double held = isOnGpu ? 1 : kHeapShare;
    memory.ofOneWindow = memory.weights + held * (memory.activations + logitsOf(1));
    memory.ofWholeStep = memory.weights + held * (memory.windowsAtOnce * memory.activations + memory.logits);
    return memory;
}

int windowsThatFit(const RunMemory& memory, double bytes) {
    const double more = memory.ofOneWindow - memory.weights;  // logits included, which further windows may share
    constexpr double kMost = 1 << 20;
    return static_cast<int>(std::clamp(std::floor((bytes - memory.weights) / std::max(1.0, more)), 1.0, kMost));
}

double estimateRunFlop(const ModelConfig& model, const TrainingConfig& config) {
    StepShape step{config.contextTokens,
                   config.batchSize,
                   config.windowTokens,
                   config.sinkTokens,
                   config.method == GateMethod::Random,
                   config.mode != LearningMode::Gates};
    const int heads = model.layerCount * model.kvHeadCount;
    std::vector<double> z(static_cast<std::size_t>(heads), 1.0);
    const auto sliding = static_cast<std::ptrdiff_t>(std::lround(config.target * heads));
    std::fill(z.begin(), z.begin() + std::clamp<std::ptrdiff_t>(sliding, 0, heads), 0.0);
    double flop = stepFlop(model, step, z);
    if (config.method == GateMethod::Random) flop *= 3;  // a search judges a layout by three batches
    if (config.loss != TrainingLoss::NextToken) {
        step.isForwardOnly = true;
        flop += stepFlop(model, step, std::vector<double>(z.size(), 1.0));
    }
    return flop * config.stepCount;
}

}  // namespace consa
