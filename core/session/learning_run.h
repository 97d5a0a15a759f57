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

    /// Keeps the run in a new folder.
    void createFolder(const std::string& path);
    /// Goes on with the run in `folder` from its checkpoint. Throws Error (BadInput) when it was made with another
    /// model or other texts, or another program writes there.
    void restore(RunFolder folder);

    /// One step; writes its point, and a checkpoint every few steps (every hundred where weights move) or every minute.
    /// `check` may throw to cancel. After a failure of a run that moves weights its folder stays at the checkpoint
    /// before: weights that diverge do so for many steps.
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
