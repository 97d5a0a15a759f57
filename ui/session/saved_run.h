// A run folder as the window shows it, and how a path on the command line or a dropped file is told apart.
#pragma once

#include "core/layout/layout_file.h"
#include "core/session/session_snapshot.h"

#include <QByteArray>
#include <QString>
#include <vector>

namespace consa {

/// What a path holds for the window.
enum class PathKind { Model, RunFolder, LayoutFile, Text };

/// `default` and `demo` are models; a folder with gates.safetensors, layout.json or events.jsonl is a run; .json and
/// .tsv files and DuoAttention's folders are layouts; .gguf files and folders with config.json are models; anything
/// else is text. Throws Error when nothing is there.
[[nodiscard]] PathKind classifyPath(const QString& path);

/// Everything of a run folder but the gates' optimiser.
struct SavedRun {
    TrainingConfig config;
    LayoutFile layout;
    std::vector<HistoryPoint> points;
    std::vector<SessionEvent> events;
    /// Points count from 0.
    [[nodiscard]] int stepsDone() const { return points.empty() ? layout.provenance.step : points.back().step + 1; }
};

/// Adds whole lines of events.jsonl; those that are no JSON objects are skipped.
void addEventLines(const QByteArray& lines, SavedRun& run);

/// Reads config.json, layout.json and events.jsonl. A last line cut short by a crash is left out. Throws Error naming
/// the file that is missing or malformed.
[[nodiscard]] SavedRun readSavedRun(const QString& folder);

}  // namespace consa
