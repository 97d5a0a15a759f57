// Tries, remembers what failed, and tries again.
#include "core/session/run_keeper.h"

#include "core/base/error.h"
#include "core/base/json_text.h"

#include <algorithm>
#include <utility>

namespace consa {
namespace {

/// The event's line with the change itself beside the words.
std::string lineOf(const SteeringMove& move, const SessionEvent& event) {
    ParsedJson line = parseJson(toJsonLine(event), "an event");
    const ParsedJson moves = parseJson(toJson({move}), "a change");
    line.update(moves.front());
    return dumpJson(line);
}

}  // namespace

void RunKeeper::append(std::string line) {
    m_lines.push_back(std::move(line));
    tryTo([] {});
}

void RunKeeper::steer(const SteeringMove& move, const SessionEvent& event) {
    m_steering.push_back(move);
    append(lineOf(move, event));
}

bool RunKeeper::tryTo(const std::function<void()>& write) {
    try {
        if (!m_folder.isThere()) {
            m_folder.restore();
            m_loss = m_folder.path().string() + " was taken away while the run was writing there; it is made again, " +
                     "without the steps before";
            m_isCheckpointLate = true;
        }
        writeLines();
        write();
        if (!m_isCheckpointLate) m_problem.clear();
        return true;
    } catch (const Error& error) {
        m_problem = error.what();
        return false;
    }
}

void RunKeeper::writeLines() {
    while (!m_lines.empty()) {
        m_folder.appendLine(m_lines.front());
        m_lines.pop_front();
    }
}

bool RunKeeper::isCheckpointDue(std::int64_t stepsDone) const {
    if (!m_isCheckpointLate && stepsDone % m_pace.steps == 0) return true;
    const Clock::duration wait = m_isCheckpointLate ? m_pace.retry : m_pace.time;
    return Clock::now() - m_triedAt >= std::max(wait, m_pace.timesItsOwn * m_savingTook);
}

void RunKeeper::saveCheckpoint(const TrainerState& state, const UnitGrid& grid,
                               const std::function<std::optional<WeightState>()>& makeWeights) {
    const auto begin = Clock::now();
    m_isCheckpointLate = !tryTo([&] { m_folder.saveCheckpoint(state, grid, makeWeights(), m_steering); });
    if (!m_isCheckpointLate) m_problem.clear();
    m_triedAt = Clock::now();
    m_savingTook = m_triedAt - begin;
}

void RunKeeper::keepState(const TrainerState& state, const UnitGrid& grid) {
    tryTo([&] { m_folder.states().keep({state, {}, {}, m_steering}, grid); });
}

void RunKeeper::rewind(const RunCheckpoint& kept, const UnitGrid& grid, const SessionEvent& event,
                       std::int64_t fromStep) {
    m_steering = kept.steering;
    saveCheckpoint(kept.state, grid, [] { return std::nullopt; });
    m_folder.states().dropAfter(kept.state.step);
    ParsedJson line = parseJson(toJsonLine(event), "an event");
    line["fromStep"] = fromStep;
    append(dumpJson(line));
}

void RunKeeper::saveLayout(const LayoutFile& layout) {
    tryTo([&] { m_folder.saveLayout(layout); });
}

void RunKeeper::saveHeldLayout(const AttentionLayout& layout) {
    tryTo([&] { m_folder.saveHeldLayout(layout); });
}

void RunKeeper::saveComparison(const Comparison& comparison) {
    tryTo([&] { m_folder.saveComparison(comparison); });
}

std::optional<std::string> RunKeeper::takeNews() {
    if (!m_loss.empty()) return std::exchange(m_loss, {});
    if (m_problem.empty() == m_told.empty()) return std::nullopt;
    m_told = m_problem;
    if (m_problem.empty()) return "The run is saved again: " + m_folder.path().string() + " has all of it";
    return m_problem +
           ". Training goes on; until this works again the run can be gone on with from its last checkpoint";
}

}  // namespace consa
