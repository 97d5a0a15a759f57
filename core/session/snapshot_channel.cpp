// Hands pictures, points and events from one thread to another.
#include "core/session/snapshot_channel.h"

#include <utility>

namespace consa {

void SnapshotChannel::setWakeCallback(std::function<void()> wake) {
    const std::scoped_lock both(m_wakeMutex, m_mutex);
    m_wake = std::move(wake);
    m_isWakePending = false;
}

void SnapshotChannel::publish(SnapshotPointer snapshot) {
    std::unique_lock lock(m_mutex);
    // The replaced picture dies after the lock is gone: it may be the last reference to much memory.
    m_pending.snapshot.swap(snapshot);
    wakeOnce(lock);
}

void SnapshotChannel::publish(const HistoryPoint& point) {
    std::unique_lock lock(m_mutex);
    m_pending.points.push_back(point);
    wakeOnce(lock);
}

void SnapshotChannel::publish(SessionEvent event) {
    std::unique_lock lock(m_mutex);
    m_pending.events.push_back(std::move(event));
    wakeOnce(lock);
}

SnapshotChannel::Delivery SnapshotChannel::take() {
    Delivery delivery;
    const std::scoped_lock lock(m_mutex);
    std::swap(delivery, m_pending);
    m_isWakePending = false;
    return delivery;
}

// Releases `lock`; then wakes the consumer unless it has been woken since its last take().
void SnapshotChannel::wakeOnce(std::unique_lock<std::mutex>& lock) {
    const bool isWakeDue = m_wake && !m_isWakePending;
    if (isWakeDue) m_isWakePending = true;
    lock.unlock();
    if (!isWakeDue) return;
    const std::scoped_lock wakeLock(m_wakeMutex);
    if (m_wake) m_wake();
}

}  // namespace consa
