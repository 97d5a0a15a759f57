// The gates of the run on show, step by step: what the timeline shows and the history of one gate is drawn from.
#pragma once

#include "core/layout/layout_file.h"
#include "core/session/session_snapshot.h"

#include <QObject>
#include <cstddef>
#include <vector>

namespace consa {

/// The gates after one step.
struct GateFrame {
    int step = 0;
    double target = 0;
    double expectedSparsity = 0;
    std::vector<float> logAlpha;  // row-major
    std::vector<Pin> pins;
};

/// Keeps every step that a snapshot brings. Past the limit every second of the older frames is dropped, so that memory
/// stays flat over any number of steps; the first and the latest frame always stay.
class GateRecord final : public QObject {
    Q_OBJECT

public:
    /// `limitBytes` bounds what the frames' gates take together.
    explicit GateRecord(std::size_t limitBytes = 64'000'000, QObject* parent = nullptr)
        : QObject(parent), m_limitBytes(limitBytes) {}

    /// Adds the snapshot's gates. Another run begins anew; a step that comes again drops what followed it.
    void setSnapshot(const SessionSnapshot& snapshot);

    [[nodiscard]] const std::vector<GateFrame>& frames() const { return m_frames; }
    /// Index of the latest frame at or before `step`; 0 when there is none so early. Needs a frame.
    [[nodiscard]] std::size_t indexAt(int step) const;
    /// P(full) of one unit in one frame; 0 or 1 where it was pinned.
    [[nodiscard]] double probability(std::size_t frame, std::size_t unit) const;
    /// The gates of that step rounded at the target of that step, with provenance.
    [[nodiscard]] LayoutFile layoutAt(std::size_t frame) const;

signals:
    void changed();

private:
    void thin();

    std::size_t m_limitBytes;
    SessionSnapshot m_session;  // of the run: model, config, folder
    std::uint64_t m_run = 0;
    std::vector<GateFrame> m_frames;
};

}  // namespace consa
