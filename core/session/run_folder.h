// A run on disk: config.json, events.jsonl, gates.safetensors, weights-STEP.safetensors, layout.json.
#pragma once

#include "core/checkpoint/model_config.h"
#include "core/checkpoint/safetensors_writer.h"
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

/// Weights that a run moved, with their optimiser's state, to be written tensor by tensor.
struct WeightState {
    std::vector<TensorPlan> tensors;
    TensorSource values;
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

    /// The whole training state; readable at any moment. Weights go into a file of their own, named by the step, which
    /// counts only once the gates' file names it: a crash in between leaves both as they were. Older weights are then
    /// deleted. Without `weights` they are those that the run began with.
    void saveCheckpoint(const TrainerState& state, const UnitGrid& grid,
                        const std::optional<WeightState>& weights = std::nullopt);
    /// Throws Error (BadInput) when there is none or it is malformed.
    [[nodiscard]] TrainerState loadCheckpoint() const;
    /// The file with the checkpoint's weights; empty where they had not moved. Throws Error (BadInput) as above, and
    /// when the file is missing.
    [[nodiscard]] std::filesystem::path weightsFile() const;

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
    /// Writes weights of `step` unless the checkpoint has them already; the file's name.
    [[nodiscard]] std::string saveWeights(std::int64_t step, const WeightState& weights);
    /// What the checkpoint names as the file of its weights; empty for none.
    [[nodiscard]] std::string weightsName() const;
    void removeWeightsExcept(const std::string& name) const;

    std::filesystem::path m_path;
    RunRecord m_record;
    std::ofstream m_events;
};

}  // namespace consa
