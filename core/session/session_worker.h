// The session's thread and what it owns; for the files of the session alone.
#pragma once

#include "core/session/cut_curve.h"
#include "core/session/experiment_session.h"
#include "core/session/learning_run.h"
#include "core/session/opened_model.h"

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>

namespace consa {

/// Thrown by the cancellation check; ends a step, a loading or an evaluation without a result.
struct Cancelled {};

/// Takes commands between steps, trains and evaluates in turns, publishes what it sees.
class ExperimentSession::Worker {
public:
    Worker() : m_thread([this](const std::stop_token& stop) { run(stop); }) {}
    ~Worker() {
        m_thread.request_stop();
        m_wake.notify_all();
    }
    Worker(const Worker&) = delete;
    Worker& operator=(const Worker&) = delete;

    void post(SessionCommand command);
    [[nodiscard]] SnapshotChannel& channel() { return m_channel; }

private:
    void run(const std::stop_token& stop);
    /// Carries out the commands that wait; without work to do, waits for one.
    void takeCommands(const std::stop_token& stop);
    /// Runs `work`; an exception becomes a snapshot with the error's sentence. A failed step ends the run, a failed
    /// command leaves the state as it was.
    template <typename Work>
    void guarded(Work work, bool isStep = false);
    [[nodiscard]] SessionState stateAfterError(SessionState before, bool isStep) const;
    /// Throws Cancelled when the session ends or an interrupting command waits.
    void check() const;

    void handle(const OpenCommand& command);
    void handle(const StartCommand& command);
    void handle(const ResumeRunCommand& command);
    void handle(const ForkRunCommand& command);
    void handle(const RewindCommand& command);
    void handle(const RetargetCommand& command);
    void handle(const CutCommand& command);
    void handle(const PinCommand& command);
    void handle(const CutCurveCommand& command);
    void handle(const PauseCommand&);
    void handle(const ResumeCommand&);
    void handle(const StopCommand&);
    void handle(const FreezeCommand& command);
    void handle(const HoldCommand& command);
    void handle(const EvaluateCommand& command);
    void handle(const CompareRunsCommand& command);
    void handle(const PolishCommand& command);
    void handle(const CancelEvaluationCommand&) {}

    void open(const OpenCommand& command);
    void beginRun(const TrainingConfig& config, const std::optional<AttentionLayout>& layout);
    /// Publishes the points of the run's folder up to where it stands.
    void publishHistory();
    void trainOneStep();
    /// True when the cut curve is wanted and lacks a point.
    [[nodiscard]] bool hasIdleWork();
    void addCutPoint();
    void finishRun(const std::string& kind, const std::string& text);
    void saveRun();
    /// Throws Error (RunFailed) when the run's folder could not be written for a minute.
    void waitUntilSaved();
    /// Notes a change of the running training, in the run's folder too.
    void noteSteering(const SteeringMove& move, const std::string& kind, const std::string& text);
    /// Says that the run's folder can't be written, or again can.
    void tellNews();
    /// What the run that is repeated was told at this step.
    void applyReplay();
    void apply(const SteeringMove& move);

    void setState(SessionState state, std::string message = {});
    void fail(const std::string& message, ErrorKind kind, SessionState state);
    void note(const std::string& kind, const std::string& text);
    /// Copies gates and schedule into the snapshot.
    void takePicture();
    void publish();
    [[nodiscard]] OpeningProgress progressReporter();

    SnapshotChannel m_channel;
    std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::deque<SessionCommand> m_commands;
    std::atomic<bool> m_isInterrupted = false;
    std::atomic<bool> m_hasCommands = false;

    // Owned by the worker thread.
    std::stop_token m_stop;
    SessionSnapshot m_snapshot;
    std::unique_ptr<OpenedModel> m_opened;
    std::unique_ptr<LearningRun> m_learning;
    std::unique_ptr<CutCurveEvaluator> m_cutCurve;  // of m_learning; made at the first idle moment
    bool m_wantsCutCurve = false;
    std::optional<Replay> m_replay;  // what is left of it
    std::jthread m_thread;           // last: joined before anything it uses goes
};

}  // namespace consa
