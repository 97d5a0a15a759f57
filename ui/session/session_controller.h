// The one QObject that meets the worker's thread: commands go in, pictures come out at the screen's pace.
#pragma once

#include "core/session/experiment_session.h"

#include <QElapsedTimer>
#include <QObject>
#include <QTimer>
#include <chrono>
#include <vector>

namespace consa {

/// Pulls the session's mailbox when the worker rings, at most once per pull interval, on this object's thread.
/// Destroying it disconnects from the session, which must outlive it.
class SessionController final : public QObject {
    Q_OBJECT

public:
    explicit SessionController(SessionInterface& session, QObject* parent = nullptr);
    ~SessionController() override;

    /// Queues a command for the worker; returns at once.
    void post(SessionCommand command);

    /// The latest snapshot, never null.
    [[nodiscard]] const SessionSnapshot& snapshot() const { return *m_snapshot; }

    /// 33 ms unless set: slower while nobody looks.
    void setPullInterval(std::chrono::milliseconds interval) { m_pullInterval = interval; }

signals:
    /// Every point since the last signal, in order; none is ever dropped.
    void pointsArrived(const std::vector<consa::HistoryPoint>& points);
    void eventsArrived(const std::vector<consa::SessionEvent>& events);
    /// The newest picture; older ones are skipped. Comes after the points and events that led to it.
    void snapshotArrived(const consa::SessionSnapshot& snapshot);

private:
    void schedulePull();
    void pull();

    SessionInterface& m_session;
    SnapshotPointer m_snapshot;
    std::chrono::milliseconds m_pullInterval{33};
    QElapsedTimer m_sinceLastPull;
    QTimer m_pullTimer;
};

}  // namespace consa
