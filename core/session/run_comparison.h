// Carries out one CompareRunsCommand: layouts after recovery, each with its own weights, on the same windows.
#pragma once

#include "core/evaluation/comparison.h"
#include "core/session/opened_model.h"
#include "core/session/session_command.h"

namespace consa {

/// Rows in the order of the command's runs, named as each run's config.layout, with differences to the first; then
/// "full before". Throws Error (BadInput) for a folder that holds no finished recovery, for runs of another model, and
/// for runs that differ in more than their layouts. What `progress` throws ends the work and no number is returned.
[[nodiscard]] Comparison compareRuns(const OpenedModel& opened, const CompareRunsCommand& command,
                                     const OpeningProgress& progress);

}  // namespace consa
