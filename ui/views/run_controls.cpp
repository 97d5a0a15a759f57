// Which of start, pause and stop holds in which state.
#include "ui/views/run_controls.h"

#include "ui/style/icons.h"

#include <QAction>
#include <QKeySequence>

namespace consa {

namespace {

void enable(QAction* action, bool isEnabled, const QString& whatItDoes, const QString& whyNot) {
    action->setEnabled(isEnabled);
    QString tip = isEnabled ? whatItDoes : whyNot;
    if (isEnabled && !action->shortcut().isEmpty()) {
        tip += QStringLiteral(" (%1)").arg(action->shortcut().toString(QKeySequence::NativeText));
    }
    action->setToolTip(tip);
    action->setStatusTip(tip);
}

QString whyNotStart(SessionState state) {
    switch (state) {
        case SessionState::Empty:
            return RunControls::tr("Open a model first (Ctrl+O)");
        case SessionState::Loading:
            return RunControls::tr("The model is still loading");
        case SessionState::Training:
            return RunControls::tr("The run is going on");
        case SessionState::Evaluating:
            return RunControls::tr("An evaluation is running; Esc cancels it");
        default:
            return {};
    }
}

}  // namespace

RunControls::RunControls(QObject* parent)
    : QObject(parent),
      m_start(new QAction(lineIcon(QStringLiteral("start")), tr("Start"), this)),
      m_pause(new QAction(lineIcon(QStringLiteral("pause")), tr("Pause"), this)),
      m_stop(new QAction(lineIcon(QStringLiteral("stop")), tr("Stop"), this)),
      m_toggle(new QAction(tr("Start or pause"), this)) {
    m_stop->setShortcut(QKeySequence(QStringLiteral("Ctrl+.")));
    m_toggle->setShortcut(QKeySequence(Qt::Key_Space));
    m_toggle->setToolTip(tr("Start, pause or resume the run"));
    connect(m_start, &QAction::triggered, this, &RunControls::start);
    connect(m_pause, &QAction::triggered, this, &RunControls::pauseRequested);
    connect(m_stop, &QAction::triggered, this, &RunControls::stopRequested);
    connect(m_toggle, &QAction::triggered, this, &RunControls::toggle);
    setSnapshot({});
}

void RunControls::setSnapshot(const SessionSnapshot& snapshot) {
    m_state = snapshot.state;
    const bool isTraining = m_state == SessionState::Training;
    const bool isPaused = m_state == SessionState::Paused;
    const bool hasModel = snapshot.model.has_value();
    const bool canStart = m_state == SessionState::Ready || m_state == SessionState::Finished ||
                          (m_state == SessionState::Failed && hasModel);
    m_start->setText(isPaused ? tr("Resume") : tr("Start"));
    const QString starting = isPaused ? tr("Go on with the run (Space)") : tr("Train the gates (Space)");
    const QString whyNot = m_state == SessionState::Failed ? tr("Open a model first (Ctrl+O)") : whyNotStart(m_state);
    enable(m_start, canStart || isPaused, starting, whyNot);
    const QString notRunning = tr("No run is going on");
    enable(m_pause, isTraining, tr("Halt after the step in progress; everything stays in memory (Space)"),
           isPaused ? tr("The run is paused already") : notRunning);
    enable(m_stop, isTraining || isPaused, tr("End the run after the step in progress and keep what it learned"),
           notRunning);
    m_toggle->setEnabled(canStart || isPaused || isTraining);
}

void RunControls::start() {
    if (m_state == SessionState::Paused) {
        emit resumeRequested();
    } else {
        emit startRequested();
    }
}

void RunControls::toggle() {
    if (m_state == SessionState::Training) {
        emit pauseRequested();
    } else if (m_start->isEnabled()) {
        start();
    }
}

}  // namespace consa
