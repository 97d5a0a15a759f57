// Reads what a run's folder keeps of its gates at earlier steps, for the timeline.
#pragma once

#include "core/session/session_snapshot.h"
#include "ui/models/gate_record.h"

#include <QObject>
#include <QString>
#include <QTimer>
#include <cstdint>
#include <string>
#include <vector>

namespace consa {

struct TrainerState;

/// A few kept states a turn of the event loop, so that a large run does not hold the window up; those of a small run
/// are there when read() returns.
class KeptGates final : public QObject {
    Q_OBJECT

public:
    explicit KeptGates(QObject* parent = nullptr);

    /// Reads the states of steps before `endStep`.
    void readPast(const QString& folder, int endStep);
    /// Reads all up to the run's checkpoint, with it.
    void readAll(const QString& folder);
    /// As readAll(), for a run that another program goes on with: also what it kept after its checkpoint.
    void follow(const QString& folder);
    /// Reads what the run that is followed has kept since; says so only where there is more.
    void readMore();
    /// Lets what is not read yet be.
    void stop();

signals:
    /// The frames by ascending step; none where the run keeps no states. `run` has its model, config, grid and folder.
    void arrived(const consa::SessionSnapshot& run, const std::vector<consa::GateFrame>& frames);
    /// A state is damaged and left out; said once a run.
    void problemOccurred(const QString& text);

private:
    void begin(const QString& folder);
    void readAll(const QString& folder, bool isGoingOn);
    void rest();
    void readSome();
    void finish();
    /// Leaves out gates of another shape.
    void add(const TrainerState& state);
    void complain(const std::string& text);

    SessionSnapshot m_run;
    std::vector<std::int64_t> m_waiting;  // steps, the next one last
    std::vector<GateFrame> m_frames;
    std::vector<GateFrame> m_latest;  // the checkpoint, when asked for
    bool m_hasComplained = false;
    bool m_isFollowing = false;
    QTimer m_turn;
};

}  // namespace consa
