// A run's config as the words of `consa learn`.
#pragma once

#include "core/training/training_config.h"

#include <QString>

namespace consa {

/// The command that starts the same run: model, folder, and what differs from `defaults`, the engine's own for that
/// model and device. Quoted for a POSIX shell; with `columns`, in lines of about that length that a shell joins again.
[[nodiscard]] QString learnCommandLine(const TrainingConfig& config, const TrainingConfig& defaults, int columns = 0);

/// `word` as a shell reads it back: bare where nothing in it is special.
[[nodiscard]] QString shellQuoted(const QString& word);

}  // namespace consa
