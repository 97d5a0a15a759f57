// The next run: the engine's defaults for the open model and device, until the user changes them.
#pragma once

#include "core/session/session_command.h"
#include "core/session/session_snapshot.h"

#include <optional>
#include <string>
#include <vector>

namespace consa {

/// Follows the session; edits hold until another model or kind of device is opened.
class RunPlan {
public:
    /// Adopts model, texts and their defaults; pins stay while the shape does. True when the plan changed.
    bool follow(const SessionSnapshot& snapshot);
    /// `layout`: what the mode recover holds. The plan's own pins stay while the granularity does.
    void edit(const TrainingConfig& config, std::optional<AttentionLayout> layout = {});
    /// Takes the knobs of an earlier plan for this model; model, texts and pins stay.
    void recall(const TrainingConfig& earlier);
    void setTarget(double target) { m_config.target = target; }
    void setRampSteps(int steps) { m_config.rampSteps = steps; }
    void setPins(const std::vector<Pin>& pins) { m_config.pins = pins; }

    [[nodiscard]] const TrainingConfig& config() const { return m_config; }
    [[nodiscard]] TrainingConfig defaults() const;
    /// The gates of the next run; empty before a model is open.
    [[nodiscard]] UnitGrid grid() const;
    /// A session without gates as the next run would begin it: its grid and its knobs.
    [[nodiscard]] SessionSnapshot preview(SessionSnapshot snapshot) const;
    /// A folder under the data folder that is not there yet, named after time and model.
    [[nodiscard]] std::string unusedRunFolder() const;
    /// A run into a new folder under the data folder, named after time and model, with a number where that is taken.
    [[nodiscard]] StartCommand startCommand() const;

private:
    TrainingConfig m_config;
    std::optional<AttentionLayout> m_layout;
    UnitGrid m_heads;  // of the open model
    bool m_isEdited = false;
    bool m_isOnGpu = false;
    bool m_hasModel = false;
};

}  // namespace consa
