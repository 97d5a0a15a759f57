// The longest time that the window's thread was away, and how much of it the thread only waited for a core.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <QElapsedTimer>
#include <QObject>
#include <QString>
#include <QTimer>
#include <QtGlobal>
#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <map>
#include <utility>

namespace consa {

/// A time away in milliseconds: by the clock; without the time in which the thread was ready but others had the core
/// (where the system does not tell, the same); and what of it the thread computed, waiting for nothing. On a machine
/// with more work than cores the second still has the time in which a thread that was waited for stood in the queue.
struct Gap {
    double wallMs = 0;
    double ownMs = 0;
    double busyMs = 0;
};

/// Beats every 5 ms on the thread that makes it. Call note() before each thing that is done to the window, so that a
/// gap is known by what came before it.
class ThreadGaps {
public:
    ThreadGaps() : m_waits(::open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC)) {
        m_timer.setTimerType(Qt::PreciseTimer);
        QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { beat(); });
        m_waitedMs = waitedMs();
        m_since.start();
        m_timer.start(5);
    }
    ~ThreadGaps() {
        if (m_waits >= 0) ::close(m_waits);
    }
    ThreadGaps(const ThreadGaps&) = delete;
    ThreadGaps& operator=(const ThreadGaps&) = delete;

    void note(const QString& what) { m_what = what; }
    /// The longest of each kind, by the three measures apart, since the beginning.
    [[nodiscard]] const std::map<QString, Gap>& longest() const { return m_longest; }
    /// The one that was longest by its own time since the last call, of any kind.
    [[nodiscard]] Gap takeLongest() { return std::exchange(m_recent, {}); }

private:
    /// How long this thread stood in the queue for a core since it began; 0 where that is not known.
    [[nodiscard]] double waitedMs() const {
        std::array<char, 96> text{};
        if (m_waits < 0 || ::pread(m_waits, text.data(), text.size() - 1, 0) <= 0) return 0;
        char* rest = nullptr;
        std::strtoull(text.data(), &rest, 10);  // what it ran
        return double(std::strtoull(rest, nullptr, 10)) * 1e-6;
    }

    [[nodiscard]] static double busyMs() {
        struct timespec now {};
        ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
        return double(now.tv_sec) * 1e3 + double(now.tv_nsec) * 1e-6;
    }

    void beat() {
        const double wall = double(m_since.nsecsElapsed()) * 1e-6;
        const double waited = waitedMs();
        const double busy = busyMs();
        const Gap gap{wall, std::max(0.0, wall - (waited - m_waitedMs)), busy - m_busyMs};
        Gap& longest = m_longest[m_what];
        longest.wallMs = std::max(longest.wallMs, gap.wallMs);
        longest.ownMs = std::max(longest.ownMs, gap.ownMs);
        longest.busyMs = std::max(longest.busyMs, gap.busyMs);
        if (gap.ownMs >= m_recent.ownMs) m_recent = gap;
        m_waitedMs = waited;
        m_busyMs = busy;
        m_since.start();
    }

    int m_waits;
    QTimer m_timer;
    QElapsedTimer m_since;
    double m_waitedMs = 0;
    double m_busyMs = busyMs();
    QString m_what = QStringLiteral("nothing");
    std::map<QString, Gap> m_longest;
    Gap m_recent;
};

}  // namespace consa
