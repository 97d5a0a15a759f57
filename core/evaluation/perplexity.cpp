// Evaluates layouts batch by batch.
#include "core/evaluation/perplexity.h"

#include "core/base/error.h"
#include "core/text/distant_bigrams.h"
#include "core/training/trainer.h"

#include <algorithm>

namespace consa {
namespace {

/// Which tokens of the windows [begin, end) are recalled: uint8 [windows, contextTokens] on the CPU.
torch::Tensor recallMask(const EvaluationText& text, std::size_t begin, std::size_t end) {
    const auto context = static_cast<std::size_t>(text.contextTokens);
    const auto mask = torch::empty({static_cast<int64_t>(end - begin), static_cast<int64_t>(context)}, torch::kUInt8);
    std::copy_n(text.isRecall.data() + begin * context, (end - begin) * context, mask.data_ptr<std::uint8_t>());
    return mask;
}

/// Adds the sums of some windows, from `begin` on. losses: float64 [windows, contextTokens].
void addSums(WindowLosses& result, const torch::Tensor& losses, const EvaluationText& text, std::size_t begin) {
    std::vector<torch::Tensor> sums;
    for (std::size_t b = 0; b < text.bucketEdges.size(); ++b) {
        const int from = text.bucketEdges[b];
        const int to = b + 1 < text.bucketEdges.size() ? text.bucketEdges[b + 1] : text.contextTokens;
        sums.push_back(losses.narrow(1, from, to - from).sum(1));
    }
    const torch::Tensor isRecall = recallMask(text, begin, begin + static_cast<std::size_t>(losses.size(0)));
    sums.push_back((losses * isRecall.to(losses.device())).sum(1));
    const auto table = torch::stack(sums, 1).to(torch::kCPU).contiguous();  // [windows, buckets + recall]
    for (int64_t row = 0; row < table.size(0); ++row) {
        const auto* values = table.data_ptr<double>() + row * table.size(1);
        const auto* recall = values + text.bucketEdges.size();
        result.push_back({{values, recall}, *recall});
    }
}

}  // namespace

EvaluationText makeEvaluationText(const TokenCorpus& corpus, Split split, int contextTokens, int windowTokens,
                                  std::int64_t maxTokens) {
    EvaluationText text{&corpus, corpus.windows(split, contextTokens), contextTokens, {0}, {}, {}};
    if (maxTokens > 0) {
        const auto wanted = static_cast<std::size_t>(std::max<std::int64_t>(1, maxTokens / contextTokens));
        if (wanted < text.windows.size()) {
            std::vector<TokenWindow> kept;
            for (std::size_t i = 0; i < wanted; ++i) kept.push_back(text.windows[i * text.windows.size() / wanted]);
            text.windows = std::move(kept);
        }
    }
    for (int factor = 1; factor <= 16; factor *= 2)
        if (factor * windowTokens < contextTokens) text.bucketEdges.push_back(factor * windowTokens);
    for (const TokenWindow& window : text.windows) {
        const std::vector<std::uint8_t> marks = distantBigrams(corpus.tokens(window, contextTokens), windowTokens);
        text.isRecall.insert(text.isRecall.end(), marks.begin(), marks.end());
        text.recallTokens.push_back(std::count(marks.begin(), marks.end(), 1));
    }
    return text;
}

int evaluationBatchSize(const torch::Device& device, int contextTokens) {
    constexpr int kTokensOnGpu = 65536, kTokensOnCpu = 2048;
    return std::max(1, (device.is_cuda() ? kTokensOnGpu : kTokensOnCpu) / contextTokens);
}

WindowLosses evaluateLayout(const Transformer& model, const EvaluationText& text, const AttentionLayout& layout,
                            int windowTokens, int sinkTokens, int batchSize, const EvaluationProgress& progress) {
    const AttentionLayout heads = layout.perKvHead();
    const ModelGates gates{{heads.full.begin(), heads.full.end()}, {}, windowTokens, sinkTokens};
    const auto check = [&] {
        if (progress) progress(0);
    };
    WindowLosses result;
    for (std::size_t begin = 0; begin < text.windows.size();) {
        const std::size_t end = std::min(text.windows.size(), begin + static_cast<std::size_t>(batchSize));
        const std::vector<TokenWindow> part(text.windows.begin() + static_cast<std::ptrdiff_t>(begin),
                                            text.windows.begin() + static_cast<std::ptrdiff_t>(end));
        torch::Tensor losses;
        try {
            losses = model.tokenLosses(windowIds(*text.corpus, part, text.contextTokens, model.device()), gates, check);
        } catch (const c10::OutOfMemoryError&) {
            if (batchSize == 1)
                throw Error("The GPU's memory does not hold one window of " + std::to_string(text.contextTokens) +
                                " tokens for evaluating; use a smaller --context.",
                            ErrorKind::RunFailed);
            batchSize = (batchSize + 1) / 2;
            continue;
        }
        addSums(result, losses.to(torch::kFloat64), text, begin);
        begin = end;
        if (progress) progress(begin);
    }
    return result;
}

}  // namespace consa
