// Keeps the points of one run; a resumed run replaces the steps it repeats.
#include "ui/models/run_history.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string_view>

namespace consa {

namespace {

bool isMark(const SessionEvent& event) {
    constexpr std::array<std::string_view, 5> kMarks{"retarget", "pause", "resume", "stop", "freeze"};
    return std::find(kMarks.begin(), kMarks.end(), event.kind) != kMarks.end();
}

}  // namespace

void RunHistory::appendPoints(const std::vector<HistoryPoint>& points) {
    std::size_t first = m_points.size();
    for (const HistoryPoint& point : points)
        if (adoptRun(point.run)) first = std::min({first, m_points.size(), add(point)});
    if (first < m_points.size()) emit pointsAppended(first);
}

std::size_t RunHistory::add(const HistoryPoint& point) {
    std::size_t first = m_points.size();
    if (!m_points.empty() && point.step <= m_points.back().step) {
        m_points.truncate(m_points.lowerBound(point.step));
        first = 0;
        emit cleared();
    }
    m_points.append(point);
    return first;
}

void RunHistory::appendEvents(const std::vector<SessionEvent>& events) {
    bool hasNewMark = false;
    for (const SessionEvent& event : events) {
        if (!adoptRun(event.run) || !isMark(event)) continue;
        m_events.push_back(event);
        hasNewMark = true;
    }
    if (hasNewMark) emit eventsChanged();
}

void RunHistory::clear() {
    m_points.truncate(0);
    m_events.clear();
    emit cleared();
    emit eventsChanged();
}

void RunHistory::replace(const std::vector<HistoryPoint>& points, const std::vector<SessionEvent>& events) {
    clear();
    for (const HistoryPoint& point : points) add(point);
    std::copy_if(events.begin(), events.end(), std::back_inserter(m_events), isMark);
    if (!m_points.empty()) emit pointsAppended(0);
    emit eventsChanged();
}

void RunHistory::extend(const std::vector<HistoryPoint>& points, const std::vector<SessionEvent>& events) {
    std::size_t first = m_points.size();
    for (const HistoryPoint& point : points) first = std::min(first, add(point));
    if (first < m_points.size()) emit pointsAppended(first);
    const std::size_t before = m_events.size();
    std::copy_if(events.begin(), events.end(), std::back_inserter(m_events), isMark);
    if (m_events.size() > before) emit eventsChanged();
}

bool RunHistory::adoptRun(std::uint64_t run) {
    if (run > m_run) {
        m_run = run;
        clear();
    }
    return run == m_run;
}

}  // namespace consa
