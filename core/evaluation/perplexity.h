// Losses of a layout on many windows, summed by position.
#pragma once

#include "core/evaluation/layout_comparison.h"
#include "core/model/transformer.h"
#include "core/text/token_corpus.h"

#include <cstdint>
#include <vector>

namespace consa {

/// The windows that one evaluation sees, the same for every layout.
struct EvaluationText {
    const TokenCorpus* corpus = nullptr;  // borrowed
    std::vector<TokenWindow> windows;
    int contextTokens = 0;
    std::vector<int> bucketEdges;            // first predicted position of each bucket, ascending from 0
    std::vector<std::uint8_t> isRecall;      // distantBigrams() of every window, [windows x contextTokens]
    std::vector<std::int64_t> recallTokens;  // how many of them in each window
};

/// The split's windows, cut to about `maxTokens` (0: all) by taking windows evenly; bucket edges at 1, 2, 4, 8 and 16
/// windows of attention, recall beyond one.
[[nodiscard]] EvaluationText makeEvaluationText(const TokenCorpus& corpus, Split split, int contextTokens,
                                                int windowTokens, std::int64_t maxTokens = 0);

/// Called after every batch with the windows done so far; throws to cancel.
using EvaluationProgress = std::function<void(std::size_t windowsDone)>;

/// Loss sums of `layout` (sliding units see windowTokens and sinkTokens) on every window of `text`.
[[nodiscard]] WindowLosses evaluateLayout(const Transformer& model, const EvaluationText& text,
                                          const AttentionLayout& layout, int windowTokens, int sinkTokens,
                                          int batchSize, const EvaluationProgress& progress = {});

/// Windows that fit a device at once: few on a CPU, about 64k tokens on a GPU.
[[nodiscard]] int evaluationBatchSize(const torch::Device& device, int contextTokens);

}  // namespace consa
