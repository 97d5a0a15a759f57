// How the interface words what a run minimises.
#pragma once

#include "core/training/training_choices.h"

#include <QString>

namespace consa {

/// "Loss, nats", "KL to the full model, nats": the label of an axis, in lines that short axes hold.
[[nodiscard]] QString lossAxisLabel(TrainingLoss loss);
/// "loss", "KL", "hidden-state error": before a value.
[[nodiscard]] QString lossWord(TrainingLoss loss);

}  // namespace consa
