// The next run: the engine's defaults for the open model and device, until the user changes them.
#pragma once

#include "core/session/session_command.h"
#include "core/session/session_snapshot.h"

#include <string>

namespace consa {

/// Follows the session; edits hold until another model or kind of device is opened.
class RunPlan {
public:
    /// Adopts model, texts and their defaults. True when the plan changed.
    bool follow(const SessionSnapshot& snapshot);
    void edit(const TrainingConfig& config);
    void setTarget(double target) { m_config.target = target; }
    void setRampSteps(int steps) { m_config.rampSteps = steps; }

    [[nodiscard]] const TrainingConfig& config() const { return m_config; }
    [[nodiscard]] TrainingConfig defaults() const;
    /// A run into a new folder under the data folder, named after time and model.
    [[nodiscard]] StartCommand startCommand() const;

private:
    TrainingConfig m_config;
    bool m_isEdited = false;
    bool m_isOnGpu = false;
    bool m_hasModel = false;
};

}  // namespace consa
