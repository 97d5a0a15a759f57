// A session without a model: a thread that behaves like a run, for tests of the window.
#pragma once

#include "core/base/error.h"
#include "core/layout/rounding.h"
#include "core/session/experiment_session.h"
#include "tests/support/fake_evaluation.h"
#include "tests/support/fake_gates.h"
#include "tests/support/fake_picture.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace consa {

/// Gates drift towards a fixed mask under a rising target; every command is honoured and recorded.
class FakeSession final : public SessionInterface {
public:
    struct Options {
        int layerCount = 8;
        int kvHeadCount = 4;
        std::chrono::microseconds stepTime{6000};  // a run of 150 steps takes about a second
        std::chrono::milliseconds loadTime{0};
        std::string failOn;     // opening this model fails
        int failsAtStep = 0;    // the first run fails in this step; 0: none does
        int lacksMemoryAt = 0;  // the first run is paused in this step; 0: none is
    };

    explicit FakeSession(Options options) : m_options(std::move(options)) {
        m_thread = std::jthread([this](const std::stop_token& stop) { run(stop); });
    }
    FakeSession() : FakeSession(Options{}) {}
    ~FakeSession() override {
        m_thread.request_stop();
        m_wake.notify_all();
    }

    void post(SessionCommand command) override {
        {
            const std::scoped_lock lock(m_mutex);
            m_commands.push_back(command);
            m_posted.push_back(std::move(command));
        }
        m_wake.notify_all();
    }
    [[nodiscard]] SnapshotChannel& channel() override { return m_channel; }

    /// Commands of one type posted so far, in order.
    template <typename Command>
    [[nodiscard]] std::vector<Command> posted() const {
        const std::scoped_lock lock(m_mutex);
        std::vector<Command> found;
        for (const SessionCommand& command : m_posted) {
            if (const auto* one = std::get_if<Command>(&command)) found.push_back(*one);
        }
        return found;
    }
    [[nodiscard]] std::int64_t publishedPoints() const { return m_publishedPoints; }

private:
    void run(const std::stop_token& stop) {
        while (!stop.stop_requested()) {
            SessionCommand command;
            bool hasCommand = false;
            {
                std::unique_lock lock(m_mutex);
                const auto hasWork = [this] { return !m_commands.empty(); };
                const bool isBusy =
                    m_snapshot.state == SessionState::Training || m_snapshot.state == SessionState::Evaluating;
                if (!isBusy && !idleCut()) {
                    m_wake.wait(lock, stop, hasWork);
                }
                if (!m_commands.empty()) {
                    command = std::move(m_commands.front());
                    m_commands.pop_front();
                    hasCommand = true;
                }
            }
            if (hasCommand) {
                carryOut(command);
            } else if (m_snapshot.state == SessionState::Training) {
                step();
            } else if (m_snapshot.state == SessionState::Evaluating) {
                evaluateSome();
            } else if (const auto cut = idleCut()) {
                addCutPoint(*cut);
            }
        }
    }

    /// A refused command leaves the state as it was.
    void carryOut(const SessionCommand& command) {
        try {
            std::visit([this](const auto& one) { handle(one); }, command);
        } catch (const Error& error) {
            refuse(error.what());
        }
    }

    void handle(const OpenCommand& command) {
        const std::uint64_t run = m_snapshot.run;
        m_snapshot = {};
        m_snapshot.run = run;
        m_snapshot.modelPath = command.model;
        m_snapshot.corpusPaths = command.corpus;
        setState(SessionState::Loading, "Opening " + command.model);
        std::this_thread::sleep_for(m_options.loadTime);
        if (!m_options.failOn.empty() && command.model == m_options.failOn) return fail(command.model);
        openInto(m_snapshot, command, m_options.layerCount, m_options.kvHeadCount);
        setState(SessionState::Ready, m_snapshot.model->name + " is open.");
    }

    void handle(const StartCommand& command) {
        m_snapshot.grid = m_snapshot.model->grid(command.config.granularity);
        m_snapshot.target = command.config.target;
        requireRoomFor(command.config.pins);
        ++m_snapshot.run;
        m_snapshot.pins = command.config.pins;
        m_snapshot.cutCurve = {};
        m_heldLayout = command.layout.value_or(AttentionLayout(m_snapshot.grid, true));
        m_snapshot.config = command.config;
        m_snapshot.runFolder = command.runFolder;
        m_snapshot.step = 0;
        m_snapshot.stepCount = command.config.stepCount;
        m_snapshot.scheduledTarget = 0;
        m_snapshot.multiplier = 0;
        m_snapshot.cut.reset();
        m_snapshot.comparison.reset();
        m_warmupSteps = std::max(1, static_cast<int>(command.config.warmupShare * command.config.stepCount));
        m_rampFrom = 0;
        m_rampBegin = 0;
        m_rampSteps = m_warmupSteps;
        m_snapshot.logAlpha = m_gates.begin(m_snapshot.grid, command.config);
        takePicture();
        note("start", "Training started");
        setState(SessionState::Training);
    }

    void handle(const ResumeRunCommand&) {}

