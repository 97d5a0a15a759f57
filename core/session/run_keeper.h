// Keeps a run on the disk while it trains, and keeps training when the disk does not.
#pragma once

#include "core/session/run_folder.h"

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace consa {

/// Writes a run's lines and checkpoints. A disk that is full, read-only or gone is no error: lines wait in memory, the
/// checkpoint on the disk stays the last good one, each call tries again, and takeNews() says what happened. Not
/// thread-safe; one for each folder.
class RunKeeper {
public:
    using Clock = std::chrono::steady_clock;

    /// Checkpoints are due after so many steps, or so long, whichever is first; where writing one takes long, less
    /// often.
    struct Pace {
        int steps = 10;
        std::chrono::seconds time{60};
        int timesItsOwn = 20;           // at least so many times as long as the last one took
        std::chrono::seconds retry{2};  // after one that failed, and as many times its own length
    };

    RunKeeper(RunFolder folder, Pace pace) : m_folder(std::move(folder)), m_pace(pace) {}

    [[nodiscard]] const RunFolder& folder() const { return m_folder; }

    void append(const HistoryPoint& point) { append(toJsonLine(point)); }
    void append(const SessionEvent& event) { append(toJsonLine(event)); }
    /// Notes a change, which goes into events.jsonl now and into the next checkpoint.
    void steer(const SteeringMove& move, const SessionEvent& event);
    /// What was changed before, of a run that is gone on with.
    void setSteering(std::vector<SteeringMove> steering) { m_steering = std::move(steering); }

    /// Whether a checkpoint should be saved after `stepsDone` steps.
    [[nodiscard]] bool isCheckpointDue(std::int64_t stepsDone) const;
    /// `makeWeights` is called when the run moves weights; it may throw what is no Error, which passes through.
    void saveCheckpoint(const TrainerState& state, const UnitGrid& grid,
                        const std::function<std::optional<WeightState>()>& makeWeights);
    /// Keeps the state of this step, to be forked from and gone back to, unless it has one.
    void keepState(const TrainerState& state, const UnitGrid& grid);
    /// The run goes on from `kept`, an earlier step of its own: checkpoint and kept states are as they were there, and
    /// `event`, with the step it was at, says so.
    void rewind(const RunCheckpoint& kept, const UnitGrid& grid, const SessionEvent& event, std::int64_t fromStep);
    void saveLayout(const LayoutFile& layout);
    void saveHeldLayout(const AttentionLayout& layout);
    void saveComparison(const Comparison& comparison);

    /// Whether the disk has everything: all lines, and the last of each kind of file.
    [[nodiscard]] bool isSaved() const { return m_problem.empty() && !m_isCheckpointLate && m_lines.empty(); }
    /// Why it has not; empty when it has.
    [[nodiscard]] const std::string& problem() const { return m_problem; }
    /// A sentence when it ceased or began to be saved since the last call.
    [[nodiscard]] std::optional<std::string> takeNews();

private:
    void append(std::string line);
    /// Calls `write` after the lines that wait; what the disk refuses becomes m_problem. True when all was written.
    bool tryTo(const std::function<void()>& write);
    void writeLines();

    RunFolder m_folder;
    Pace m_pace;
    std::deque<std::string> m_lines;  // not on the disk yet
    std::vector<SteeringMove> m_steering;
    Clock::time_point m_triedAt = Clock::now();
    Clock::duration m_savingTook{};
    bool m_isCheckpointLate = false;  // the last one failed
    std::string m_problem, m_told;    // now, and at the last takeNews()
    std::string m_loss;               // what can't be had back: a folder that was taken away
};

}  // namespace consa
