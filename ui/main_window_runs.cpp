// What the window does with run folders and the log: looks at runs, follows and resumes them, lays their curves over
// each other; keeps what happened.
#include "core/base/error.h"
#include "ui/dock_area.h"
#include "ui/main_window.h"
#include "ui/models/log_model.h"
#include "ui/models/run_history.h"
#include "ui/models/run_list_model.h"
#include "ui/session/kept_gates.h"
#include "ui/session/run_follower.h"
#include "ui/session/saved_run.h"
#include "ui/views/history_chart.h"
#include "ui/views/log_panel.h"
#include "ui/views/message_bar.h"
#include "ui/views/run_panel.h"
#include "ui/views/status_strip.h"
#include "ui/window_actions.h"

#include <QFileInfo>
#include <QSettings>

namespace consa {

void MainWindow::connectRuns() {
    connect(m_runPanel, &RunPanel::openRequested, this, &MainWindow::openPath);
    connect(m_runPanel, &RunPanel::resumeRequested, this, &MainWindow::resumeRun);
    connect(m_runPanel, &RunPanel::noteOccurred, m_status, &StatusStrip::showNote);
    connect(m_runPanel, &RunPanel::problemOccurred, m_messages, &MessageBar::showError);
    connect(m_runs, &RunListModel::overlaysChanged, this, &MainWindow::overlayRuns);
    connect(m_follower, &RunFollower::linesArrived, m_history, &RunHistory::extendSaved);
    connect(m_follower, &RunFollower::linesArrived, m_openedGates, &KeptGates::readMore);
    connect(m_follower, &RunFollower::wentBack, this, [this] { m_openedGates->follow(m_follower->folder()); });
    connect(m_follower, &RunFollower::ended, this, [this] { openPath(m_follower->folder()); });
}

void MainWindow::connectLog() {
    connect(m_messages, &MessageBar::messageShown, this, [this](MessageBar::Severity severity, const QString& text) {
        const LogLevel level = severity == MessageBar::Severity::Error     ? LogLevel::Problem
                               : severity == MessageBar::Severity::Warning ? LogLevel::Warning
                                                                           : LogLevel::Note;
        m_log->add(level, text);
        m_status->setProblemCount(m_log->problemCount());
    });
    connect(m_status, &StatusStrip::problemsRequested, this, [this] {
        m_logPanel->showProblems();
        m_docks->showTab(m_logPanel);
    });
    connect(m_logPanel, &LogPanel::noteOccurred, m_status, &StatusStrip::showNote);
}

void MainWindow::openRun(const QString& folder) {
    if (isRunGoingOn()) {
        m_messages->showMessage(MessageBar::Severity::Warning,
                                tr("A run is going on; stop it (Ctrl+.) to look at another."));
        return;
    }
    const SavedRun run = readSavedRun(folder);
    const bool isGoingOn = readRunSummary(folder).fate == RunFate::GoingOn;
    showOpenedRun(folder, run.layout, isGoingOn);
    m_history->showSaved(run.points, run.events);
    describeCurves(run.config, run.config.stepCount);
    m_messages->hide();
    if (isGoingOn) return followRun(folder);
    m_messages->showMessage(
        MessageBar::Severity::Note,
        tr("Run %1: step %2 of %3.").arg(QFileInfo(folder).fileName()).arg(run.stepsDone()).arg(run.config.stepCount),
        tr("Resume"), [this, folder] { resumeRun(folder); });
}

void MainWindow::resumeRun(const QString& folder) {
    if (isRunGoingOn()) {
        m_messages->showMessage(MessageBar::Severity::Warning,
                                tr("A run is going on; stop it (Ctrl+.) to resume another."));
        return;
    }
    m_messages->hide();
    showSessionAgain();
    m_controller->post(ResumeRunCommand{folder.toStdString()});
}

void MainWindow::followRun(const QString& folder) {
    m_follower->follow(folder);
    m_messages->showMessage(
        MessageBar::Severity::Note,
        tr("Run %1 goes on in another program; its curves are followed.").arg(QFileInfo(folder).fileName()),
        tr("Stop following"), [this] { stopFollowing(); });
}

/// What was read until now stays on show.
void MainWindow::stopFollowing() {
    m_follower->stop();
    m_openedGates->stop();
}

void MainWindow::overlayRuns() {
    std::vector<CurveOverlay> overlays;
    for (const QString& folder : m_runs->overlaid()) {
        try {
            const SavedRun run = readSavedRun(folder);
            overlays.push_back(
                {QFileInfo(folder).fileName(), run.points, double(run.config.batchSize) * run.config.contextTokens});
        } catch (const Error& error) {
            m_messages->showError(QString::fromUtf8(error.what()));
        }
    }
    m_chart->setOverlays(overlays);
}

/// Once for each run that a crash cut off; nothing is resumed by itself.
void MainWindow::offerRecovery() {
    QSettings settings;
    const QString key = QStringLiteral("runs/offered");
    QStringList offered = settings.value(key).toStringList();
    for (int row = 0; row < m_runs->rowCount(); ++row) {
        const RunSummary& run = m_runs->run(row);
        if (run.fate != RunFate::CutOff || run.step == 0 || offered.contains(run.folder)) continue;
        offered << run.folder;
        settings.setValue(key, offered);
        const QString folder = run.folder;
        return m_messages->showMessage(MessageBar::Severity::Warning,
                                       tr("The run %1 was cut off at step %2 of %3; what it learned is kept.")
                                           .arg(run.name)
                                           .arg(run.step)
                                           .arg(run.stepCount),
                                       {{tr("Resume"), [this, folder] { resumeRun(folder); }},
                                        {tr("Look at it"), [this, folder] { openPath(folder); }},
                                        {tr("Discard…"), [this, folder] { m_runPanel->askAndDelete(folder); }}});
    }
}

/// The sentence and what helps: a model where none is open, the run's knobs where a run failed or does not fit.
void MainWindow::showFailure(const QString& text) {
    const SessionSnapshot& snapshot = m_controller->snapshot();
    const bool hasRunStopped = snapshot.state == SessionState::Failed || snapshot.state == SessionState::Paused;
    QAction* remedy = !snapshot.model ? m_actions->openModelFile : hasRunStopped ? m_actions->runSettings : nullptr;
    if (remedy == nullptr) return m_messages->showError(text);
    m_messages->showMessage(MessageBar::Severity::Error, text, remedy->text().remove(QLatin1Char('&')),
                            [remedy] { remedy->trigger(); });
}

}  // namespace consa
