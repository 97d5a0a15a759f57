// consa bench step and bench evaluate: how long a step takes.
#pragma once

#include "app/headless/commands.h"

namespace consa {

/// Adds `step` and `evaluate` to the group `bench`.
void addBenchStep(CLI::App& bench, ChosenCommand& chosen);

}  // namespace consa
