// What the session does about runs: opening, starting, training, steering, stopping.
#include "core/base/error.h"
#include "core/session/session_worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <thread>

namespace consa {

namespace {

constexpr int kSecondsForTheDisk = 60;  // how long the end of a run waits for room (taste)

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

/// Throws Error (BadInput) when the run to be repeated was made with something else.
void requireSame(const OpenedModel& opened, const Replay& replay) {
    if (opened.modelFingerprint() != replay.modelFingerprint)
        throw Error("The run was made with another version of its model; put that file back to repeat it.");
    if (opened.corpus().fingerprint() != replay.corpusFingerprint)
        throw Error("The run was made on other texts; put them back to repeat it.");
}

/// What a change of pins amounts to, for people.
std::string pinSentence(const std::vector<Pin>& pins) {
    if (pins.empty()) return "No unit is pinned";
    const auto full = std::count_if(pins.begin(), pins.end(), [](const Pin& pin) { return pin.isFull; });
    return fmt::format("Pinned: {} full, {} sliding", full, static_cast<std::ptrdiff_t>(pins.size()) - full);
}

}  // namespace

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
    m_replay.reset();
    open({config.model, config.corpus, config.device, config.text});
    setState(SessionState::Loading, "Loading the weights");
    m_learning = std::make_unique<LearningRun>(*m_opened, config, layout, progressReporter());
    m_snapshot.cut.reset();
    m_snapshot.cutCurve = {};
    m_snapshot.comparison.reset();
    m_snapshot.isFrozen = m_snapshot.areMultipliersHeld = false;
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
    if (command.replay) requireSame(*m_opened, *command.replay);
    if (!command.runFolder.empty()) {
        m_learning->createFolder(command.runFolder, command.numbersFolder);
        m_snapshot.runFolder = m_learning->keeper()->folder().path().string();
    }
    m_replay = command.replay;
    applyReplay();
    takePicture();
    note("start", fmt::format("Training started towards {:.4g} % sparsity", 100 * command.config.target));
    if (m_learning->keeper() != nullptr && m_learning->movesWeights())
        note("note", "No states are kept to fork from or go back to, for the weights of this run train");
    setState(SessionState::Training);
}

void ExperimentSession::Worker::handle(const ResumeRunCommand& command) {
    RunFolder folder = RunFolder::open(command.runFolder);
    const TrainerState state = folder.loadCheckpoint();  // refused before another run is let go
    beginRun(folder.record().config, folder.loadHeldLayout());
    m_learning->restore(std::move(folder));
    m_snapshot.runFolder = command.runFolder;
    m_snapshot.targetAppliedStep = static_cast<int>(state.ramp.beginStep);
    publishHistory();
    takePicture();
    const bool isDone = m_snapshot.step >= m_snapshot.stepCount;
    if (!isDone) note("resume", fmt::format("Resumed from the checkpoint at step {}", m_snapshot.step));
    if (isDone) saveRun();  // a crash between the last checkpoint and the layout's file left it out
    setState(isDone ? SessionState::Finished : SessionState::Training);
}

void ExperimentSession::Worker::publishHistory() {
    for (HistoryPoint point : m_learning->keeper()->folder().readHistory(m_learning->trainer().stepsDone())) {
        point.run = m_snapshot.run;
        m_channel.publish(point);
    }
}

// Training and steering.

void ExperimentSession::Worker::trainOneStep() {
    const HistoryPoint point = m_learning->step(m_snapshot.run, [this] { check(); });
    m_snapshot.loss = point.loss;
    applyReplay();
    takePicture();
    m_channel.publish(point);
    tellNews();
    const bool isReplayed = m_replay && m_snapshot.step >= m_replay->endStep && m_snapshot.step < m_snapshot.stepCount;
    if (isReplayed)
        finishRun("stop", fmt::format("Repeated up to step {}, where the other run stands", m_snapshot.step));
    else if (m_snapshot.step >= m_snapshot.stepCount)
        finishRun("done", fmt::format("Finished after {} steps: {} of {} units full", m_snapshot.step,
                                      m_snapshot.layout.fullCount(), m_snapshot.grid.unitCount()));
    else
        publish();
}

void ExperimentSession::Worker::saveRun() {
    if (m_learning) m_learning->save(m_snapshot);
    tellNews();
}

void ExperimentSession::Worker::waitUntilSaved() {
    RunKeeper* keeper = m_learning ? m_learning->keeper() : nullptr;
    if (keeper == nullptr) return;
    for (int second = 0; second < kSecondsForTheDisk && !keeper->isSaved(); ++second) {
        m_snapshot.message = "Waiting for room on the disk: " + keeper->problem();
        publish();
        std::this_thread::sleep_for(std::chrono::seconds(1));
        if (m_stop.stop_requested()) break;
        saveRun();
    }
    if (!keeper->isSaved())
        throw Error(keeper->problem() + "; the run's last good checkpoint is kept, go on from it with --resume",
                    ErrorKind::RunFailed);
}

void ExperimentSession::Worker::tellNews() {
    if (!m_learning || m_learning->keeper() == nullptr) return;
    if (const auto news = m_learning->keeper()->takeNews()) note("warning", *news);
}

void ExperimentSession::Worker::finishRun(const std::string& kind, const std::string& text) {
    saveRun();
    waitUntilSaved();
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
    if (m_learning) m_learning->keepState();
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
    noteSteering({m_snapshot.step, SteeredTarget{command.target, ramp}}, "retarget",
                 fmt::format("Target set to {:.4g} %, reached in {} steps", 100 * command.target, ramp));
    publish();
}

void ExperimentSession::Worker::noteSteering(const SteeringMove& move, const std::string& kind,
                                             const std::string& text) {
    SessionEvent event{m_snapshot.run, m_snapshot.step, kind, text};
    m_learning->steer(move, event);
    m_channel.publish(std::move(event));
    tellNews();
}

void ExperimentSession::Worker::apply(const SteeringMove& move) {
    if (const auto* target = std::get_if<SteeredTarget>(&move.change))
        handle(RetargetCommand{target->target, target->rampSteps});
    if (const auto* pins = std::get_if<SteeredPins>(&move.change)) handle(PinCommand{pins->pins});
    if (const auto* freeze = std::get_if<SteeredFreeze>(&move.change)) handle(FreezeCommand{freeze->isFrozen});
    if (const auto* hold = std::get_if<SteeredHold>(&move.change)) handle(HoldCommand{hold->isHeld});
}

void ExperimentSession::Worker::applyReplay() {
    while (m_replay && !m_replay->steering.empty() &&
           m_replay->steering.front().step <= m_learning->trainer().stepsDone()) {
        const SteeringMove move = m_replay->steering.front();
        m_replay->steering.erase(m_replay->steering.begin());
        m_snapshot.step = static_cast<int>(m_learning->trainer().stepsDone());
        apply(move);
    }
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
    m_learning->keepState();
    m_learning->trainer().setPins(command.pins);
    m_snapshot.cutCurve = {};
    takePicture();
    noteSteering({m_snapshot.step, SteeredPins{command.pins}}, "pin", pinSentence(command.pins));
    publish();
}

void ExperimentSession::Worker::handle(const CutCurveCommand& command) {
    m_wantsCutCurve = command.isWanted;
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
        m_learning->keepState();
        m_learning->trainer().setFrozen(command.isFrozen);
        noteSteering({m_learning->trainer().stepsDone(), SteeredFreeze{command.isFrozen}}, "freeze",
                     command.isFrozen ? "Gates frozen" : "Gates move again");
    }
    publish();
}

}  // namespace consa
