// The worker: takes commands between steps, trains and evaluates in turns, publishes what it sees.
#include "core/session/experiment_session.h"

#include "core/base/error.h"
#include "core/session/cut_curve.h"
#include "core/session/layout_evaluation.h"
#include "core/session/layout_polish.h"
#include "core/session/learning_run.h"
#include "core/session/opened_model.h"
#include "core/session/run_comparison.h"

#include <fmt/format.h>
#include <torch/utils.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <deque>
#include <mutex>
#include <stop_token>
#include <thread>

namespace consa {

namespace {

/// Thrown by the cancellation check; ends a step, a loading or an evaluation without a result.
struct Cancelled {};

constexpr auto kProgressInterval = std::chrono::milliseconds(50);

/// The constants of a run that is open but was not started: for evaluating.
TrainingConfig idleConfig(const OpenCommand& command, bool onGpu) {
    TrainingConfig config = defaultTrainingConfig(command.model, onGpu);
    config.model = command.model;
    config.corpus = command.corpus;
    config.device = command.device;
    config.text = command.text;
    return config;
}

/// Throws Error (BadInput) when the run would see a window of text twice.
void requireOneEpoch(const TokenCorpus& corpus, const TrainingConfig& config) {
    const auto windows = static_cast<std::int64_t>(corpus.windows(Split::Train, config.contextTokens).size());
    const std::int64_t wanted = std::int64_t{config.stepCount} * config.batchSize;
    if (wanted <= windows) return;
    throw Error(fmt::format(
        "--steps {} of --batch {} read {} windows of --context {}, but the texts hold {} to train "
        "on, so that weights would see text again: take at most {} steps, add text, or say "
        "--allow-repeats",
        config.stepCount, config.batchSize, wanted, config.contextTokens, windows, windows / config.batchSize));
}

/// What a change of pins amounts to, for people.
std::string pinSentence(const std::vector<Pin>& pins) {
    if (pins.empty()) return "No unit is pinned";
    const auto full = std::count_if(pins.begin(), pins.end(), [](const Pin& pin) { return pin.isFull; });
    return fmt::format("Pinned: {} full, {} sliding", full, static_cast<std::ptrdiff_t>(pins.size()) - full);
}

}  // namespace

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
    void handle(const RetargetCommand& command);
    void handle(const CutCommand& command);
    void handle(const PinCommand& command);
    void handle(const CutCurveCommand& command);
    void handle(const PauseCommand&);
    void handle(const ResumeCommand&);
    void handle(const StopCommand&);
    void handle(const FreezeCommand& command);
    void handle(const EvaluateCommand& command);
    void handle(const CompareRunsCommand& command);
    void handle(const PolishCommand& command);
    void handle(const CancelEvaluationCommand&) {}

    void open(const OpenCommand& command);
    void beginRun(const TrainingConfig& config, const std::optional<AttentionLayout>& layout);
    void trainOneStep();
    /// True when the cut curve is wanted and lacks a point.
    [[nodiscard]] bool hasIdleWork();
    void addCutPoint();
    void finishRun(const std::string& kind, const std::string& text);
    void saveRun();

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
    std::jthread m_thread;  // last: joined before anything it uses goes
};

namespace {

/// Commands that end the work in progress at once instead of waiting for it.
bool interrupts(const SessionCommand& command) {
    return std::holds_alternative<StopCommand>(command) || std::holds_alternative<OpenCommand>(command) ||
           std::holds_alternative<CancelEvaluationCommand>(command);
}

}  // namespace

void ExperimentSession::Worker::post(SessionCommand command) {
    {
        const std::scoped_lock lock(m_mutex);
        const bool coalesces =
            !m_commands.empty() && m_commands.back().index() == command.index() &&
            (std::holds_alternative<RetargetCommand>(command) || std::holds_alternative<CutCommand>(command));
        if (coalesces)
            m_commands.back() = std::move(command);
        else
            m_commands.push_back(std::move(command));
        if (interrupts(m_commands.back())) m_isInterrupted = true;
        m_hasCommands = true;
    }
    m_wake.notify_all();
}

