// Wake-ups become one queued call; a timer keeps pulls apart.
#include "ui/session/session_controller.h"

#include <algorithm>

namespace consa {

SessionController::SessionController(SessionInterface& session, QObject* parent)
    : QObject(parent), m_session(session), m_snapshot(std::make_shared<SessionSnapshot>()) {
    m_pullTimer.setSingleShot(true);
    m_pullTimer.setTimerType(Qt::PreciseTimer);
    connect(&m_pullTimer, &QTimer::timeout, this, &SessionController::pull);
    m_session.channel().setWakeCallback(
        [this] { QMetaObject::invokeMethod(this, &SessionController::schedulePull, Qt::QueuedConnection); });
    schedulePull();  // what was published before we listened
}

SessionController::~SessionController() {
    m_session.channel().setWakeCallback({});
}

void SessionController::post(SessionCommand command) {
    m_session.post(std::move(command));
}

void SessionController::schedulePull() {
    if (m_pullTimer.isActive()) return;
    const auto waited =
        m_sinceLastPull.isValid() ? std::chrono::milliseconds(m_sinceLastPull.elapsed()) : m_pullInterval;
    m_pullTimer.start(std::max(m_pullInterval - waited, std::chrono::milliseconds(0)));
}

void SessionController::pull() {
    m_sinceLastPull.start();
    const SnapshotChannel::Delivery delivery = m_session.channel().take();
    const bool isNew = delivery.snapshot && delivery.snapshot->run >= m_snapshot->run;
    if (isNew) m_snapshot = delivery.snapshot;  // who hears of points and events may ask for the state they led to
    if (!delivery.points.empty()) emit pointsArrived(delivery.points);
    if (!delivery.events.empty()) emit eventsArrived(delivery.events);
    if (isNew) emit snapshotArrived(*m_snapshot);
}

}  // namespace consa
