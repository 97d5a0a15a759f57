// Every point and event of the run on show, in order.
#pragma once

#include "ui/models/history_points.h"

#include <QObject>
#include <optional>
#include <vector>

namespace consa {

/// Grows while the session's run goes on and starts anew with its next run. A saved run may take its place on show; the
/// session's curves wait meanwhile.
class RunHistory final : public QObject {
    Q_OBJECT

public:
    explicit RunHistory(QObject* parent = nullptr) : QObject(parent) {}

    [[nodiscard]] const HistoryPoints& points() const { return shown().points; }
    /// Events worth a mark on the curves: steering and states, without notes.
    [[nodiscard]] const std::vector<SessionEvent>& events() const { return shown().events; }

public slots:
    /// Points of an older run are dropped; points of a newer run begin a new history.
    void appendPoints(const std::vector<consa::HistoryPoint>& points);
    void appendEvents(const std::vector<consa::SessionEvent>& events);
    /// Forgets the session's run.
    void clear();

public:
    /// Has a saved run on show until showSession().
    void showSaved(const std::vector<HistoryPoint>& points, const std::vector<SessionEvent>& events);
    /// Goes on with the saved run on show; nothing when the session is.
    void extendSaved(const std::vector<HistoryPoint>& points, const std::vector<SessionEvent>& events);
    void showSession();

signals:
    /// Of what is on show:
    /// Points from index `first` on are new.
    void pointsAppended(std::size_t first);
    void eventsChanged();
    void cleared();

private:
    struct Curves {
        HistoryPoints points;
        std::vector<SessionEvent> events;
    };

    [[nodiscard]] const Curves& shown() const { return m_saved ? *m_saved : m_session; }
    [[nodiscard]] bool isShown(const Curves& curves) const { return &curves == &shown(); }
    /// Adds one point; a repeated step drops what followed it. The first index that is new.
    std::size_t add(Curves& curves, const HistoryPoint& point);
    bool adoptRun(std::uint64_t run);
    /// Everything on show is another.
    void announce();

    std::uint64_t m_run = 0;
    Curves m_session;
    std::optional<Curves> m_saved;
};

}  // namespace consa
