// Frames of a run's gates under a limit of memory.
#include "ui/models/gate_record.h"

#include "core/gates/hard_concrete.h"
#include "ui/session/session_layout.h"

#include <algorithm>
#include <iterator>

namespace consa {

namespace {

/// The first frame that is not before `step`.
auto firstFrom(std::vector<GateFrame>& frames, int step) {
    return std::lower_bound(frames.begin(), frames.end(), step,
                            [](const GateFrame& frame, int value) { return frame.step < value; });
}

}  // namespace

void GateRecord::setSnapshot(const SessionSnapshot& snapshot) {
    const bool isOtherRun = snapshot.run != m_session.about.run || snapshot.grid != m_session.about.grid;
    if (isOtherRun && !m_session.frames.empty()) {
        m_session.frames.clear();
        sessionChanged();
    }
    m_session.about.run = snapshot.run;
    if (snapshot.logAlpha.empty() || holdsLayout(snapshot)) return;
    m_session.about = snapshot;
    if (append(snapshot)) sessionChanged();
}

bool GateRecord::append(const SessionSnapshot& snapshot) {
    std::vector<GateFrame>& frames = m_session.frames;
    const auto repeated = firstFrom(frames, snapshot.step);
    GateFrame frame{snapshot.step, snapshot.target,
                    std::vector<float>(snapshot.logAlpha.begin(), snapshot.logAlpha.end()), snapshot.pins};
    const bool isSame = repeated != frames.end() && repeated + 1 == frames.end() &&
                        repeated->logAlpha == frame.logAlpha && repeated->target == frame.target &&
                        repeated->pins == frame.pins;
    if (isSame) return false;
    frames.erase(repeated, frames.end());
    frames.push_back(std::move(frame));
    thin();
    return true;
}

void GateRecord::addPast(const std::string& runFolder, std::vector<GateFrame> frames) {
    if (!firstStep() || m_session.about.runFolder != runFolder) return;
    frames.erase(firstFrom(frames, *firstStep()), frames.end());
    if (frames.empty()) return;
    frames.insert(frames.end(), std::make_move_iterator(m_session.frames.begin()),
                  std::make_move_iterator(m_session.frames.end()));
    m_session.frames = std::move(frames);
    thin();
    sessionChanged();
}

std::optional<int> GateRecord::firstStep() const {
    return m_session.frames.empty() ? std::nullopt : std::optional(m_session.frames.front().step);
}

void GateRecord::showSaved(const SessionSnapshot& run, std::vector<GateFrame> frames) {
    m_saved = Run{run, std::move(frames)};
    emit changed();
}

void GateRecord::showSession() {
    if (!m_saved) return;
    m_saved.reset();
    emit changed();
}

void GateRecord::sessionChanged() {
    if (!m_saved) emit changed();
}

void GateRecord::thin() {
    std::vector<GateFrame>& frames = m_session.frames;
    const std::size_t frameBytes = frames.back().logAlpha.size() * sizeof(float) + sizeof(GateFrame);
    if (frames.size() < 4 || frames.size() * frameBytes <= m_limitBytes) return;
    std::vector<GateFrame> kept;
    kept.reserve(frames.size() / 2 + 1);
    for (std::size_t index = 0; index + 1 < frames.size(); index += 2) kept.push_back(std::move(frames[index]));
    kept.push_back(std::move(frames.back()));
    frames = std::move(kept);
}

std::size_t GateRecord::indexAt(int step) const {
    const auto after = std::upper_bound(frames().begin(), frames().end(), step,
                                        [](int value, const GateFrame& frame) { return value < frame.step; });
    return after == frames().begin() ? 0 : static_cast<std::size_t>(after - frames().begin()) - 1;
}

double GateRecord::probability(std::size_t frame, std::size_t unit) const {
    const GateFrame& one = frames()[frame];
    const auto unitsPerLayer = static_cast<std::size_t>(shown().about.grid.unitsPerLayer());
    for (const Pin& pin : one.pins) {
        const bool isUnit = pin.unit == Pin::kWholeLayer || static_cast<std::size_t>(pin.unit) == unit % unitsPerLayer;
        if (static_cast<std::size_t>(pin.layer) == unit / unitsPerLayer && isUnit) return pin.isFull ? 1 : 0;
    }
    return probabilityFull(static_cast<double>(one.logAlpha[unit]));
}

LayoutFile GateRecord::layoutAt(std::size_t frame) const {
    SessionSnapshot then = shown().about;
    const GateFrame& one = frames()[frame];
    then.step = one.step;
    then.target = one.target;
    then.logAlpha.assign(one.logAlpha.begin(), one.logAlpha.end());
    then.probability.resize(one.logAlpha.size());
    for (std::size_t unit = 0; unit < one.logAlpha.size(); ++unit) then.probability[unit] = probability(frame, unit);
    const UnitPins pins = pinsInside(one.pins, then.grid);
    return layoutFileOf(then, pins, roundedGates(then, pins, one.target));
}

}  // namespace consa
