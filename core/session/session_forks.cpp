// What the session does with kept states: forks a run, takes one back; and holds multipliers.
#include "core/base/error.h"
#include "core/base/folder_content.h"
#include "core/session/session_worker.h"

#include <fmt/format.h>

#include <filesystem>
#include <system_error>

namespace consa {

namespace {

/// "at step 40", with the step that was asked for where that one is not kept.
std::string placeOf(std::int64_t kept, std::int64_t asked) {
    if (kept == asked) return fmt::format("at step {}", kept);
    return fmt::format("at step {}, the last kept before step {}", kept, asked);
}

}  // namespace

void ExperimentSession::Worker::handle(const ForkRunCommand& command) {
    std::error_code code;
    if (std::filesystem::equivalent(command.source, m_snapshot.runFolder, code)) saveRun();  // up to this step
    const RunFolder source = RunFolder::open(command.source);
    source.requireStep(command.step);
    const RunCheckpoint kept = source.keptStateAt(command.step);  // refused before another run is let go
    if (command.target && !(*command.target >= 0 && *command.target <= 1))
        throw Error(fmt::format("The target {:.4g} lies outside 0..1; give the share of units that may slide.",
                                *command.target));
    if (m_snapshot.state == SessionState::Training || m_snapshot.state == SessionState::Paused)
        finishRun("stop", "Stopped for a fork");
    beginRun(source.record().config, std::nullopt);
    m_learning->fork(source, kept, command.runFolder);
    m_snapshot.runFolder = command.runFolder;
    m_snapshot.targetAppliedStep = static_cast<int>(kept.state.ramp.beginStep);
    publishHistory();
    takePicture();
    const std::string name = m_learning->keeper()->folder().record().forkedFrom->run;
    note("fork", fmt::format("Forked from {} {}", name, placeOf(kept.state.step, command.step)));
    try {
        if (command.target) handle(RetargetCommand{*command.target, command.rampSteps});
        if (command.pins) handle(PinCommand{*command.pins});
    } catch (const Error&) {  // there is no such fork: its folder goes, so that the name is free again
        m_cutCurve.reset();
        m_learning.reset();
        m_snapshot.runFolder.clear();
        removeFolder(command.runFolder);
        setState(SessionState::Ready);
        throw;
    }
    const bool isDone = m_snapshot.step >= m_snapshot.stepCount;
    if (isDone) saveRun();
    setState(isDone ? SessionState::Finished : SessionState::Training);
}

void ExperimentSession::Worker::handle(const RewindCommand& command) {
    if (!m_learning) throw Error("Nothing is learned yet; there is no step to go back to.");
    if (m_learning->keeper() == nullptr) throw Error("This run is kept in no folder and has no step to go back to.");
    const RunCheckpoint kept = m_learning->keeper()->folder().keptStateAt(command.step);
    m_replay.reset();
    SessionEvent event{m_snapshot.run, static_cast<int>(kept.state.step), "rewind",
                       fmt::format("Back to step {} from step {}", kept.state.step, m_snapshot.step)};
    m_learning->rewind(kept, event);
    m_snapshot.targetAppliedStep = static_cast<int>(kept.state.ramp.beginStep);
    m_snapshot.cutCurve = {};
    ++m_snapshot.rewindCount;
    publishHistory();  // a step that comes again drops what followed it
    takePicture();
    m_channel.publish(std::move(event));
    saveRun();
    setState(m_snapshot.state == SessionState::Training ? SessionState::Training : SessionState::Paused);
}

void ExperimentSession::Worker::handle(const HoldCommand& command) {
    if (!m_learning) throw Error("Nothing is learned yet; start a run to hold its multipliers.");
    const TrainingConfig& config = m_learning->trainer().config();
    if (config.mode == LearningMode::Recover || config.method != GateMethod::Consa)
        throw Error("This run has no multipliers to hold; start one that learns gates with --method consa.");
    m_learning->keepState();
    m_learning->trainer().setMultipliersHeld(command.isHeld);
    takePicture();
    noteSteering({m_learning->trainer().stepsDone(), SteeredHold{command.isHeld}}, "hold",
                 command.isHeld ? "Multipliers held" : "Multipliers move again");
    publish();
}

}  // namespace consa
