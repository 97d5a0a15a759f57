// One worker thread that owns model and device: commands in, snapshots out.
#pragma once

#include "core/session/session_command.h"
#include "core/session/snapshot_channel.h"

#include <memory>

namespace consa {

/// What the window steers: the real session, or a fake one in tests.
class SessionInterface {
public:
    virtual ~SessionInterface() = default;
    /// Queues a command; returns at once. Any thread.
    virtual void post(SessionCommand command) = 0;
    [[nodiscard]] virtual SnapshotChannel& channel() = 0;
};

/// The engine behind `consa` and the window. Training and evaluating take turns on its thread; errors become
/// snapshots with `messageIsError`, never exceptions. The destructor ends the work in progress and joins.
class ExperimentSession final : public SessionInterface {
public:
    ExperimentSession();
    ~ExperimentSession() override;
    ExperimentSession(const ExperimentSession&) = delete;
    ExperimentSession& operator=(const ExperimentSession&) = delete;

    void post(SessionCommand command) override;
    [[nodiscard]] SnapshotChannel& channel() override;

private:
    class Worker;
    std::unique_ptr<Worker> m_worker;
};

}  // namespace consa
