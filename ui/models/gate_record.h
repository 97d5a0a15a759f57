// The gates of the run on show, step by step: what the timeline shows and the history of one gate is drawn from.
#pragma once

#include "core/layout/layout_file.h"
#include "core/session/session_snapshot.h"

#include <QObject>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace consa {

/// The gates after one step.
struct GateFrame {
    int step = 0;
    double target = 0;
    std::vector<float> logAlpha;  // row-major
    std::vector<Pin> pins;
};

/// Keeps every step that a snapshot brings, and what a run's folder kept of earlier ones. Past the limit every second
/// of the older frames is dropped, so that memory stays flat over any number of steps; the first and the latest frame
/// always stay.
class GateRecord final : public QObject {
    Q_OBJECT

public:
    /// `limitBytes` bounds what the frames' gates take together.
    explicit GateRecord(std::size_t limitBytes = 64'000'000, QObject* parent = nullptr)
        : QObject(parent), m_limitBytes(limitBytes) {}

    /// Adds the snapshot's gates. Another run begins anew; a step that comes again drops what followed it.
    void setSnapshot(const SessionSnapshot& snapshot);
    /// Puts what the session's run kept in its folder before the first frame; nothing when its folder is another one.
    /// `frames` by ascending step.
    void addPast(const std::string& runFolder, std::vector<GateFrame> frames);
    /// The step of the session's first frame; nothing before there is one.
    [[nodiscard]] std::optional<int> firstStep() const;

    /// Has the frames of a saved run on show until showSession(). `run` gives its model, config and folder.
    void showSaved(const SessionSnapshot& run, std::vector<GateFrame> frames);
    void showSession();
    [[nodiscard]] bool isShowingSaved() const { return m_saved.has_value(); }

    /// Those on show.
    [[nodiscard]] const std::vector<GateFrame>& frames() const { return shown().frames; }
    /// Index of the latest frame at or before `step`; 0 when there is none so early. Needs a frame.
    [[nodiscard]] std::size_t indexAt(int step) const;
    /// P(full) of one unit in one frame; 0 or 1 where it was pinned.
    [[nodiscard]] double probability(std::size_t frame, std::size_t unit) const;
    /// The gates of that step rounded at the target of that step, with provenance.
    [[nodiscard]] LayoutFile layoutAt(std::size_t frame) const;

signals:
    void changed();

private:
    struct Run {
        SessionSnapshot about;  // model, config, folder
        std::vector<GateFrame> frames;
    };
    [[nodiscard]] const Run& shown() const { return m_saved ? *m_saved : m_session; }
    /// Adds the snapshot's gates as the latest; false when they are the latest already.
    bool append(const SessionSnapshot& snapshot);
    void thin();
    /// Says so while the session is on show.
    void sessionChanged();

    std::size_t m_limitBytes;
    Run m_session;
    std::optional<Run> m_saved;
};

}  // namespace consa
