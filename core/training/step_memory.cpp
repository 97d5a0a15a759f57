// Counts what a layer keeps for the way back.
#include "core/training/step_memory.h"

#include <algorithm>

namespace consa {

bool saysOutOfMemory(const c10::Error& error) {
    if (dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr) return true;
    const std::string text = error.what_without_backtrace();
    return text.find("DefaultCPUAllocator") != std::string::npos ||
           text.find("CUDA error: out of memory") != std::string::npos;
}

std::int64_t stepBytesPerToken(const ModelConfig& model, std::int64_t elementBytes, bool movesWeights) {
    const std::int64_t hidden = model.hiddenSize, forward = model.feedForwardSize;
    const std::int64_t queries = std::int64_t{model.queryHeadCount} * model.headDim;
    const std::int64_t keys = std::int64_t{model.kvHeadCount} * model.headDim;
    // What both norms read; q, k, v; the outputs of both branches and their mixture; gate and up.
    std::int64_t kept = 2 * hidden + queries + 2 * keys + 3 * queries + 2 * forward;
    // Weights that move need the inputs of the linear layers too: both norms' outputs and the feed-forward product.
    if (movesWeights) kept += 2 * hidden + forward;
    return elementBytes * kept * model.layerCount;
}

int contextThatFits(std::int64_t freeBytes, std::int64_t bytesPerToken, int contextTokens, int windowTokens) {
    constexpr std::int64_t kMultiple = 64;
    const std::int64_t fitting =
        std::min<std::int64_t>(freeBytes / std::max<std::int64_t>(1, bytesPerToken), contextTokens / 2);
    const std::int64_t rounded = fitting / kMultiple * kMultiple;
    return rounded > windowTokens ? static_cast<int>(rounded) : 0;
}

}  // namespace consa
