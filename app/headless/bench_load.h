// consa bench load: how fast a model is ready.
#pragma once

#include "app/headless/commands.h"

namespace consa {

/// Adds `load` to the group `bench`.
void addBenchLoad(CLI::App& bench, ChosenCommand& chosen);

}  // namespace consa
