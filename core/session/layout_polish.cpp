// The polish of a learned layout.
#include "core/session/layout_polish.h"

#include "core/base/error.h"

#include <fmt/format.h>

#include <algorithm>

namespace consa {

namespace {

constexpr std::int64_t kGuidingWindows = 16;  // read for the gradient that orders the swaps
constexpr std::int64_t kJudgingTokensOnGpu = 196608, kJudgingTokensOnCpu = 8192;  // of train text, beside the dev text

}  // namespace

SwapResult polishLayout(LearningRun& run, const TokenCorpus& corpus, int trials, const OpeningProgress& progress) {
    Trainer& trainer = run.trainer();
    const TrainingConfig& config = trainer.config();
    if (config.mode == LearningMode::Recover) throw Error("This run holds a fixed layout; there is nothing to polish.");
    const Transformer& model = run.model();
    const bool isOnGpu = model.device().is_cuda();
    EvaluationText judging = makeEvaluationText(corpus, Split::Train, config.contextTokens, config.windowTokens,
                                                isOnGpu ? kJudgingTokensOnGpu : kJudgingTokensOnCpu);
    if (isOnGpu) {  // the dev text alone is short, and single swaps differ by little
        const std::vector<TokenWindow> dev = corpus.windows(Split::Dev, config.contextTokens);
        judging.windows.insert(judging.windows.end(), dev.begin(), dev.end());
    }
    const EvaluationText guiding = makeEvaluationText(corpus, Split::Train, config.contextTokens, config.windowTokens,
                                                      (isOnGpu ? kGuidingWindows : 2) * config.contextTokens);
    SwapSearch search{config.windowTokens, config.sinkTokens, trials, config.scope, trainer.gates().bank().pins()};
    SwapResult result = searchSwaps(model, judging, guiding, trainer.layoutAt(config.target), search,
                                    [&](double share) { progress(share, "Judging swaps"); });
    trainer.adopt(result.layout);
    return result;
}

std::string sentence(const SwapResult& result) {
    const auto kept =
        std::count_if(result.swaps.begin(), result.swaps.end(), [](const JudgedSwap& swap) { return swap.isAccepted; });
    return fmt::format("Polished: {} of {} swaps kept; loss {:.4f} before, {:.4f} after", kept, result.swaps.size(),
                       result.lossBefore, result.lossAfter);
}

}  // namespace consa
