// Frames of a run's gates under a limit of memory.
#include "ui/models/gate_record.h"

#include "core/gates/hard_concrete.h"
#include "ui/session/session_layout.h"

#include <algorithm>

namespace consa {

void GateRecord::setSnapshot(const SessionSnapshot& snapshot) {
    const bool isOtherRun = snapshot.run != m_run || snapshot.grid != m_session.grid;
    if (isOtherRun && !m_frames.empty()) {
        m_frames.clear();
        emit changed();
    }
    m_run = snapshot.run;
    if (snapshot.logAlpha.empty() || holdsLayout(snapshot)) return;
    m_session = snapshot;
    const auto repeated = std::lower_bound(m_frames.begin(), m_frames.end(), snapshot.step,
                                           [](const GateFrame& frame, int step) { return frame.step < step; });
    GateFrame frame{snapshot.step, snapshot.target, snapshot.expectedSparsity,
                    std::vector<float>(snapshot.logAlpha.begin(), snapshot.logAlpha.end()), snapshot.pins};
    const bool isSame = repeated != m_frames.end() && repeated + 1 == m_frames.end() &&
                        repeated->logAlpha == frame.logAlpha && repeated->target == frame.target &&
                        repeated->pins == frame.pins;
    if (isSame) return;
    m_frames.erase(repeated, m_frames.end());
    m_frames.push_back(std::move(frame));
    thin();
    emit changed();
}

void GateRecord::thin() {
    const std::size_t frameBytes = m_frames.back().logAlpha.size() * sizeof(float) + sizeof(GateFrame);
    if (m_frames.size() < 4 || m_frames.size() * frameBytes <= m_limitBytes) return;
    std::vector<GateFrame> kept;
    kept.reserve(m_frames.size() / 2 + 1);
    for (std::size_t index = 0; index + 1 < m_frames.size(); index += 2) kept.push_back(std::move(m_frames[index]));
    kept.push_back(std::move(m_frames.back()));
    m_frames = std::move(kept);
}

std::size_t GateRecord::indexAt(int step) const {
    const auto after = std::upper_bound(m_frames.begin(), m_frames.end(), step,
                                        [](int value, const GateFrame& frame) { return value < frame.step; });
    return after == m_frames.begin() ? 0 : static_cast<std::size_t>(after - m_frames.begin()) - 1;
}

double GateRecord::probability(std::size_t frame, std::size_t unit) const {
    const GateFrame& one = m_frames[frame];
    const auto unitsPerLayer = static_cast<std::size_t>(m_session.grid.unitsPerLayer());
    for (const Pin& pin : one.pins) {
        const bool isUnit = pin.unit == Pin::kWholeLayer || static_cast<std::size_t>(pin.unit) == unit % unitsPerLayer;
        if (static_cast<std::size_t>(pin.layer) == unit / unitsPerLayer && isUnit) return pin.isFull ? 1 : 0;
    }
    return probabilityFull(static_cast<double>(one.logAlpha[unit]));
}

LayoutFile GateRecord::layoutAt(std::size_t frame) const {
    SessionSnapshot then = m_session;
    const GateFrame& one = m_frames[frame];
    then.step = one.step;
    then.target = one.target;
    then.logAlpha.assign(one.logAlpha.begin(), one.logAlpha.end());
    then.probability.resize(one.logAlpha.size());
    for (std::size_t unit = 0; unit < one.logAlpha.size(); ++unit) then.probability[unit] = probability(frame, unit);
    const UnitPins pins = pinsInside(one.pins, then.grid);
    return layoutFileOf(then, pins, roundedGates(then, pins, one.target));
}

}  // namespace consa
