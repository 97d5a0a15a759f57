// Rates from earlier runs, and the sentences.
#include "ui/session/run_estimate.h"

#include "core/base/error.h"
#include "core/base/host_memory.h"
#include "core/training/run_cost.h"
#include "ui/models/kv_cache_size.h"
#include "ui/models/run_list_model.h"
#include "ui/session/saved_run.h"
#include "ui/style/duration_text.h"

#include <QCoreApplication>
#include <QFileInfo>
#include <QLocale>
#include <algorithm>

namespace consa {

namespace {

constexpr int kLeastSteps = 5;  // fewer hold little but the first ones, which settle memory and kernels (taste)

struct Words {
    Q_DECLARE_TR_FUNCTIONS(consa::RunEstimate)
};

bool isGpuName(const QString& device) {
    return !device.isEmpty() && !device.startsWith(QLatin1String("CPU"));
}

/// The mean over all steps of a run that is on the disk.
std::optional<RunPace> paceOf(const RunSummary& summary, const ModelConfig& model) {
    try {
        const SavedRun run = readSavedRun(summary.folder);
        double seconds = 0;
        int steps = 0;
        for (const HistoryPoint& point : run.points) {
            if (point.seconds <= 0) continue;
            seconds += point.seconds;
            ++steps;
        }
        const double flop = estimateRunFlop(model, run.config) / std::max(1, run.config.stepCount) * steps;
        if (steps < kLeastSteps || flop <= 0) return std::nullopt;
        return RunPace{seconds / flop, summary.name};
    } catch (const Error&) {  // what cannot be read has no rate
        return std::nullopt;
    }
}

std::optional<RunPace> newestPace(const SessionSnapshot& snapshot, const RunListModel& runs, bool isGpu) {
    const QString model = QFileInfo(QString::fromStdString(snapshot.modelPath)).fileName();
    const QString openDevice = QString::fromStdString(snapshot.device.name);
    for (int row = 0; row < runs.rowCount(); ++row) {
        const RunSummary& run = runs.run(row);
        const bool isSameDevice = snapshot.device.isGpu == isGpu
                                      ? run.device == openDevice
                                      : !run.device.isEmpty() && isGpuName(run.device) == isGpu;
        if (run.model != model || !isSameDevice) continue;
        if (std::optional<RunPace> pace = paceOf(run, *snapshot.model)) return pace;
    }
    return std::nullopt;
}

std::optional<RunPace> sessionPace(const SessionSnapshot& snapshot) {
    const double flop = snapshot.run > 0 ? estimateRunFlop(*snapshot.model, snapshot.config) : 0;
    if (snapshot.secondsPerStep <= 0 || flop <= 0) return std::nullopt;
    return RunPace{snapshot.secondsPerStep * snapshot.config.stepCount / flop, Words::tr("the last run")};
}

/// What a GPU has for a run. After a run the engine keeps what that took for itself and gives it to the next.
double freeOnGpu(const SessionSnapshot& snapshot, double loaded) {
    const auto total = static_cast<double>(snapshot.device.memoryTotalBytes);
    return snapshot.run > 0 ? total : total - static_cast<double>(snapshot.device.memoryUsedBytes) + loaded;
}

}  // namespace

bool RunConditions::meansGpu(const TrainingConfig& config) const {
    return config.device == "auto" ? isGpuOpen : config.device != "cpu";
}

RunConditions runConditions(const SessionSnapshot& snapshot, const RunListModel& runs) {
    RunConditions known;
    known.model = snapshot.model;
    known.isGpuOpen = snapshot.device.isGpu;
    if (snapshot.corpus) known.trainTokens = snapshot.corpus->trainTokens;
    known.cpu.freeBytes = static_cast<double>(availableHostBytes());
    if (!snapshot.model) return known;
    DeviceConditions& open = known.isGpuOpen ? known.gpu : known.cpu;
    const double loaded = static_cast<double>(snapshot.model->parameterCount()) *
                          learningValueBytes(snapshot.config.dataType, known.isGpuOpen);
    open.freeBytes = known.isGpuOpen ? freeOnGpu(snapshot, loaded) : open.freeBytes + loaded;
    known.cpu.pace = newestPace(snapshot, runs, false);
    known.gpu.pace = newestPace(snapshot, runs, true);
    if (std::optional<RunPace> pace = sessionPace(snapshot)) open.pace = std::move(pace);
    return known;
}

std::optional<double> estimateSeconds(const RunConditions& conditions, const TrainingConfig& config) {
    const std::optional<RunPace>& pace = conditions.deviceOf(config).pace;
    if (!conditions.model || !pace) return std::nullopt;
    return pace->secondsPerFlop * estimateRunFlop(*conditions.model, config);
}

QString estimateText(const RunConditions& conditions, const TrainingConfig& config) {
    const double tokens = double(config.stepCount) * config.batchSize * config.contextTokens;
    const QLocale locale;
    QString text = Words::tr("Reads %1 tokens").arg(locale.toString(tokens, 'f', 0));
    if (conditions.trainTokens > 0)
        text += Words::tr(", %1 times the training text")
                    .arg(locale.toString(tokens / double(conditions.trainTokens), 'f', 1));
    if (!conditions.model) return text;
    if (const std::optional<double> seconds = estimateSeconds(conditions, config))
        text += Words::tr("; about %1 at the speed of %2")
                    .arg(durationText(*seconds), conditions.deviceOf(config).pace->source);
    else
        text += Words::tr("; time unknown until the first steps");
    const RunMemory memory = estimateRunMemory(*conditions.model, config, conditions.meansGpu(config));
    text += Words::tr("; at most %1 of memory").arg(formatBytes(memory.ofWholeStep));
    const double free = conditions.deviceOf(config).freeBytes;
    return free > 0 ? text + Words::tr(", %1 free").arg(formatBytes(free)) : text;
}

QString memoryWarning(const RunConditions& conditions, const TrainingConfig& config) {
    const double free = conditions.deviceOf(config).freeBytes;
    if (!conditions.model || free <= 0) return {};
    const bool isGpu = conditions.meansGpu(config);
    const RunMemory memory = estimateRunMemory(*conditions.model, config, isGpu);
    if (memory.ofWholeStep <= free) return {};
    if (memory.ofOneWindow > free)
        return Words::tr("Does not fit: one window of %1 tokens needs up to %2 and %3 are free; use a shorter context.")
            .arg(QString::number(config.contextTokens), formatBytes(memory.ofOneWindow), formatBytes(free));
    if (isGpu)
        return Words::tr(
                   "Does not fit at once: a step needs up to %1 and %2 are free; it computes twice, or goes in smaller "
                   "parts.")
            .arg(formatBytes(memory.ofWholeStep), formatBytes(free));
    return Words::tr("Does not fit: a step needs up to %1 and %2 are free; use a smaller batch or a shorter context.")
        .arg(formatBytes(memory.ofWholeStep), formatBytes(free));
}

}  // namespace consa
