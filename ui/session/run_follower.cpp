// Tail of events.jsonl.
#include "ui/session/run_follower.h"

#include "ui/session/run_summary.h"
#include "ui/session/saved_run.h"

#include <QDir>
#include <QFile>
#include <algorithm>
#include <chrono>

namespace consa {

namespace {
constexpr std::chrono::milliseconds kPace{500};
}

RunFollower::RunFollower(QObject* parent) : QObject(parent) {
    m_timer.setInterval(kPace);
    connect(&m_timer, &QTimer::timeout, this, &RunFollower::look);
}

void RunFollower::follow(const QString& folder) {
    m_folder = folder;
    QFile file(QDir(folder).filePath(QStringLiteral("events.jsonl")));
    m_read = 0;
    if (file.open(QIODevice::ReadOnly)) m_read = file.readAll().lastIndexOf('\n') + 1;
    m_timer.start();
}

void RunFollower::stop() {
    m_timer.stop();
}

void RunFollower::look() {
    QFile file(QDir(m_folder).filePath(QStringLiteral("events.jsonl")));
    if (!file.open(QIODevice::ReadOnly) || !file.seek(m_read)) return;
    if (file.size() <= m_read && isAbandoned(m_folder)) {
        stop();
        emit ended();
        return;
    }
    const QByteArray bytes = file.readAll();
    const qsizetype whole = bytes.lastIndexOf('\n') + 1;  // the rest of a line comes later
    if (whole == 0) return;
    m_read += whole;
    SavedRun run;
    addEventLines(bytes.first(whole), run);
    emit linesArrived(run.points, run.events);
    const auto isRewind = [](const SessionEvent& event) { return event.kind == "rewind"; };
    if (std::any_of(run.events.begin(), run.events.end(), isRewind)) emit wentBack();
    for (const SessionEvent& event : run.events) {
        if (event.kind != "done" && event.kind != "stop") continue;
        stop();
        emit ended();
        return;
    }
}

}  // namespace consa
