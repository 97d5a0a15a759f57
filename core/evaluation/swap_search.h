// Looks for swaps of one full against one sliding unit that lower the loss: the polish after learning, or the evidence
// that none is left.
#pragma once

#include "core/evaluation/perplexity.h"
#include "core/layout/rounding.h"

#include <functional>
#include <vector>

namespace consa {

/// What is searched, and how long.
struct SwapSearch {
    int windowTokens = 0;
    int sinkTokens = 0;
    int trials = 40;  // swaps judged in all
    Scope scope = Scope::Global;
    UnitPins pins{};  // stay as they are; empty for none
};

/// One swap that was judged on the same tokens as the layout before it; nats a token.
struct JudgedSwap {
    std::size_t closed = 0;  // unit that became sliding
    std::size_t opened = 0;  // unit that became full
    double predicted = 0;    // by the gradient at the gates
    double difference = 0;   // of the loss, negative for better
    double standardError = 0;
    bool isAccepted = false;
};

struct SwapResult {
    AttentionLayout layout;
    double lossBefore = 0;  // nats a token on the judging text
    double lossAfter = 0;
    std::vector<JudgedSwap> swaps;  // in the order judged
};

/// Called with the share done; throws to end the work.
using SwapProgress = std::function<void(double)>;

/// Judges swaps on `judging` in the order that dLoss/dz on `guiding` promises, and keeps each that lowers the loss by
/// more than one paired standard error clustered by document.
[[nodiscard]] SwapResult searchSwaps(const Transformer& model, const EvaluationText& judging,
                                     const EvaluationText& guiding, const AttentionLayout& start,
                                     const SwapSearch& search, const SwapProgress& progress);

}  // namespace consa
