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

/// Adds an event worth a mark; one that took the run back drops the marks that followed that step.
bool addMark(std::vector<SessionEvent>& events, const SessionEvent& event) {
    if (!isMark(event)) return false;
    if (event.kind == "rewind")
        std::erase_if(events, [&event](const SessionEvent& mark) { return mark.step >= event.step; });
    events.push_back(event);
    return true;
}

}  // namespace

void RunHistory::appendPoints(const std::vector<HistoryPoint>& points) {
    std::size_t first = m_session.points.size();
    for (const HistoryPoint& point : points)
        if (adoptRun(point.run)) first = std::min({first, m_session.points.size(), add(m_session, point)});
    if (first < m_session.points.size() && isShown(m_session)) emit pointsAppended(first);
}

std::size_t RunHistory::add(Curves& curves, const HistoryPoint& point) {
    std::size_t first = curves.points.size();
    if (!curves.points.empty() && point.step <= curves.points.back().step) {
        curves.points.truncate(curves.points.lowerBound(point.step));
        first = 0;
        if (isShown(curves)) emit cleared();
    }
    curves.points.append(point);
    return first;
}

void RunHistory::appendEvents(const std::vector<SessionEvent>& events) {
    bool hasNewMark = false;
    for (const SessionEvent& event : events)
        if (adoptRun(event.run) && addMark(m_session.events, event)) hasNewMark = true;
    if (hasNewMark && isShown(m_session)) emit eventsChanged();
}

void RunHistory::clear() {
    m_session = {};
    if (isShown(m_session)) announce();
}

void RunHistory::showSaved(const std::vector<HistoryPoint>& points, const std::vector<SessionEvent>& events) {
    m_saved.emplace();
    for (const HistoryPoint& point : points) add(*m_saved, point);
    for (const SessionEvent& event : events) addMark(m_saved->events, event);
    announce();
}

void RunHistory::extendSaved(const std::vector<HistoryPoint>& points, const std::vector<SessionEvent>& events) {
    if (!m_saved) return;
    std::size_t first = m_saved->points.size();
    for (const HistoryPoint& point : points) first = std::min(first, add(*m_saved, point));
    if (first < m_saved->points.size()) emit pointsAppended(first);
    bool hasNewMark = false;
    for (const SessionEvent& event : events) hasNewMark = addMark(m_saved->events, event) || hasNewMark;
    if (hasNewMark) emit eventsChanged();
}

void RunHistory::showSession() {
    if (!m_saved) return;
    m_saved.reset();
    announce();
}

void RunHistory::announce() {
    emit cleared();
    if (!points().empty()) emit pointsAppended(0);
    emit eventsChanged();
}

bool RunHistory::adoptRun(std::uint64_t run) {
    if (run > m_run) {
        m_run = run;
        clear();
    }
    return run == m_run;
}

}  // namespace consa