void ExperimentSession::Worker::check() const {
    if (m_isInterrupted || m_stop.stop_requested()) throw Cancelled();
}

void ExperimentSession::Worker::run(const std::stop_token& stop) {
    m_stop = stop;
    // One core stays free: the window lives on, and compute threads that wait for each other are not held up by it.
    if (!std::getenv("OMP_NUM_THREADS")) torch::set_num_threads(std::max(1, torch::get_num_threads() - 1));
    while (!stop.stop_requested()) {
        takeCommands(stop);
        if (m_snapshot.state == SessionState::Training && !stop.stop_requested())
            guarded([this] { trainOneStep(); }, /*isStep=*/true);
        else if (!stop.stop_requested() && hasIdleWork())
            guarded([this] { addCutPoint(); });
    }
    // An unfinished run is left as a later resume wants it.
    if (m_snapshot.state == SessionState::Training || m_snapshot.state == SessionState::Paused)
        guarded([this] { saveRun(); });
    m_cutCurve.reset();
    m_learning.reset();
    m_opened.reset();
}

void ExperimentSession::Worker::takeCommands(const std::stop_token& stop) {
    while (true) {
        SessionCommand command;
        {
            std::unique_lock lock(m_mutex);
            if (m_commands.empty()) {
                m_isInterrupted = m_hasCommands = false;
                if (m_snapshot.state == SessionState::Training || hasIdleWork()) return;
                m_wake.wait(lock, stop, [this] { return !m_commands.empty(); });
            }
            if (stop.stop_requested()) return;
            command = std::move(m_commands.front());
            m_commands.pop_front();
            m_isInterrupted = std::any_of(m_commands.begin(), m_commands.end(), interrupts);
        }
        std::visit([this](const auto& one) { guarded([&] { handle(one); }); }, command);
    }
}

SessionState ExperimentSession::Worker::stateAfterError(SessionState before, bool isStep) const {
    if (isStep) return SessionState::Failed;
    if (!m_opened) return SessionState::Empty;
    return m_snapshot.state == SessionState::Loading ? SessionState::Ready : before;
}

template <typename Work>
void ExperimentSession::Worker::guarded(Work work, bool isStep) {
    const SessionState before = m_snapshot.state;
    try {
        work();
    } catch (const Cancelled&) {
        if (m_snapshot.state == SessionState::Evaluating) {
            note("cancel", "Evaluation cancelled; no figures were kept.");
            setState(before, "Evaluation cancelled.");
        } else if (m_snapshot.state == SessionState::Loading) {
            setState(m_opened ? SessionState::Ready : SessionState::Empty, "Loading cancelled.");
        }
    } catch (const Error& error) {
        fail(error.what(), error.kind(), stateAfterError(before, isStep));
    } catch (const c10::Error& error) {
        fail(std::string("The computation failed: ") + error.what_without_backtrace(), ErrorKind::RunFailed,
             stateAfterError(before, isStep));
    } catch (const std::exception& error) {
        fail(std::string("The work failed: ") + error.what(), ErrorKind::RunFailed, stateAfterError(before, isStep));
    }
}

void ExperimentSession::Worker::setState(SessionState state, std::string message) {
    m_snapshot.state = state;
    m_snapshot.message = std::move(message);
    m_snapshot.messageIsError = false;
    m_snapshot.progress = 0;
    publish();
}

void ExperimentSession::Worker::fail(const std::string& message, ErrorKind kind, SessionState state) {
    if (state == SessionState::Failed) {
        try {
            saveRun();
        } catch (const Error&) {  // the first error is the one to show
        }
    }
    m_snapshot.state = state;
    m_snapshot.message = message;
    m_snapshot.messageIsError = true;
    m_snapshot.errorKind = kind;
    m_snapshot.progress = 0;
    m_channel.publish(SessionEvent{m_snapshot.run, m_snapshot.step, "error", message});
    publish();
}

void ExperimentSession::Worker::note(const std::string& kind, const std::string& text) {
    SessionEvent event{m_snapshot.run, m_snapshot.step, kind, text};
    if (m_learning && m_learning->folder() != nullptr) m_learning->folder()->append(event);
    m_channel.publish(std::move(event));
}

