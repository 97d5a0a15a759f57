// Drives the window by itself: trains, evaluates, saves a picture of it, quits.
#pragma once

#include "app/desktop/command_line.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>

namespace consa {

class MainWindow;

/// Works through the window's own actions as a user would; measures the longest gap of its thread meanwhile.
class WindowPicture final : public QObject {
public:
    WindowPicture(MainWindow& window, WindowOptions options);

private:
    enum class Stage { Opening, Training, Evaluating, Done };

    void look();
    void beat();
    void trigger(const QKeySequence& keys);
    void showTab();
    void take();
    void giveUp(const QString& reason);

    MainWindow& m_window;
    WindowOptions m_options;
    Stage m_stage = Stage::Opening;
    QTimer m_look;
    QTimer m_beat;
    QElapsedTimer m_sinceBeat;
    QElapsedTimer m_sinceComparison;
    qint64 m_longestGapMs = 0;
    std::uint64_t m_runBefore = 0;
};

}  // namespace consa
