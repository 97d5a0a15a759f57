// Keeps the points of one run; a resumed run replaces the steps it repeats.
#include "ui/models/run_history.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace consa {

namespace {

bool isMark(const SessionEvent& event) {
    constexpr std::array<std::string_view, 10> kMarks{"retarget", "pin",  "pause", "resume", "stop",
                                                      "freeze",   "hold", "fork",  "rewind", "evaluate"};
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
    for (const SessionEvent& event : events)
        if (adoptRun(event.run) && addMark(event)) hasNewMark = true;
    if (hasNewMark) emit eventsChanged();
}

bool RunHistory::addMark(const SessionEvent& event) {
    if (!isMark(event)) return false;
    if (event.kind == "rewind")
        std::erase_if(m_events, [&event](const SessionEvent& mark) { return mark.step >= event.step; });
    m_events.push_back(event);
    return true;
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
    for (const SessionEvent& event : events) addMark(event);
    if (!m_points.empty()) emit pointsAppended(0);
    emit eventsChanged();
}

void RunHistory::extend(const std::vector<HistoryPoint>& points, const std::vector<SessionEvent>& events) {
    std::size_t first = m_points.size();
    for (const HistoryPoint& point : points) first = std::min(first, add(point));
    if (first < m_points.size()) emit pointsAppended(first);
    bool hasNewMark = false;
    for (const SessionEvent& event : events) hasNewMark = addMark(event) || hasNewMark;
    if (hasNewMark) emit eventsChanged();
}

bool RunHistory::adoptRun(std::uint64_t run) {
    if (run > m_run) {
        m_run = run;
        clear();
    }
    return run == m_run;
}

}  // namespace consa