void ExperimentSession::Worker::publish() {
    m_channel.publish(std::make_shared<const SessionSnapshot>(m_snapshot));
}

OpeningProgress ExperimentSession::Worker::progressReporter() {
    return [this, last = std::chrono::steady_clock::time_point{}](double share, const std::string& what) mutable {
        check();
        const auto now = std::chrono::steady_clock::now();
        if (now - last < kProgressInterval) return;
        last = now;
        m_snapshot.progress = share;
        m_snapshot.message = what;
        publish();
    };
}

void ExperimentSession::Worker::takePicture() {
    m_learning->describe(m_snapshot);
}

// Opening and starting.

void ExperimentSession::Worker::open(const OpenCommand& command) {
    if (m_opened && m_opened->isMadeFrom(command)) return;
    m_cutCurve.reset();
    m_learning.reset();
    const std::uint64_t run = m_snapshot.run;
    m_snapshot = {};
    m_snapshot.run = run;
    m_snapshot.modelPath = command.model;
    m_snapshot.corpusPaths = command.corpus;
    setState(SessionState::Loading, "Opening " + command.model);
    m_opened = nullptr;  // its memory is free before the next model's is asked for
    m_opened = std::make_unique<OpenedModel>(command, progressReporter());
    m_snapshot.model = m_opened->config();
    m_snapshot.corpus = m_opened->corpusSummary();
    m_snapshot.device = m_opened->deviceStatus();
    m_snapshot.config = idleConfig(command, m_snapshot.device.isGpu);
    m_snapshot.target = m_snapshot.config.target;
    m_snapshot.grid = m_opened->config().grid(Granularity::KvHead);
    note("open", m_snapshot.corpus->line);
    if (const std::string& warning = m_opened->corpus().warning(); !warning.empty()) note("warning", warning);
}

void ExperimentSession::Worker::handle(const OpenCommand& command) {
    if (m_snapshot.state == SessionState::Training || m_snapshot.state == SessionState::Paused)
        finishRun("stop", "Stopped to open another model");
    open(command);
    setState(SessionState::Ready, m_opened->config().name + " is open.");
}

void ExperimentSession::Worker::beginRun(const TrainingConfig& config, const std::optional<AttentionLayout>& layout) {
    m_cutCurve.reset();
    m_learning.reset();
    open({config.model, config.corpus, config.device, config.text});
    setState(SessionState::Loading, "Loading the weights");
    m_learning = std::make_unique<LearningRun>(*m_opened, config, layout, progressReporter());
    m_snapshot.cut.reset();
    m_snapshot.cutCurve = {};
    m_snapshot.comparison.reset();
    m_snapshot.isFrozen = false;
    m_snapshot.targetAppliedStep = 0;
    m_snapshot.runFolder.clear();
    ++m_snapshot.run;
}

void ExperimentSession::Worker::handle(const StartCommand& command) {
    if (m_snapshot.state == SessionState::Training || m_snapshot.state == SessionState::Paused)
        finishRun("stop", "Stopped for a new run");
    requireValid(command.config);
    if (!command.allowsRepeats) {
        open({command.config.model, command.config.corpus, command.config.device, command.config.text});
        requireOneEpoch(m_opened->corpus(), command.config);
    }
    beginRun(command.config, command.layout);
    if (!command.runFolder.empty()) {
        m_learning->createFolder(command.runFolder);
        m_snapshot.runFolder = command.runFolder;
    }
    takePicture();
    note("start", fmt::format("Training started towards {:.4g} % sparsity", 100 * command.config.target));
    setState(SessionState::Training);
}

void ExperimentSession::Worker::handle(const ResumeRunCommand& command) {
    RunFolder folder = RunFolder::open(command.runFolder);
    const TrainerState state = folder.loadCheckpoint();
    beginRun(folder.record().config, folder.loadHeldLayout());
    m_learning->restore(std::move(folder), state);
    m_snapshot.runFolder = command.runFolder;
    m_snapshot.isFrozen = state.isFrozen;
    m_snapshot.targetAppliedStep = static_cast<int>(state.ramp.beginStep);
    for (HistoryPoint point : m_learning->folder()->readHistory(state.step)) {
        point.run = m_snapshot.run;
        m_channel.publish(point);
    }
    takePicture();
    const bool isDone = m_snapshot.step >= m_snapshot.stepCount;
    if (!isDone) note("resume", fmt::format("Resumed from the checkpoint at step {}", m_snapshot.step));
    setState(isDone ? SessionState::Finished : SessionState::Training);
}

