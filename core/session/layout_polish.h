// Carries out one PolishCommand on a run.
#pragma once

#include "core/evaluation/swap_search.h"
#include "core/session/learning_run.h"

namespace consa {

/// Searches swaps around the run's layout at its target, guided by train text and judged on train and dev text; the
/// run's gates then round to what was found. What `progress` throws leaves the run as it was. Throws Error (BadInput)
/// for a run whose layout is fixed and for texts without a dev window.
SwapResult polishLayout(LearningRun& run, const TokenCorpus& corpus, int trials, const OpeningProgress& progress);

/// One sentence for people.
[[nodiscard]] std::string sentence(const SwapResult& result);

}  // namespace consa
