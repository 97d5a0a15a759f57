// Short runs on the demo and a watcher that waits for what a session reports.
#pragma once

#include "core/session/experiment_session.h"

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace consa::test {

/// A run that takes moments: few short steps on the demo.
inline TrainingConfig quickConfig(int steps) {
    TrainingConfig config = defaultTrainingConfig("demo", false);
    config.corpus = {"generated:3"};
    config.device = "cpu";
    config.dataType = DataType::Float32;
    config.contextTokens = 64;
    config.windowTokens = 8;
    config.batchSize = 1;
    config.stepCount = steps;
    config.rampSteps = 3;
    return config;
}

/// Takes deliveries until a snapshot satisfies `isDone`; null after a minute.
class Watcher {
public:
    explicit Watcher(ExperimentSession& session) : m_session(session) {}

    template <typename Predicate>
    SnapshotPointer until(Predicate isDone) {
        for (int i = 0; i < 6000; ++i) {
            SnapshotChannel::Delivery delivery = m_session.channel().take();
            points.insert(points.end(), delivery.points.begin(), delivery.points.end());
            events.insert(events.end(), delivery.events.begin(), delivery.events.end());
            if (delivery.snapshot) latest = delivery.snapshot;
            if (latest && isDone(*latest)) return latest;
            std::this_thread::sleep_for(std::chrono::milliseconds(10));
        }
        return nullptr;
    }
    SnapshotPointer untilState(SessionState state) {
        return until([state](const SessionSnapshot& s) { return s.state == state; });
    }
    [[nodiscard]] bool hasEvent(const std::string& kind) const {
        return std::any_of(events.begin(), events.end(), [&](const SessionEvent& e) { return e.kind == kind; });
    }

    std::vector<HistoryPoint> points;
    std::vector<SessionEvent> events;
    SnapshotPointer latest;

private:
    ExperimentSession& m_session;
};

}  // namespace consa::test
