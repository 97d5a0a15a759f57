// The mailbox between the worker and whoever watches: latest picture wins, no curve point is lost.
#pragma once

#include "core/session/session_snapshot.h"

#include <functional>
#include <mutex>
#include <vector>

namespace consa {

/// Thread-safe. One producer publishes, one consumer takes; either may be any thread.
class SnapshotChannel {
public:
    /// What has come since the last take(): the newest snapshot (null when none) and all points and events in order.
    struct Delivery {
        SnapshotPointer snapshot;
        std::vector<HistoryPoint> points;
        std::vector<SessionEvent> events;

        [[nodiscard]] bool isEmpty() const { return !snapshot && points.empty() && events.empty(); }
    };

    /// `wake` is called on the producer's thread when the mailbox stops being empty, and not again until take(): in
    /// all, never more often than take() plus once. What lies in the mailbox already wakes nobody: take() once after
    /// setting. Returns when no call of the old function is under way; an empty function removes it. No lock that
    /// take() needs is held during the call, so it may call take() or wait for a thread that does; it must neither
    /// call setWakeCallback() nor wait for a thread in it (that would wait for itself).
    void setWakeCallback(std::function<void()> wake);

    void publish(SnapshotPointer snapshot);
    void publish(const HistoryPoint& point);
    void publish(SessionEvent event);

    /// Empties the mailbox. Points and events that nobody takes pile up without limit: a curve must not lose any.
    [[nodiscard]] Delivery take();

private:
    void wakeOnce(std::unique_lock<std::mutex>& lock);

    std::mutex m_wakeMutex;  // held while m_wake runs; taken before m_mutex, never after it
    std::mutex m_mutex;      // guards what follows
    Delivery m_pending;
    bool m_isWakePending = false;
    std::function<void()> m_wake;  // changed under both locks, so either is enough to read it
};

}  // namespace consa
