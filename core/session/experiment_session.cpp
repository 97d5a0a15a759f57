// The worker's loop: takes commands between steps, ends what fails, publishes.
#include "core/session/experiment_session.h"

#include "core/base/error.h"
#include "core/session/compute_failure.h"
#include "core/session/session_worker.h"
#include "core/training/step_memory.h"

#include <torch/utils.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <new>

namespace consa {

namespace {

constexpr auto kProgressInterval = std::chrono::milliseconds(50);

/// Commands that end the work in progress at once instead of waiting for it.
bool interrupts(const SessionCommand& command) {
    return std::holds_alternative<StopCommand>(command) || std::holds_alternative<OpenCommand>(command) ||
           std::holds_alternative<CancelEvaluationCommand>(command);
}

}  // namespace

void ExperimentSession::Worker::post(SessionCommand command) {
    {
        const std::scoped_lock lock(m_mutex);
        const bool coalesces =
            !m_commands.empty() && m_commands.back().index() == command.index() &&
            (std::holds_alternative<RetargetCommand>(command) || std::holds_alternative<CutCommand>(command));
        if (coalesces)
            m_commands.back() = std::move(command);
        else
            m_commands.push_back(std::move(command));
        if (interrupts(m_commands.back())) m_isInterrupted = true;
        m_hasCommands = true;
    }
    m_wake.notify_all();
}

void ExperimentSession::Worker::check() const {
    if (m_isInterrupted || m_stop.stop_requested()) throw Cancelled();
}

void ExperimentSession::Worker::run(const std::stop_token& stop) {
    m_stop = stop;
    // One core stays free: the window lives on, and compute threads that wait for each other are not held up by it.
    if (!std::getenv("OMP_NUM_THREADS")) torch::set_num_threads(std::max(1, torch::get_num_threads() - 1));
    while (!stop.stop_requested()) {
        takeCommands(stop);
        if (m_snapshot.state == SessionState::Training && !stop.stop_requested())
            guarded([this] { trainOneStep(); }, /*isStep=*/true);
        else if (!stop.stop_requested() && hasIdleWork())
            guarded([this] { addCutPoint(); });
    }
    // An unfinished run is left as a later resume wants it.
    if (m_snapshot.state == SessionState::Training || m_snapshot.state == SessionState::Paused)
        guarded([this] { saveRun(); });
    m_cutCurve.reset();
    m_learning.reset();
    m_opened.reset();
}

void ExperimentSession::Worker::takeCommands(const std::stop_token& stop) {
    while (true) {
        SessionCommand command;
        {
            std::unique_lock lock(m_mutex);
            if (m_commands.empty()) {
                m_isInterrupted = m_hasCommands = false;
                if (m_snapshot.state == SessionState::Training || hasIdleWork()) return;
                m_wake.wait(lock, stop, [this] { return !m_commands.empty(); });
            }
            if (stop.stop_requested()) return;
            command = std::move(m_commands.front());
            m_commands.pop_front();
            m_isInterrupted = std::any_of(m_commands.begin(), m_commands.end(), interrupts);
        }
        std::visit([this](const auto& one) { guarded([&] { handle(one); }); }, command);
    }
}

SessionState ExperimentSession::Worker::stateAfterError(SessionState before, bool isStep) const {
    if (isStep) return SessionState::Failed;
    if (!m_opened) return SessionState::Empty;
    return m_snapshot.state == SessionState::Loading ? SessionState::Ready : before;
}

template <typename Work>
void ExperimentSession::Worker::guarded(Work work, bool isStep) {
    const SessionState before = m_snapshot.state;
    try {
        work();
    } catch (const Cancelled&) {
        if (m_snapshot.state == SessionState::Evaluating) {
            note("cancel", "Evaluation cancelled; no figures were kept.");
            setState(before, "Evaluation cancelled.");
        } else if (m_snapshot.state == SessionState::Loading) {
            setState(m_opened ? SessionState::Ready : SessionState::Empty, "Loading cancelled.");
        }
    } catch (const MemoryExhausted& error) {
        fail(error.what(), error.kind(), isStep ? SessionState::Paused : stateAfterError(before, isStep));
    } catch (const Error& error) {
        fail(error.what(), error.kind(), stateAfterError(before, isStep));
    } catch (const std::bad_alloc&) {
        fail("The machine's memory is exhausted; close other programs, or take a smaller model or context.",
             ErrorKind::RunFailed, stateAfterError(before, isStep));
    } catch (const std::exception& error) {
        fail(computeFailure(error) + ".", ErrorKind::RunFailed, stateAfterError(before, isStep));
    }
}

void ExperimentSession::Worker::setState(SessionState state, std::string message) {
    m_snapshot.state = state;
    m_snapshot.message = std::move(message);
    m_snapshot.messageIsError = false;
    m_snapshot.progress = 0;
    publish();
}

void ExperimentSession::Worker::fail(const std::string& message, ErrorKind kind, SessionState state) {
    const bool endsTraining = m_snapshot.state == SessionState::Training && state != SessionState::Training;
    if (endsTraining) {
        try {
            if (m_learning) takePicture();
            saveRun();
        } catch (const std::exception&) {  // the first error is the one to show; a lost device gives many
        }
    }
    m_snapshot.state = state;
    m_snapshot.message = message;
    m_snapshot.messageIsError = true;
    m_snapshot.errorKind = kind;
    m_snapshot.progress = 0;
    m_channel.publish(SessionEvent{m_snapshot.run, m_snapshot.step, "error", message});
    publish();
}

void ExperimentSession::Worker::note(const std::string& kind, const std::string& text) {
    SessionEvent event{m_snapshot.run, m_snapshot.step, kind, text};
    if (m_learning && m_learning->keeper() != nullptr) m_learning->keeper()->append(event);
    m_channel.publish(std::move(event));
}

void ExperimentSession::Worker::publish() {
    m_channel.publish(std::make_shared<const SessionSnapshot>(m_snapshot));
}

OpeningProgress ExperimentSession::Worker::progressReporter() {
    return [this, last = std::chrono::steady_clock::time_point{}](double share, const std::string& what) mutable {
        check();
        const auto now = std::chrono::steady_clock::now();
        if (now - last < kProgressInterval) return;
        last = now;
        m_snapshot.progress = share;
        m_snapshot.message = what;
        publish();
    };
}

void ExperimentSession::Worker::takePicture() {
    m_learning->describe(m_snapshot);
}

ExperimentSession::ExperimentSession() : m_worker(std::make_unique<Worker>()) {}
ExperimentSession::~ExperimentSession() = default;

void ExperimentSession::post(SessionCommand command) {
    m_worker->post(std::move(command));
}

SnapshotChannel& ExperimentSession::channel() {
    return m_worker->channel();
}

}  // namespace consa
