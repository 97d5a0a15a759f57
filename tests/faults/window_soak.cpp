// Drives the window over the real session for a while by a seeded script: window_soak SECONDS [SEED]. Prints a line of
// JSON every ten seconds, and one at the end with the longest gap of the window's thread after each kind of thing done.
#include "core/session/experiment_session.h"
#include "tests/faults/soak_script.h"
#include "tests/faults/thread_gaps.h"
#include "tests/support/test_home.h"
#include "ui/main_window.h"

#include <malloc.h>
#include <QApplication>
#include <cstdio>
#include <cstdlib>
#include <set>

using namespace consa;

namespace {

constexpr int kReportMs = 10'000;
constexpr int kLongestRestMs = 1500;  // between two things that are done (taste: a busy user)

/// What is allocated and not freed: without the room that the allocator keeps between.
double heapMegabytes() {
    const struct mallinfo2 heap = ::mallinfo2();
    return double(heap.uordblks + heap.hblkhd) / (1 << 20);
}

class Soak {
public:
    Soak(int seconds, std::uint64_t seed, const QString& folder)
        : m_milliseconds(seconds * qint64{1000}),
          m_pace(mixSeed(seed, 1)),
          m_window(m_session),
          m_script(m_window, m_gaps, seed, folder) {
        m_window.resize(1440, 900);
        m_window.show();
        m_window.openAtStart({});
        QObject::connect(&m_window.controller(), &SessionController::pointsArrived, &m_window,
                         [this](const auto& points) { m_steps += static_cast<qint64>(points.size()); });
        QObject::connect(&m_window.controller(), &SessionController::eventsArrived, &m_window,
                         [this](const auto& events) { hear(events); });
        QObject::connect(&m_act, &QTimer::timeout, &m_window, [this] { act(); });
        QObject::connect(&m_report, &QTimer::timeout, &m_window, [this] { report(); });
        m_act.setSingleShot(true);
        m_act.start(kLongestRestMs);
        m_report.start(kReportMs);
        m_clock.start();
    }

    /// True when no run failed.
    [[nodiscard]] bool end() const {
        for (const auto& [what, gap] : m_gaps.longest())
            std::printf(
                "{\"event\":\"gap\",\"after\":\"%s\",\"times\":%d,\"gapMs\":%.1f,\"ownGapMs\":%.1f,\"busyMs\":%.1f}\n",
                qPrintable(what), m_script.counts().contains(what) ? m_script.counts().at(what) : 0, gap.wallMs,
                gap.ownMs, gap.busyMs);
        for (const std::string& error : m_errors) std::fprintf(stderr, "refused: %s\n", error.c_str());
        std::printf(
            "{\"event\":\"end\",\"actions\":%d,\"steps\":%lld,\"runs\":%d,\"comparisons\":%d,\"failures\":%d}\n",
            m_actions, static_cast<long long>(m_steps), m_runs, m_comparisons, m_failures);
        return m_failures == 0;
    }

private:
    void act() {
        if (m_clock.hasExpired(m_milliseconds)) {
            report();
            return QApplication::exit();
        }
        ++m_actions;
        m_script.act();
        m_act.start(static_cast<int>(20 + m_pace.below(kLongestRestMs)));
    }

    void hear(const std::vector<SessionEvent>& events) {
        for (const SessionEvent& event : events) {
            if (event.kind == "start") ++m_runs;
            if (event.kind == "evaluate") ++m_comparisons;
            if (event.kind == "error") m_errors.insert(event.text);
        }
        if (m_window.controller().snapshot().state == SessionState::Failed) ++m_failures;
    }

    void report() {
        const Gap gap = m_gaps.takeLongest();
        std::printf(
            "{\"event\":\"beat\",\"second\":%lld,\"steps\":%lld,\"gapMs\":%.1f,\"ownGapMs\":%.1f,\"busyMs\":%.1f,"
            "\"heapMb\":%.1f}\n",
            static_cast<long long>(m_clock.elapsed() / 1000), static_cast<long long>(m_steps), gap.wallMs, gap.ownMs,
            gap.busyMs, heapMegabytes());
        std::fflush(stdout);
    }

    qint64 m_milliseconds;
    Dice m_pace;
    ExperimentSession m_session;
    MainWindow m_window;
    ThreadGaps m_gaps;
    SoakScript m_script;
    QTimer m_act, m_report;
    QElapsedTimer m_clock;
    qint64 m_steps = 0;
    int m_actions = 0, m_runs = 0, m_comparisons = 0, m_failures = 0;
    std::set<std::string> m_errors;
};

}  // namespace

int main(int argc, char** argv) {
    if (argc < 2) return std::fprintf(stderr, "usage: %s SECONDS [SEED]\n", argv[0]), 2;
    QApplication application(argc, argv);
    const QTemporaryDir home;
    useTestHome(home);
    Soak soak(std::atoi(argv[1]), argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1, home.path());
    QApplication::exec();
    return soak.end() ? 0 : 1;
}
