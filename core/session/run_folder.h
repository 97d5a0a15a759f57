// A run on disk: config.json, events.jsonl, gates.safetensors, weights-STEP.safetensors, layout.json.
#pragma once

#include "core/base/folder_lock.h"
#include "core/checkpoint/model_config.h"
#include "core/checkpoint/safetensors_writer.h"
#include "core/layout/layout_file.h"
#include "core/session/event_log.h"
#include "core/session/kept_states.h"
#include "core/session/run_checkpoint.h"
#include "core/session/session_snapshot.h"
#include "core/training/training_config.h"

#include <filesystem>
#include <optional>
#include <string>

namespace consa {

/// The run and the step that a run was forked from.
struct ForkOrigin {
    std::string run;  // name of its folder
    std::int64_t step = 0;

    bool operator==(const ForkOrigin&) const = default;
};

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
    std::optional<ForkOrigin> forkedFrom{};
};

/// Weights that a run moved, with their optimiser's state, to be written tensor by tensor.
struct WeightState {
    std::vector<TensorPlan> tensors;
    TensorSource values;
};

/// A step as one line of events.jsonl (and of consa's output), without the line feed.
[[nodiscard]] std::string toJsonLine(const HistoryPoint& point);
/// An event likewise, with the time.
[[nodiscard]] std::string toJsonLine(const SessionEvent& event);
/// The step of such a line; nothing for other events and for what is no line of ours, as one that a crash cut off.
[[nodiscard]] std::optional<HistoryPoint> pointFromLine(const std::string& line);

/// Writes and reads one run's folder. Every file is replaced atomically but events.jsonl, which grows a line at a time.
class RunFolder {
public:
    /// Makes the folder and its config.json, which is on the disk when this returns, and takes the lock. Throws Error
    /// (BadInput) when it holds a run already or another program writes there, (RunFailed) when it can't be written.
    static RunFolder create(const std::filesystem::path& path, const RunRecord& record);
    /// The same in the first of `path`, path-2, path-3, ... that does not exist: of programs that ask at the same
    /// instant each gets a folder of its own.
    static RunFolder createNumbered(const std::filesystem::path& path, const RunRecord& record);
    /// Opens an existing run, for reading. Throws Error (BadInput) naming the file that is missing or malformed.
    static RunFolder open(const std::filesystem::path& path);
    /// Called before writing to a run that was opened. Throws Error (BadInput) when another program writes there.
    void lock();
    /// False when the folder was taken away under the run; restore() makes it again, without what it held.
    [[nodiscard]] bool isThere() const;
    void restore();

    [[nodiscard]] const std::filesystem::path& path() const { return m_path; }
    [[nodiscard]] const RunRecord& record() const { return m_record; }

    /// Adds a line of events.jsonl. Throws Error (RunFailed) when the disk does not take it, which leaves none of it.
    void appendLine(const std::string& line) { m_events.append(line); }

    /// The whole training state; readable at any moment. Weights go into a file of their own, named by the step, which
    /// counts only once the gates' file names it: a crash in between leaves both as they were. Older weights are
    /// deleted once all is on the disk. Without `weights` they are those that the run began with. `steering` is what
    /// was changed so far.
    void saveCheckpoint(const TrainerState& state, const UnitGrid& grid,
                        const std::optional<WeightState>& weights = std::nullopt,
                        const std::vector<SteeringMove>& steering = {});
    /// Throws Error (BadInput) when there is none, it is damaged, or a newer version wrote it.
    [[nodiscard]] TrainerState loadCheckpoint() const { return readCheckpoint().state; }
    /// What was changed while the run trained, until its checkpoint. Throws as above.
    [[nodiscard]] std::vector<SteeringMove> loadSteering() const { return readCheckpoint().steering; }
    /// The file with the checkpoint's weights; empty where they had not moved. Throws Error (BadInput) as above, and
    /// when the file is missing or not the one that was written. Reads all of it.
    [[nodiscard]] std::filesystem::path weightsFile() const;

    /// States of earlier steps; none of a run whose weights train.
    [[nodiscard]] KeptStates states() const { return KeptStates(m_path); }
    /// The kept state at `step` or the nearest before. Throws Error (BadInput) when the run's weights train, or there
    /// is none.
    [[nodiscard]] RunCheckpoint keptStateAt(std::int64_t step) const;
    /// Throws Error (BadInput) when the run has not come to `step`.
    void requireStep(std::int64_t step) const;
    /// Takes over what led to `step` in another run: lines and kept states. Called before any line is added.
    void copyPast(const RunFolder& other, std::int64_t step);

    void saveLayout(const LayoutFile& layout);
    /// The layout that a run in LearningMode::Recover holds; nothing for other runs.
    void saveHeldLayout(const AttentionLayout& layout);
    [[nodiscard]] std::optional<AttentionLayout> loadHeldLayout() const;
    void saveComparison(const Comparison& comparison);

    /// Curve points of steps before `endStep`; later ones were not checkpointed and will be made again.
    [[nodiscard]] std::vector<HistoryPoint> readHistory(std::int64_t endStep) const;

private:
    explicit RunFolder(const std::filesystem::path& path) : m_path(path), m_events(path / "events.jsonl") {}
    [[nodiscard]] RunCheckpoint readCheckpoint() const;
    /// Writes weights of the checkpoint's step, unless the one on the disk has them already, and names them in it.
    void saveWeights(RunCheckpoint& checkpoint, const WeightState& weights);
    /// The hash of that file when the checkpoint on the disk names it (empty in version 1); else nothing.
    [[nodiscard]] std::optional<std::string> hashOfSavedWeights(const std::string& name) const;
    void removeWeightsExcept(const std::string& name) const;

    std::filesystem::path m_path;
    RunRecord m_record;
    EventLog m_events;
    std::optional<FolderLock> m_lock;  // while this program writes
};

}  // namespace consa
