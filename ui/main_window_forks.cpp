// What the window does with the kept states of a run: forks it, takes it back; and freezes gates, holds multipliers.
#include "ui/main_window.h"
#include "ui/models/gate_record.h"
#include "ui/session/target_edits.h"
#include "ui/views/heatmap_panel.h"
#include "ui/views/message_bar.h"
#include "ui/views/steering_panel.h"
#include "ui/views/timeline_strip.h"
#include "ui/window_actions.h"

#include <QAction>
#include <utility>

namespace consa {

void MainWindow::connectForks() {
    connect(m_actions->freeze, &QAction::triggered, this,
            [this](bool isOn) { m_controller->post(FreezeCommand{isOn}); });
    connect(m_actions->hold, &QAction::triggered, this, [this](bool isOn) { m_controller->post(HoldCommand{isOn}); });
    connect(m_actions->goBack, &QAction::triggered, this,
            [this] { m_controller->post(RewindCommand{m_controller->snapshot().targetAppliedStep}); });
    connect(m_actions->fork, &QAction::triggered, &m_heatmapPanel->timeline(), &TimelineStrip::requestFork);
    connect(&m_heatmapPanel->timeline(), &TimelineStrip::forkRequested, this, &MainWindow::forkRun);
}

void MainWindow::showForks(const SessionSnapshot& snapshot) {
    if (std::exchange(m_rewindCount, snapshot.rewindCount) < snapshot.rewindCount) {
        m_plan.setTarget(snapshot.target);
        m_steering->dropPendingTarget();
        m_targets->goBackTo(snapshot.target);
        showSessionAgain();
    }
    const bool learnsGates = !snapshot.logAlpha.empty() && snapshot.config.mode != LearningMode::Recover;
    const bool hasMultipliers = learnsGates && snapshot.config.method == GateMethod::Consa;
    m_actions->freeze->setEnabled(isRunGoingOn());
    m_actions->freeze->setChecked(snapshot.isFrozen);
    m_actions->hold->setEnabled(isRunGoingOn() && hasMultipliers);
    m_actions->hold->setChecked(snapshot.areMultipliersHeld);
    enableForks(snapshot);
}

/// A saved run on show is forked by its folder, and begins with the model and texts that it names.
void MainWindow::enableForks(const SessionSnapshot& snapshot) {
    const bool isAtWork = snapshot.state == SessionState::Loading || snapshot.state == SessionState::Evaluating;
    const bool keepsStates =
        !snapshot.logAlpha.empty() && snapshot.config.mode == LearningMode::Gates && !snapshot.runFolder.empty();
    const bool isSaved = m_record->isShowingSaved();
    const bool hasStates = isSaved ? !m_record->frames().empty() : keepsStates;
    m_actions->goBack->setEnabled(keepsStates && !isSaved && !isAtWork && snapshot.targetAppliedStep > 0);
    m_actions->fork->setEnabled(hasStates && !isAtWork);
    m_heatmapPanel->timeline().setForkable(hasStates && !isAtWork,
                                           hasStates ? tr("Wait until the work in progress is done")
                                                     : tr("The weights of this run train: it keeps no earlier states "
                                                          "to begin from"));
}

void MainWindow::forkRun(int step) {
    if (!m_actions->fork->isEnabled()) return;
    const std::string source = m_openedRun.isEmpty() ? m_controller->snapshot().runFolder : m_openedRun.toStdString();
    m_messages->hide();
    showSessionAgain();
    m_controller->post(ForkRunCommand{source, step, m_plan.unusedRunFolder()});
}

}  // namespace consa
