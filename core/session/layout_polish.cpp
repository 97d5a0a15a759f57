// The polish of a learned layout.
#include "core/session/layout_polish.h"

#include "core/base/error.h"

#include <fmt/format.h>

#include <algorithm>

namespace consa {

namespace {

constexpr std::int64_t kGuidingWindows = 16;        // read for the gradient that orders the swaps
constexpr std::int64_t kJudgingTokensOnCpu = 8192;  // a GPU reads the whole dev text

}  // namespace

SwapResult polishLayout(LearningRun& run, const TokenCorpus& corpus, int trials, const OpeningProgress& progress) {
    Trainer& trainer = run.trainer();
    const TrainingConfig& config = trainer.config();
    if (config.mode == LearningMode::Recover) throw Error("This run holds a fixed layout; there is nothing to polish.");
    const Transformer& model = run.model();
    const bool isOnGpu = model.device().is_cuda();
    const EvaluationText judging = makeEvaluationText(corpus, Split::Dev, config.contextTokens, config.windowTokens,
                                                      isOnGpu ? 0 : kJudgingTokensOnCpu);
    const EvaluationText guiding = makeEvaluationText(corpus, Split::Train, config.contextTokens, config.windowTokens,
                                                      (isOnGpu ? kGuidingWindows : 2) * config.contextTokens);
    SwapSearch search{config.windowTokens, config.sinkTokens, trials, config.scope, trainer.gates().bank().pins()};
    SwapResult result = searchSwaps(model, judging, guiding, trainer.layoutAt(config.target), search,
                                    [&](double share) { progress(share, "Judging swaps on the dev text"); });
    trainer.adopt(result.layout);
    return result;
}

std::string sentence(const SwapResult& result) {
    const auto kept =
        std::count_if(result.swaps.begin(), result.swaps.end(), [](const JudgedSwap& swap) { return swap.isAccepted; });
    return fmt::format("Polished: {} of {} swaps kept; dev loss {:.4f} before, {:.4f} after", kept, result.swaps.size(),
                       result.lossBefore, result.lossAfter);
}

}  // namespace consa
