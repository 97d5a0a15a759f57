// Drives a session from the command line: JSON lines on stdout, progress for people on stderr.
#pragma once

#include "core/session/experiment_session.h"

#include <condition_variable>
#include <functional>
#include <mutex>

namespace consa {

/// Posts commands and waits for their end. Ctrl-C stops the work in progress and keeps what was done.
class HeadlessSession {
public:
    HeadlessSession();
    ~HeadlessSession();

    void post(SessionCommand command) { m_session.post(std::move(command)); }
    /// Blocks until a snapshot satisfies `isDone`, writing steps and events as they come; after an interruption until
    /// the session rests. Throws Error when the session reports one.
    SnapshotPointer waitFor(const std::function<bool(const SessionSnapshot&)>& isDone);

private:
    void write(const SnapshotChannel::Delivery& delivery);
    void showProgress(const SessionSnapshot& snapshot);
    void clearProgress();

    ExperimentSession m_session;
    std::mutex m_mutex;
    std::condition_variable m_arrived;
    bool m_hasArrived = false;
    SnapshotPointer m_latest;
    bool m_isTerminal;
    bool m_isProgressShown = false;
    bool m_wasInterrupted = false;
};

/// Writes one JSON object as a line on stdout, at once.
void writeJsonLine(const std::string& json);

}  // namespace consa
