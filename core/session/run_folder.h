// A run on disk: config.json, events.jsonl, gates.safetensors, layout.json.
#pragma once

#include "core/checkpoint/model_config.h"
#include "core/layout/layout_file.h"
#include "core/session/session_snapshot.h"
#include "core/training/gate_learner.h"
#include "core/training/training_config.h"

#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

namespace consa {

/// What a run was made from, for its record and for a later resume.
struct RunRecord {
    TrainingConfig config;
    ModelConfig model;
    std::string modelFingerprint;
    std::string corpusOrigin;
    std::string corpusFingerprint;
    std::string device;
    std::string dataType;  // of the weights while learning
    std::string torchVersion;
};

/// A step as one line of events.jsonl (and of consa's output), without the line feed.
[[nodiscard]] std::string toJsonLine(const HistoryPoint& point);

/// Writes and reads one run's folder. Every file is replaced atomically but events.jsonl, which grows a line at a time.
class RunFolder {
public:
    /// Makes the folder and its config.json. Throws Error (BadInput) when it holds a run already, (RunFailed) when it
    /// can't be written.
    static RunFolder create(const std::filesystem::path& path, const RunRecord& record);
    /// Opens an existing run. Throws Error (BadInput) naming the file that is missing or malformed.
    static RunFolder open(const std::filesystem::path& path);

    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    [[nodiscard]] const RunRecord& record() const { return m_record; }

    /// Adds a line. Throws Error (RunFailed) when the disk does not take it.
    void append(const HistoryPoint& point);
    void append(const SessionEvent& event);

    /// The whole training state; readable at any moment.
    void saveCheckpoint(const TrainerState& state, const UnitGrid& grid);
    /// Throws Error (BadInput) when there is none or it is malformed.
    [[nodiscard]] TrainerState loadCheckpoint() const;

    void saveLayout(const LayoutFile& layout);
    /// The layout that a run in LearningMode::Recover holds; nothing for other runs.
    void saveHeldLayout(const AttentionLayout& layout);
    [[nodiscard]] std::optional<AttentionLayout> loadHeldLayout() const;
    void saveComparison(const Comparison& comparison);

    /// Curve points of steps before `endStep`; later ones were not checkpointed and will be made again.
    [[nodiscard]] std::vector<HistoryPoint> readHistory(std::int64_t endStep) const;

private:
    explicit RunFolder(std::filesystem::path path) : m_path(std::move(path)) {}
    void appendLine(const std::string& line);

    std::filesystem::path m_path;
    RunRecord m_record;
    std::ofstream m_events;
};

}  // namespace consa
