// Follows a run that another process writes: new lines of its events become points and events.
#pragma once

#include "core/session/session_snapshot.h"

#include <QObject>
#include <QString>
#include <QTimer>
#include <vector>

namespace consa {

/// Looks at the folder twice a second. Ends by itself when the run came to an end.
class RunFollower final : public QObject {
    Q_OBJECT

public:
    explicit RunFollower(QObject* parent = nullptr);

    /// From after what `readSavedRun()` has just read.
    void follow(const QString& folder);
    void stop();
    [[nodiscard]] bool isFollowing() const { return m_timer.isActive(); }
    [[nodiscard]] QString folder() const { return m_folder; }

signals:
    void linesArrived(const std::vector<consa::HistoryPoint>& points, const std::vector<consa::SessionEvent>& events);
    /// The run took steps back; those lines are among the last that arrived.
    void wentBack();
    /// The run wrote that it is done or was stopped, or nobody writes it any more.
    void ended();

private:
    void look();

    QString m_folder;
    qint64 m_read = 0;  // bytes of events.jsonl
    QTimer m_timer;
};

}  // namespace consa
