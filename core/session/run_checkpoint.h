// The file of a run's checkpoint: a safetensors file of the gates, with everything else in its metadata.
#pragma once

#include "core/layout/attention_layout.h"
#include "core/session/steering.h"
#include "core/training/gate_learner.h"

#include <string>
#include <string_view>
#include <vector>

namespace consa {

/// All that a run needs to go on, but for the weights of runs that move them.
struct RunCheckpoint {
    TrainerState state;
    std::string weightsName;  // the file with the weights of the same step; empty where they are the model's own
    std::string weightsHash;  // of that file's bytes; empty in checkpoints of version 1
    std::vector<SteeringMove> steering;  // so far, in order

    bool operator==(const RunCheckpoint&) const = default;
};

/// The bytes of the file, with a format, its version and a checksum over all of it.
[[nodiscard]] std::string toCheckpointFile(const RunCheckpoint& checkpoint, const UnitGrid& grid);

/// Throws Error (BadInput) naming `source` when the file is damaged (its checksum is not that of its content), holds a
/// number that is none, or was written by a newer version of this program. Reads version 1, which had no checksum.
[[nodiscard]] RunCheckpoint checkpointFromFile(std::string_view bytes, const std::string& source);

}  // namespace consa
