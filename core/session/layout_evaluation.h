// Carries out one EvaluateCommand: which layouts, on which windows, and their comparison.
#pragma once

#include "core/evaluation/comparison.h"
#include "core/session/learning_run.h"
#include "core/session/opened_model.h"
#include "core/session/session_command.h"

namespace consa {

/// The learned layout to compare, cut from the current gates.
struct LearnedCut {
    AttentionLayout layout;
    int step = 0;
    /// The same gates at another count of full units.
    std::function<AttentionLayout(int fullUnits)> atCount;
};

/// Adds what the command asks for by includeLearned and includeRules to its own layouts. Rules are taken at the learned
/// cut's budget, at `sparsity` without one. When whole layers can't hold that budget, the learned gates cut at the
/// rule's count join.
[[nodiscard]] std::vector<EvaluatedLayout> layoutsToEvaluate(const EvaluateCommand& command, const UnitGrid& grid,
                                                             double sparsity, const std::optional<LearnedCut>& learned);

/// Evaluates `layouts` and all full on the same windows, with the weights that `run` (which may be null) trained, else
/// the model's. `config` gives window, sinks and context where the command leaves them open. Throws Error on bad input;
/// what `progress` throws ends the work and no number is returned.
[[nodiscard]] Comparison evaluateLayouts(OpenedModel& opened, LearningRun* run, const EvaluateCommand& command,
                                         std::vector<EvaluatedLayout> layouts, const TrainingConfig& config,
                                         const OpeningProgress& progress);

}  // namespace consa