    /// A run of its own from `step` on; the gates are those of now.
    void handle(const ForkRunCommand& command) {
        ++m_snapshot.run;
        m_snapshot.runFolder = command.runFolder;
        m_snapshot.step = static_cast<int>(command.step);
        takePicture();
        note("fork", "Forked");
        setState(SessionState::Training);
    }
    /// Back to before the latest target; that is the only state it keeps.
    void handle(const RewindCommand& command) {
        if (!m_beforeTarget || m_beforeTarget->step != command.step) throw Error("No state of that step is kept.");
        const int from = m_snapshot.step, rewindCount = m_snapshot.rewindCount;
        const bool isTraining = m_snapshot.state == SessionState::Training;
        m_snapshot = *m_beforeTarget;
        m_snapshot.rewindCount = rewindCount + 1;
        m_rampFrom = m_snapshot.scheduledTarget;
        m_rampBegin = m_snapshot.step;
        note("rewind", "Back to step " + std::to_string(m_snapshot.step) + " from step " + std::to_string(from));
        setState(isTraining ? SessionState::Training : SessionState::Paused);
    }
    void handle(const RetargetCommand& command) {
        if (!m_snapshot.logAlpha.empty())
            requireRoom(unitPins(m_snapshot.pins, m_snapshot.grid),
                        fullUnitsAtSparsity(m_snapshot.grid.unitCount(), command.target));
        m_beforeTarget = m_snapshot;
        m_snapshot.target = command.target;
        m_snapshot.config.target = command.target;
        m_snapshot.targetAppliedStep = m_snapshot.step;
        m_rampFrom = m_snapshot.scheduledTarget;
        m_rampBegin = m_snapshot.step;
        m_rampSteps = std::max(1, command.rampSteps.value_or(20));
        if (m_snapshot.state == SessionState::Finished) {
            m_snapshot.stepCount = m_snapshot.step + m_rampSteps + 40;
            m_snapshot.state = SessionState::Training;
        }
        if (m_snapshot.run > 0) takePicture();
        note("retarget", "Target set");
        publish();
    }

    void handle(const CutCommand& command) {
        m_snapshot.cut = command.sparsity;
        if (!m_snapshot.logAlpha.empty()) takePicture();
        publish();
    }
    void handle(const PinCommand& command) {
        if (m_snapshot.logAlpha.empty()) throw Error("Nothing is learned yet; start a run to pin its units.");
        if (isHeld()) throw Error("This run holds a fixed layout; start a run that learns gates to pin units.");
        requireRoomFor(command.pins);
        m_snapshot.pins = command.pins;
        m_snapshot.config.pins = command.pins;
        m_snapshot.cutCurve = {};
        takePicture();
        note("pin", "Pins changed");
        publish();
    }
    void handle(const CutCurveCommand& command) { m_wantsCutCurve = command.isWanted; }
    void handle(const PauseCommand&) {
        if (m_snapshot.state != SessionState::Training) return;
        note("pause", "Paused");
        setState(SessionState::Paused);
    }
    void handle(const ResumeCommand&) {
        if (m_snapshot.state != SessionState::Paused) return;
        note("resume", "Training goes on");
        setState(SessionState::Training);
    }
    void handle(const StopCommand&) {
        if (m_snapshot.state != SessionState::Training && m_snapshot.state != SessionState::Paused) return;
        note("stop", "Stopped");
        setState(SessionState::Finished, "Stopped.");
    }
    void handle(const FreezeCommand& command) {
        m_snapshot.isFrozen = command.isFrozen;
        publish();
    }
    void handle(const HoldCommand& command) {
        m_snapshot.areMultipliersHeld = command.isHeld;
        note("hold", command.isHeld ? "Multipliers held" : "Multipliers move again");
        publish();
    }
    void handle(const EvaluateCommand& command) {
        m_evaluation = command;
        m_stateBefore = m_snapshot.state;
        setState(SessionState::Evaluating, "Evaluating");
    }
    void handle(const CompareRunsCommand&) { throw Error("The fake session keeps no runs."); }
    void handle(const PolishCommand&) {
        note("polish", "Polished: 0 of 0 swaps kept");
        publish();
    }
    void handle(const CancelEvaluationCommand&) {
        if (m_snapshot.state == SessionState::Evaluating) setState(m_stateBefore, "Evaluation cancelled.");
    }

    /// True when the step fails, once each.
    bool failsNow() {
        if (const int next = m_snapshot.step + 1; next == m_options.failsAtStep) {
            m_options.failsAtStep = 0;
            m_snapshot.state = SessionState::Failed;
            refuse("The device failed: CUDA error: unspecified launch failure.");
        } else if (next == m_options.lacksMemoryAt) {
            m_options.lacksMemoryAt = 0;
            m_snapshot.state = SessionState::Paused;
            refuse("The memory does not hold one window; a new run with --context 256 should fit.");
        } else {
            return false;
        }
        return true;
    }

