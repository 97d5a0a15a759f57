// A run folder in a line of a list, read without its whole history.
#pragma once

#include <QDateTime>
#include <QString>
#include <optional>

namespace consa {

enum class RunFate { GoingOn, Finished, CutOff };

/// What a list tells of one run folder.
struct RunSummary {
    QString folder;
    QString name;
    QString model;
    QString device;
    RunFate fate = RunFate::Finished;
    int step = 0;  // steps done
    int stepCount = 0;
    double target = 0;
    std::optional<double> sparsity;  // of its layout
    int fullCount = 0;
    int unitCount = 0;
    double loss = 0;  // of the last step
    QDateTime changed;

    bool operator==(const RunSummary&) const = default;
};

/// Reads config.json, layout.json and the end of events.jsonl. A run without an ending goes on, or was cut off
/// when it is abandoned. Throws Error when the folder holds no readable run.
[[nodiscard]] RunSummary readRunSummary(const QString& folder);

/// True when a run was not written to for half a minute and no program holds its folder.
[[nodiscard]] bool isAbandoned(const QString& folder);

/// "going on", "finished", "cut off".
[[nodiscard]] QString fateWord(RunFate fate);

}  // namespace consa
