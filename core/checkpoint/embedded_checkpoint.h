// The demo's model, compiled into the program.
#pragma once

#include "core/checkpoint/checkpoint.h"

#include <memory>

namespace consa {

/// Throws Error (RunFailed) when this program was built without the demo's weights.
[[nodiscard]] std::unique_ptr<Checkpoint> openEmbeddedCheckpoint();

}  // namespace consa
