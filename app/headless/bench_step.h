// consa bench step, evaluate and attention: how long a step takes, and its attention.
#pragma once

#include "app/headless/commands.h"

namespace consa {

/// Adds `step`, `evaluate` and `attention` to the group `bench`.
void addBenchStep(CLI::App& bench, ChosenCommand& chosen);

}  // namespace consa
