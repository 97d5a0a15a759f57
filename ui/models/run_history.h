// Every point and event of the run on show, in order.
#pragma once

#include "ui/models/history_points.h"

#include <QObject>
#include <vector>

namespace consa {

/// Grows while a run goes on and starts anew with the next run.
class RunHistory final : public QObject {
    Q_OBJECT

public:
    explicit RunHistory(QObject* parent = nullptr) : QObject(parent) {}

    [[nodiscard]] const HistoryPoints& points() const { return m_points; }
    /// Events worth a mark on the curves: steering and states, without notes.
    [[nodiscard]] const std::vector<SessionEvent>& events() const { return m_events; }

public slots:
    /// Points of an older run are dropped; points of a newer run begin a new history.
    void appendPoints(const std::vector<consa::HistoryPoint>& points);
    void appendEvents(const std::vector<consa::SessionEvent>& events);
    void clear();

public:
    /// Shows a finished run from elsewhere until a new run of the session begins.
    void replace(const std::vector<HistoryPoint>& points, const std::vector<SessionEvent>& events);

    /// Goes on with what replace() began.
    void extend(const std::vector<HistoryPoint>& points, const std::vector<SessionEvent>& events);

signals:
    /// Points from index `first` on are new.
    void pointsAppended(std::size_t first);
    void eventsChanged();
    void cleared();

private:
    /// Adds one point; a repeated step drops what followed it. The first index that is new.
    std::size_t add(const HistoryPoint& point);
    /// Adds an event worth a mark; one that took the run back drops the marks that followed that step.
    bool addMark(const SessionEvent& event);
    bool adoptRun(std::uint64_t run);

    std::uint64_t m_run = 0;
    HistoryPoints m_points;
    std::vector<SessionEvent> m_events;
};

}  // namespace consa
