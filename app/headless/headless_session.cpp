// Waits on the snapshot channel and reports.
#include "app/headless/headless_session.h"

#include "core/base/error.h"
#include "core/session/run_folder.h"

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdio>

namespace consa {

namespace {

std::atomic<bool> interruptRequested = false;

void onInterrupt(int) {
    interruptRequested = true;
}

std::string duration(double seconds) {
    const int total = static_cast<int>(seconds + 0.5);
    if (total < 90) return fmt::format("{} s", total);
    if (total < 5400) return fmt::format("{} min {:02} s", total / 60, total % 60);
    return fmt::format("{} h {:02} min", total / 3600, total % 3600 / 60);
}

}  // namespace

void writeJsonLine(const std::string& json) {
    std::fwrite(json.data(), 1, json.size(), stdout);
    std::fputc('\n', stdout);
    std::fflush(stdout);
}

HeadlessSession::HeadlessSession() : m_isTerminal(isatty(STDERR_FILENO) != 0) {
    std::signal(SIGINT, onInterrupt);
    std::signal(SIGTERM, onInterrupt);
    std::signal(SIGXFSZ, SIG_IGN);  // a file past its limit is an error of the write, not the end
    m_session.channel().setWakeCallback([this] {
        {
            const std::scoped_lock lock(m_mutex);
            m_hasArrived = true;
        }
        m_arrived.notify_one();
    });
}

HeadlessSession::~HeadlessSession() {
    m_session.channel().setWakeCallback({});
}

SnapshotPointer HeadlessSession::waitFor(const std::function<bool(const SessionSnapshot&)>& isDone) {
    while (true) {
        {
            std::unique_lock lock(m_mutex);
            m_arrived.wait_for(lock, std::chrono::milliseconds(200), [this] { return m_hasArrived; });
            m_hasArrived = false;
        }
        if (interruptRequested.exchange(false)) {
            if (m_wasInterrupted) throw Error("Interrupted.", ErrorKind::RunFailed);
            m_wasInterrupted = true;
            clearProgress();
            fmt::print(stderr, "Stopping after this step; press Ctrl-C again to give up at once.\n");
            m_session.post(StopCommand{});
            m_session.post(CancelEvaluationCommand{});
        }
        const SnapshotChannel::Delivery delivery = m_session.channel().take();
        write(delivery);
        // After an interruption a session at rest has nothing more to say.
        if (!delivery.snapshot && !(m_wasInterrupted && m_latest)) continue;
        if (delivery.snapshot) m_latest = delivery.snapshot;
        if (m_latest->messageIsError) {
            clearProgress();
            throw Error(m_latest->message, m_latest->errorKind);
        }
        showProgress(*m_latest);
        const bool isIdle = m_latest->state == SessionState::Finished || m_latest->state == SessionState::Ready;
        if (isDone(*m_latest) || (m_wasInterrupted && isIdle)) {
            clearProgress();
            return m_latest;
        }
    }
}

void HeadlessSession::write(const SnapshotChannel::Delivery& delivery) {
    for (const HistoryPoint& point : delivery.points) writeJsonLine(toJsonLine(point));
    for (const SessionEvent& event : delivery.events) {
        if (event.kind == "error" || event.kind == "done") continue;  // said once, by the command itself
        if (event.kind == "open" || event.kind == "warning") {
            clearProgress();
            fmt::print(stderr, "{}\n", event.text);
        }
        writeJsonLine(nlohmann::json{{"event", event.kind}, {"step", event.step}, {"text", event.text}}.dump());
    }
}

void HeadlessSession::showProgress(const SessionSnapshot& s) {
    if (!m_isTerminal) return;
    std::string line;
    if (s.state == SessionState::Training) {
        line = fmt::format("step {}/{}  loss {:.3f}  sparsity {:.1f} % of {:.1f} %", s.step, s.stepCount, s.loss,
                           100 * s.expectedSparsity, 100 * s.target);
        constexpr int kStepsBeforeEta = 5;
        if (s.step >= kStepsBeforeEta)
            line += fmt::format("  {:.2f} s/step  {} left", s.secondsPerStep,
                                duration(s.secondsPerStep * (s.stepCount - s.step)));
    } else if (s.state == SessionState::Loading || s.state == SessionState::Evaluating) {
        line = fmt::format("{} {:.0f} %", s.message, 100 * s.progress);
    }
    fmt::print(stderr, "\r\033[K{}", line);
    std::fflush(stderr);
    m_isProgressShown = !line.empty();
}

void HeadlessSession::clearProgress() {
    if (m_isProgressShown) fmt::print(stderr, "\r\033[K");
    m_isProgressShown = false;
}

}  // namespace consa
