// Start, pause and stop as one state machine over the session's states.
#pragma once

#include "core/session/session_snapshot.h"

#include <QObject>

class QAction;

namespace consa {

/// Owns the three actions and the one behind Space. An action that can't act now is disabled and says why.
class RunControls final : public QObject {
    Q_OBJECT

public:
    explicit RunControls(QObject* parent = nullptr);

    [[nodiscard]] QAction* startAction() const { return m_start; }
    [[nodiscard]] QAction* pauseAction() const { return m_pause; }
    [[nodiscard]] QAction* stopAction() const { return m_stop; }
    /// Space: starts, pauses or resumes, whichever fits.
    [[nodiscard]] QAction* toggleAction() const { return m_toggle; }

public slots:
    void setSnapshot(const consa::SessionSnapshot& snapshot);

signals:
    void startRequested();
    void resumeRequested();
    void pauseRequested();
    void stopRequested();

private:
    void start();
    void toggle();

    SessionState m_state = SessionState::Empty;
    QAction* m_start;
    QAction* m_pause;
    QAction* m_stop;
    QAction* m_toggle;
};

}  // namespace consa
