// Which runs a recovery consists of, and where they lie.
#pragma once

#include "core/checkpoint/model_config.h"
#include "core/session/session_command.h"

#include <filesystem>
#include <string>
#include <vector>

namespace consa {

/// One run of recovery; config.layout is its name.
struct PlannedRecovery {
    TrainingConfig config;
    AttentionLayout layout;  // per KV head
    std::filesystem::path folder;
};

/// All full first, then `layouts`, each with its own window and sinks where it has them, in out/NAME. Throws Error
/// (BadInput) for a layout that has to be measured first.
[[nodiscard]] std::vector<PlannedRecovery> planRecoveries(const TrainingConfig& config,
                                                          const std::vector<EvaluatedLayout>& layouts,
                                                          const ModelConfig& model, const std::filesystem::path& out);

/// The name of a layout's folder: letters, digits, '.', '_' and '-'; of a file or run folder its own name.
[[nodiscard]] std::string recoveryFolderName(const std::string& layout);

/// Throws Error (BadInput) unless the run in run.folder was started as `run` would be.
void requireSameRun(const PlannedRecovery& run);

}  // namespace consa
