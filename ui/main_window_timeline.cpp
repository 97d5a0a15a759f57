// What the window does with the steps of a run: those of the session, and those that a run's folder keeps.
#include "ui/main_window.h"
#include "ui/models/gate_record.h"
#include "ui/models/log_model.h"
#include "ui/session/kept_gates.h"
#include "ui/session/run_follower.h"
#include "ui/views/heatmap_panel.h"
#include "ui/views/status_strip.h"
#include "ui/views/timeline_strip.h"

#include <QFileInfo>
#include <utility>

namespace consa {

void MainWindow::connectTimeline() {
    TimelineStrip& timeline = m_heatmapPanel->timeline();
    connect(&timeline, &TimelineStrip::liveRequested, this, &MainWindow::showLatestStep);
    connect(&timeline, &TimelineStrip::frameRequested, this, &MainWindow::showStep);
    connect(m_pastGates, &KeptGates::arrived, this,
            [this](const SessionSnapshot& run, const std::vector<GateFrame>& frames) {
                m_record->addPast(run.runFolder, frames);
            });
    connect(m_openedGates, &KeptGates::arrived, this, &MainWindow::addOpenedSteps);
    for (KeptGates* gates : {m_pastGates, m_openedGates})
        connect(gates, &KeptGates::problemOccurred, this, [this](const QString& text) {
            m_log->add(LogLevel::Warning, text);
            m_status->setProblemCount(m_log->problemCount());
        });
}

/// A run that was resumed or forked has steps from before this session, once for each run.
void MainWindow::recordGates(const SessionSnapshot& snapshot) {
    m_record->setSnapshot(snapshot);
    const int firstStep = m_record->firstStep().value_or(0);
    if (firstStep == 0 || snapshot.runFolder.empty() || std::exchange(m_pastRun, snapshot.run) == snapshot.run) return;
    m_pastGates->readPast(QString::fromStdString(snapshot.runFolder), firstStep);
}

void MainWindow::showStep(std::size_t frame) {
    const LayoutFile then = m_record->layoutAt(frame);
    const int step = then.provenance.step;
    showLayout(then, m_openedRun.isEmpty() ? tr("step %1 of this run").arg(step)
                                           : tr("step %1 of run %2").arg(step).arg(QFileInfo(m_openedRun).fileName()));
}

void MainWindow::showLatestStep() {
    if (m_openedRun.isEmpty()) return showSessionAgain();
    if (m_openedLayout.layout.grid.unitCount() > 0) showLayout(m_openedLayout, QFileInfo(m_openedRun).fileName());
}

void MainWindow::showOpenedRun(const QString& folder, const LayoutFile& latest, bool isGoingOn) {
    showSessionAgain();  // of another run that was on show
    m_openedRun = folder;
    m_openedLayout = latest;
    m_record->showSaved({}, {});
    showLatestStep();
    if (isGoingOn) return m_openedGates->follow(folder);
    m_openedGates->readAll(folder);
}

void MainWindow::addOpenedSteps(const SessionSnapshot& run, const std::vector<GateFrame>& frames) {
    if (m_openedRun.toStdString() != run.runFolder) return;
    m_record->showSaved(run, frames);
    // A run that was cut off has a checkpoint but no layout yet; one that goes on has come further than its layout.
    const bool hasLayout = m_openedLayout.layout.grid.unitCount() > 0;
    const bool isBehind = !frames.empty() && (!hasLayout || m_follower->isFollowing() ||
                                              m_openedLayout.provenance.step < frames.back().step);
    if (isBehind) m_openedLayout = m_record->layoutAt(frames.size() - 1);
    if (isBehind && m_heatmapPanel->timeline().isLive()) showLatestStep();
    enableForks(m_controller->snapshot());
}

}  // namespace consa