    void step() {
        std::this_thread::sleep_for(m_options.stepTime);
        if (failsNow()) return;
        ++m_snapshot.step;
        const double share = std::min(1.0, static_cast<double>(m_snapshot.step - m_rampBegin) / m_rampSteps);
        m_snapshot.scheduledTarget = m_rampFrom + share * (m_snapshot.target - m_rampFrom);
        const double error = m_snapshot.expectedSparsity - m_snapshot.scheduledTarget;
        if (!m_snapshot.areMultipliersHeld) m_snapshot.multiplier += 0.1 * error;
        if (!m_snapshot.isFrozen && !isHeld()) m_gates.move(m_snapshot.logAlpha, m_snapshot.scheduledTarget);
        m_snapshot.loss =
            2.9 + 1.1 * std::exp(-m_snapshot.step / 25.0) + 0.35 * m_snapshot.expectedSparsity + 0.03 * m_gates.noise();
        takePicture();
        m_channel.publish(HistoryPoint{m_snapshot.run, m_snapshot.step, m_snapshot.loss,
                                       m_snapshot.loss + m_snapshot.multiplier * error, m_snapshot.expectedSparsity,
                                       m_snapshot.scheduledTarget, m_snapshot.target, m_snapshot.multiplier, 0.2});
        ++m_publishedPoints;
        if (m_snapshot.step >= m_snapshot.stepCount) {
            note("done", "Finished");
            setState(SessionState::Finished, "Finished.");
        } else {
            publish();
        }
    }

    void evaluateSome() {
        std::this_thread::sleep_for(std::chrono::milliseconds(20));
        m_snapshot.progress = std::min(1.0, m_snapshot.progress + 0.1);
        if (m_snapshot.progress < 1.0) return publish();
        m_snapshot.comparison = fakeComparison(m_snapshot, m_evaluation);
        note("evaluate", "Compared layouts");
        setState(m_stateBefore);
    }

    [[nodiscard]] bool isHeld() const { return m_snapshot.config.mode == LearningMode::Recover; }

    [[nodiscard]] AttentionLayout layoutAt(double sparsity) const {
        if (isHeld()) return m_heldLayout;
        const UnitPins pins = unitPins(m_snapshot.pins, m_snapshot.grid);
        const int fullCount = nearestFullCount(pins, fullUnitsAtSparsity(m_snapshot.grid.unitCount(), sparsity));
        return roundGates(m_snapshot.grid, m_snapshot.logAlpha, fullCount, m_snapshot.config.scope, pins,
                          m_snapshot.config.seed);
    }

    void requireRoomFor(const std::vector<Pin>& pins) const {
        requireRoom(unitPins(pins, m_snapshot.grid),
                    fullUnitsAtSparsity(m_snapshot.grid.unitCount(), m_snapshot.target));
    }

    /// The budget to evaluate next, when the curve is wanted and there is time.
    [[nodiscard]] std::optional<double> idleCut() const {
        const bool isIdle = m_snapshot.state == SessionState::Paused || m_snapshot.state == SessionState::Finished;
        if (!m_wantsCutCurve || !isIdle || m_snapshot.logAlpha.empty()) return std::nullopt;
        return m_cuts.next(m_snapshot);
    }

    void addCutPoint(double sparsity) {
        std::this_thread::sleep_for(std::chrono::milliseconds(3));
        m_cuts.add(m_snapshot, sparsity, layoutAt(sparsity));
        publish();
    }

    void takePicture() {
        readGates(m_snapshot);
        m_snapshot.secondsPerStep = static_cast<double>(m_options.stepTime.count()) * 1e-6;
        m_snapshot.layout = layoutAt(m_snapshot.cut.value_or(m_snapshot.target));
    }

    void note(const std::string& kind, const std::string& text) {
        m_channel.publish(SessionEvent{m_snapshot.run, m_snapshot.step, kind, text});
    }
    void fail(const std::string& model) {
        m_snapshot.state = SessionState::Empty;
        refuse(model + " is cut short; download it again.");
    }
    void refuse(const std::string& sentence) {
        m_snapshot.message = sentence;
        m_snapshot.messageIsError = true;
        note("error", sentence);
        publish();
    }
    void setState(SessionState state, std::string message = {}) {
        m_snapshot.state = state;
        m_snapshot.message = std::move(message);
        m_snapshot.messageIsError = false;
        m_snapshot.progress = 0;
        publish();
    }
    void publish() { m_channel.publish(std::make_shared<const SessionSnapshot>(m_snapshot)); }

    Options m_options;
    SnapshotChannel m_channel;
    mutable std::mutex m_mutex;
    std::condition_variable_any m_wake;
    std::deque<SessionCommand> m_commands;
    std::vector<SessionCommand> m_posted;
    std::atomic<std::int64_t> m_publishedPoints = 0;

    SessionSnapshot m_snapshot;
    std::optional<SessionSnapshot> m_beforeTarget;
    SessionState m_stateBefore = SessionState::Empty;
    EvaluateCommand m_evaluation;
    AttentionLayout m_heldLayout;
    bool m_wantsCutCurve = false;
    FakeCuts m_cuts;
    FakeGates m_gates;
    double m_rampFrom = 0;
    int m_rampBegin = 0;
    int m_rampSteps = 1;
    int m_warmupSteps = 1;
    std::jthread m_thread;  // last: joined before what it uses goes
};

}  // namespace consa