// Training and steering.

void ExperimentSession::Worker::trainOneStep() {
    const HistoryPoint point = m_learning->step(m_snapshot.run, [this] { check(); });
    m_snapshot.loss = point.loss;
    takePicture();
    m_channel.publish(point);
    if (m_snapshot.step >= m_snapshot.stepCount)
        finishRun("done", fmt::format("Finished after {} steps: {} of {} units full", m_snapshot.step,
                                      m_snapshot.layout.fullCount(), m_snapshot.grid.unitCount()));
    else
        publish();
}

void ExperimentSession::Worker::saveRun() {
    if (m_learning) m_learning->save(m_snapshot);
}

void ExperimentSession::Worker::finishRun(const std::string& kind, const std::string& text) {
    saveRun();
    note(kind, text);
    setState(SessionState::Finished, text + ".");
}

void ExperimentSession::Worker::handle(const RetargetCommand& command) {
    if (m_learning && m_learning->trainer().config().mode == LearningMode::Recover)
        throw Error("This run holds a fixed layout; start a run that learns gates to move a target.");
    if (command.target < 0 || command.target > 1)
        throw Error(fmt::format("The target {:.4g} lies outside 0..1; give the share of units that may slide.",
                                command.target));
    const int ramp = command.rampSteps.value_or(m_snapshot.config.rampSteps);
    if (m_learning) m_learning->trainer().retarget(command.target, ramp);
    m_snapshot.target = command.target;
    m_snapshot.config.target = command.target;
    if (!m_learning) return publish();
    m_snapshot.targetAppliedStep = m_snapshot.step;
    if (m_snapshot.state == SessionState::Finished) {
        m_snapshot.state = SessionState::Training;
        m_snapshot.message.clear();
    }
    takePicture();
    note("retarget", fmt::format("Target set to {:.4g} %, reached in {} steps", 100 * command.target, ramp));
    publish();
}

void ExperimentSession::Worker::handle(const CutCommand& command) {
    m_snapshot.cut = command.sparsity;
    if (m_learning) takePicture();
    publish();
}

void ExperimentSession::Worker::handle(const PinCommand& command) {
    if (!m_learning) throw Error("Nothing is learned yet; start a run to pin its units.");
    if (m_learning->trainer().config().mode == LearningMode::Recover)
        throw Error("This run holds a fixed layout; start a run that learns gates to pin units.");
    m_learning->trainer().setPins(command.pins);
    m_snapshot.cutCurve = {};
    takePicture();
    note("pin", pinSentence(command.pins));
    publish();
}

void ExperimentSession::Worker::handle(const CutCurveCommand& command) {
    m_wantsCutCurve = command.isWanted;
}

bool ExperimentSession::Worker::hasIdleWork() {
    const bool isIdle = m_snapshot.state == SessionState::Paused || m_snapshot.state == SessionState::Finished;
    if (!m_wantsCutCurve || !isIdle || !m_learning) return false;
    if (m_learning->trainer().config().mode == LearningMode::Recover) return false;  // there is one layout only
    return !m_cutCurve || m_cutCurve->hasWork(m_snapshot.cutCurve, m_snapshot.step, m_snapshot.cut);
}

void ExperimentSession::Worker::addCutPoint() {
    try {
        if (!m_cutCurve)
            m_cutCurve = std::make_unique<CutCurveEvaluator>(m_learning->model(), m_opened->corpus(),
                                                             m_learning->trainer().config());
        const double sparsity = m_cutCurve->nextSparsity(m_snapshot.cutCurve, m_snapshot.step, m_snapshot.cut);
        m_cutCurve->addPoint(m_snapshot.cutCurve, m_snapshot.step, sparsity, m_learning->trainer().layoutAt(sparsity),
                             [this] {
                                 if (m_hasCommands || m_stop.stop_requested()) throw Cancelled();
                             });
    } catch (const Error&) {  // texts too short, or no memory: the curve is a courtesy, the run goes on without
        m_wantsCutCurve = false;
    }
    publish();
}

