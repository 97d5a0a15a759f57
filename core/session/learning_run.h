// One run: its trainer, the weights that it moves, its folder and its pace.
#pragma once

#include "core/session/opened_model.h"
#include "core/session/run_keeper.h"
#include "core/session/session_snapshot.h"
#include "core/session/trained_weights.h"
#include "core/training/trainer.h"

#include <deque>
#include <memory>
#include <optional>
#include <string>

namespace consa {

/// Trains on an opened model, which must outlive it, and keeps what a later resume needs in a folder where there is
/// one. Lives on the session's thread.
class LearningRun {
public:
    /// Loads the weights; `progress` may throw to cancel. Throws Error (BadInput) for a config that can't be used.
    /// `layout`: what LearningMode::Recover holds.
    LearningRun(OpenedModel& opened, const TrainingConfig& config, const std::optional<AttentionLayout>& layout,
                const OpeningProgress& progress);

    /// The weights that are trained with, or trained.
    [[nodiscard]] const Transformer& model() const { return m_trained ? m_trained->model() : *m_frozen; }
    /// True when the run's weights are no longer, or not for long, the opened model's.
    [[nodiscard]] bool movesWeights() const { return m_trained != nullptr; }
    /// What evaluating this run computes with, in any format: the weights that it trained, else the opened model's.
    [[nodiscard]] const Transformer& weights(torch::ScalarType type, const OpeningProgress& progress);
    [[nodiscard]] Trainer& trainer() { return *m_trainer; }
    [[nodiscard]] const Trainer& trainer() const { return *m_trainer; }
    /// Null for a run that is not kept.
    [[nodiscard]] RunKeeper* keeper() { return m_keeper ? &*m_keeper : nullptr; }

    /// Keeps the run in a new folder; a number joins its name where that is taken and `isNumbered`.
    void createFolder(const std::string& path, bool isNumbered);
    /// Goes on with the run in `folder` from its checkpoint. Throws Error (BadInput) when it was made with another
    /// model or other texts, or another program writes there.
    void restore(RunFolder folder);

    /// Begins a new folder at a kept state of another run, with that run's history up to it. Throws Error (BadInput)
    /// when that run was made with another model or other texts, (RunFailed) when the folder can't be written.
    void fork(const RunFolder& from, const RunCheckpoint& kept, const std::string& path);
    /// Keeps the state of this step, to be forked from and gone back to; not of a run that moves weights. Called before
    /// something is changed at the step.
    void keepState();
    /// Goes back to `kept`, a state of this run; `event` says so in its folder.
    void rewind(const RunCheckpoint& kept, const SessionEvent& event);

    /// One step; writes its point, and a checkpoint every few steps (every hundred where weights move) or every minute.
    /// `check` may throw to cancel. Throws MemoryExhausted when the step can be tried again. After another failure of a
    /// run that moves weights its folder stays at the checkpoint before: weights that diverge do so for many steps.
    HistoryPoint step(std::uint64_t run, const CancellationCheck& check);
    /// Copies gates, schedule and pace into the snapshot; the layout is cut at its cut, else at the target.
    void describe(SessionSnapshot& snapshot) const;
    /// Writes checkpoint and layout.
    void save(const SessionSnapshot& snapshot);
    /// Notes a change of the trainer, and saves it at once, unless weights would have to be written too.
    void steer(const SteeringMove& move, const SessionEvent& event);

private:
    [[nodiscard]] RunRecord record() const;
    [[nodiscard]] RunKeeper::Pace pace() const;
    void saveCheckpoint();
    /// Throws Error (BadInput) when the run in `folder` was made with another model or other texts.
    void requireMadeFrom(const RunFolder& folder) const;
    /// What the memory lacks for a step, and what would fit, in a sentence.
    [[nodiscard]] std::string adviceOnMemory() const;
    void describeGates(SessionSnapshot& snapshot) const;
    /// The layout that is held, as gates that are decided.
    void describeHeld(SessionSnapshot& snapshot) const;

    OpenedModel& m_opened;
    torch::ScalarType m_type;
    std::unique_ptr<TrainedWeights> m_trained;  // in the modes that move weights
    const Transformer* m_frozen = nullptr;      // in the other, and the teacher of distillation
    bool m_hasFailed = false;
    std::optional<AttentionLayout> m_heldLayout;
    std::unique_ptr<Trainer> m_trainer;
    std::optional<RunKeeper> m_keeper;
    std::deque<double> m_stepSeconds;
};

}  // namespace consa
