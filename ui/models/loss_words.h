// How the interface words what a run minimises.
#pragma once

#include "core/training/training_choices.h"

#include <QString>

namespace consa {

/// "Loss, nats", "KL to the full model, nats": the label of an axis.
[[nodiscard]] QString lossAxisLabel(TrainingLoss loss);
/// "loss", "KL", "error": before a value.
[[nodiscard]] QString lossWord(TrainingLoss loss);

}  // namespace consa
