// Kept states as frames of the timeline.
#include "ui/session/kept_gates.h"

#include "core/base/error.h"
#include "core/session/run_folder.h"

#include <QElapsedTimer>
#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace consa {

namespace {

constexpr int kTurnMilliseconds = 10;  // a third of what the window takes between two pictures

/// The folder of a run that keeps states; nothing for other runs and folders.
std::optional<RunFolder> openKeeping(const QString& folder) {
    try {
        RunFolder run = RunFolder::open(folder.toStdString());
        if (run.record().config.mode == LearningMode::Gates) return run;
    } catch (const Error&) {  // who opens or resumes the run is told why it can't be read
    }
    return std::nullopt;
}

SessionSnapshot describe(const QString& folder, const RunRecord& record) {
    SessionSnapshot run;
    run.model = record.model;
    run.config = record.config;
    run.runFolder = folder.toStdString();
    run.stepCount = record.config.stepCount;
    run.grid = record.model.grid(record.config.granularity);
    return run;
}

}  // namespace

KeptGates::KeptGates(QObject* parent) : QObject(parent) {
    m_turn.setInterval(0);
    connect(&m_turn, &QTimer::timeout, this, &KeptGates::readSome);
}

void KeptGates::readPast(const QString& folder, int endStep) {
    begin(folder);
    const std::optional<RunFolder> run = openKeeping(folder);
    if (!run) return;
    m_run = describe(folder, run->record());
    for (const std::int64_t step : run->states().steps())
        if (step < endStep) m_waiting.push_back(step);
    std::reverse(m_waiting.begin(), m_waiting.end());
    if (!m_waiting.empty()) readSome();
}

void KeptGates::readAll(const QString& folder) {
    readAll(folder, false);
}

void KeptGates::follow(const QString& folder) {
    readAll(folder, true);
}

void KeptGates::readAll(const QString& folder, bool isGoingOn) {
    begin(folder);
    m_isFollowing = isGoingOn;
    const std::optional<RunFolder> run = openKeeping(folder);
    if (!run) return finish();
    m_run = describe(folder, run->record());
    m_waiting = run->states().steps();
    try {
        const TrainerState now = run->loadCheckpoint();
        const bool isLatest = !isGoingOn || m_waiting.empty() || m_waiting.back() < now.step;
        if (isLatest) add(now);
        m_latest = std::exchange(m_frames, {});
        // Later states were kept just before a crash; the run goes on from its checkpoint.
        if (isLatest) std::erase_if(m_waiting, [&now](std::int64_t step) { return step >= now.step; });
    } catch (const Error& error) {
        if (!isGoingOn && !m_waiting.empty()) complain(error.what());
        if (!isGoingOn) m_waiting.clear();  // one that goes on has no checkpoint in its first minute
    }
    std::reverse(m_waiting.begin(), m_waiting.end());
    readSome();
}

void KeptGates::readMore() {
    if (!m_isFollowing || m_turn.isActive() || m_run.grid.unitCount() == 0) return;
    const int last = m_frames.empty() ? -1 : m_frames.back().step;
    for (const std::int64_t step : KeptStates(m_run.runFolder).steps())
        if (step > last) m_waiting.push_back(step);
    if (m_waiting.empty()) return;
    std::reverse(m_waiting.begin(), m_waiting.end());
    readSome();
}

void KeptGates::begin(const QString& folder) {
    stop();
    m_run = {};
    m_run.runFolder = folder.toStdString();
    m_frames.clear();
    m_latest.clear();
    m_hasComplained = false;
}

void KeptGates::stop() {
    m_isFollowing = false;
    rest();
}

void KeptGates::rest() {
    m_turn.stop();
    m_waiting.clear();
}

void KeptGates::readSome() {
    const KeptStates states(m_run.runFolder);
    QElapsedTimer turn;
    turn.start();
    while (!m_waiting.empty() && !turn.hasExpired(kTurnMilliseconds)) {
        const std::int64_t step = m_waiting.back();
        m_waiting.pop_back();
        try {
            const RunCheckpoint kept = states.at(step);
            if (kept.state.step == step) add(kept.state);  // else the run dropped it meanwhile
        } catch (const Error& error) {
            complain(error.what());
        }
    }
    if (m_waiting.empty()) return finish();
    m_turn.start();
}

void KeptGates::finish() {
    rest();
    m_frames.insert(m_frames.end(), m_latest.begin(), m_latest.end());
    m_latest.clear();
    emit arrived(m_run, m_frames);
}

void KeptGates::add(const TrainerState& state) {
    const std::vector<double>& gates = state.gates.logAlpha;
    if (gates.size() != static_cast<std::size_t>(m_run.grid.unitCount()))
        return complain(tr("%1 holds gates of another shape than its model's")
                            .arg(QString::fromStdString(m_run.runFolder))
                            .toStdString());
    m_frames.push_back(
        {static_cast<int>(state.step), state.ramp.target, std::vector<float>(gates.begin(), gates.end()), state.pins});
}

void KeptGates::complain(const std::string& text) {
    if (!std::exchange(m_hasComplained, true))
        emit problemOccurred(tr("The timeline leaves out a step: %1").arg(QString::fromStdString(text)));
}

}  // namespace consa
