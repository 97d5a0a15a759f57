// What the next run takes, said before it starts: tokens, time where a rate was measured, memory.
#pragma once

#include "core/checkpoint/model_config.h"
#include "core/session/session_snapshot.h"

#include <QString>
#include <cstdint>
#include <optional>

namespace consa {

class RunListModel;

/// A rate that was measured; never a guess.
struct RunPace {
    double secondsPerFlop = 0;  // as estimateRunFlop() counts
    QString source;             // "the last run", or the name of the run it comes from
};

/// What is known of one kind of device.
struct DeviceConditions {
    double freeBytes = 0;  // for the run, the loaded weights counted as free; 0: unknown
    std::optional<RunPace> pace;
};

/// What is known before the start.
struct RunConditions {
    std::optional<ModelConfig> model;
    std::int64_t trainTokens = 0;  // of the open texts
    bool isGpuOpen = false;        // what "auto" stands for
    DeviceConditions cpu, gpu;

    [[nodiscard]] bool meansGpu(const TrainingConfig& config) const;
    [[nodiscard]] const DeviceConditions& deviceOf(const TrainingConfig& config) const {
        return meansGpu(config) ? gpu : cpu;
    }
};

/// From the session and, for rates, from the runs of the same model: the session's own run, else the newest run folder
/// that was made on the open device (or, for the kind of device that is not open, on one of that kind).
[[nodiscard]] RunConditions runConditions(const SessionSnapshot& snapshot, const RunListModel& runs);

/// Seconds of the whole run at the measured rate; nothing where none was measured.
[[nodiscard]] std::optional<double> estimateSeconds(const RunConditions& conditions, const TrainingConfig& config);

/// "Reads 614,400 tokens, 0.7 times the training text; about 3 min at the speed of the last run; at most 12.3 GB of
/// memory, 79 GB free".
[[nodiscard]] QString estimateText(const RunConditions& conditions, const TrainingConfig& config);

/// Why the run will not fit into memory, or only in parts, and what helps; empty when it fits or nothing is known.
[[nodiscard]] QString memoryWarning(const RunConditions& conditions, const TrainingConfig& config);

}  // namespace consa