void ExperimentSession::Worker::handle(const PauseCommand&) {
    if (m_snapshot.state != SessionState::Training) return;
    saveRun();
    note("pause", "Paused");
    setState(SessionState::Paused);
}

void ExperimentSession::Worker::handle(const ResumeCommand&) {
    if (m_snapshot.state != SessionState::Paused) return;
    note("resume", "Training goes on");
    setState(SessionState::Training);
}

void ExperimentSession::Worker::handle(const StopCommand&) {
    if (m_snapshot.state != SessionState::Training && m_snapshot.state != SessionState::Paused) return;
    finishRun("stop", fmt::format("Stopped at step {}", m_snapshot.step));
}

void ExperimentSession::Worker::handle(const FreezeCommand& command) {
    m_snapshot.isFrozen = command.isFrozen;
    if (m_learning) {
        m_learning->trainer().setFrozen(command.isFrozen);
        note("freeze", command.isFrozen ? "Gates frozen" : "Gates move again");
    }
    publish();
}

void ExperimentSession::Worker::handle(const EvaluateCommand& command) {
    if (!m_opened) throw Error("Nothing is open yet; open a model to compare layouts.");
    const SessionState before = m_snapshot.state;
    std::optional<LearnedCut> learned;
    if (m_learning)
        learned = LearnedCut{m_snapshot.layout, m_snapshot.step,
                             [this](int fullUnits) { return m_learning->trainer().gates().layoutOf(fullUnits); }};
    const std::vector<EvaluatedLayout> layouts =
        layoutsToEvaluate(command, m_snapshot.grid, m_snapshot.target, learned);
    setState(SessionState::Evaluating, "Evaluating");
    try {
        Comparison comparison =
            evaluateLayouts(*m_opened, m_learning.get(), command, layouts, m_snapshot.config, progressReporter());
        comparison.atStep = learned ? learned->step : 0;
        if (m_learning && m_learning->folder() != nullptr) m_learning->folder()->saveComparison(comparison);
        m_snapshot.comparison = std::move(comparison);
    } catch (const std::exception&) {
        m_snapshot.state = before;
        throw;
    }
    note("evaluate", fmt::format("Compared {} layouts on the {} text", layouts.size(), command.split));
    setState(before);
}

void ExperimentSession::Worker::handle(const CompareRunsCommand& command) {
    if (!m_opened) throw Error("Nothing is open yet; open a model to compare its runs.");
    const SessionState before = m_snapshot.state;
    setState(SessionState::Evaluating, "Evaluating");
    try {
        m_snapshot.comparison = compareRuns(*m_opened, command, progressReporter());
    } catch (const std::exception&) {
        m_snapshot.state = before;
        throw;
    }
    note("evaluate", fmt::format("Compared {} runs on the {} text", command.runFolders.size(), command.split));
    setState(before);
}

void ExperimentSession::Worker::handle(const PolishCommand& command) {
    const SessionState before = m_snapshot.state;
    if (!m_learning || (before != SessionState::Paused && before != SessionState::Finished))
        throw Error("Nothing to polish; pause or finish a run first.");
    setState(SessionState::Evaluating, "Polishing");
    SwapResult result;
    try {
        result = polishLayout(*m_learning, m_opened->corpus(), command.trials, progressReporter());
    } catch (const std::exception&) {
        m_snapshot.state = before;
        throw;
    }
    m_snapshot.cutCurve = {};
    takePicture();
    saveRun();
    note("polish", sentence(result));
    setState(before);
}

ExperimentSession::ExperimentSession() : m_worker(std::make_unique<Worker>()) {}
ExperimentSession::~ExperimentSession() = default;

void ExperimentSession::post(SessionCommand command) {
    m_worker->post(std::move(command));
}

SnapshotChannel& ExperimentSession::channel() {
    return m_worker->channel();
}

}  // namespace consa
