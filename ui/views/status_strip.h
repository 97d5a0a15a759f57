// The status bar's content: state, step, time left, speed, device and memory.
#pragma once

#include "core/session/session_snapshot.h"

#include <QWidget>

class QLabel;
class QProgressBar;
class QToolButton;

namespace consa {

/// Reads everything from the snapshot.
class StatusStrip final : public QWidget {
    Q_OBJECT

public:
    explicit StatusStrip(QWidget* parent = nullptr);

    [[nodiscard]] QString stateText() const;
    /// A short word on the right for what was just done ("Copied 2813 x 2188 px"); fades with the next one.
    void showNote(const QString& note);

    /// Warnings and errors so far; a button leads to them.
    void setProblemCount(int count);

signals:
    void problemsRequested();

public slots:
    void setSnapshot(const consa::SessionSnapshot& snapshot);

private:
    QLabel* m_state;
    QProgressBar* m_progress;
    QLabel* m_step;
    QLabel* m_time;
    QLabel* m_note;
    QToolButton* m_problems;
    QLabel* m_device;
};

/// The state as the interface words it.
[[nodiscard]] QString stateWord(SessionState state);

}  // namespace consa
