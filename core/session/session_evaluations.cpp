// What the session does about evaluations: comparing, polishing, and the cut curve while nothing else is to do.
#include "core/base/error.h"
#include "core/session/layout_evaluation.h"
#include "core/session/layout_polish.h"
#include "core/session/run_comparison.h"
#include "core/session/session_worker.h"

#include <fmt/format.h>

namespace consa {

void ExperimentSession::Worker::handle(const EvaluateCommand& command) {
    if (!m_opened) throw Error("Nothing is open yet; open a model to compare layouts.");
    const SessionState before = m_snapshot.state;
    std::optional<LearnedCut> learned;
    if (m_learning)
        learned = LearnedCut{m_snapshot.layout, m_snapshot.step,
                             [this](int fullUnits) { return m_learning->trainer().gates().layoutOf(fullUnits); }};
    const std::vector<EvaluatedLayout> layouts =
        layoutsToEvaluate(command, m_snapshot.grid, m_snapshot.target, learned);
    setState(SessionState::Evaluating, "Evaluating");
    try {
        Comparison comparison =
            evaluateLayouts(*m_opened, m_learning.get(), command, layouts, m_snapshot.config, progressReporter());
        comparison.atStep = learned ? learned->step : 0;
        if (m_learning && m_learning->keeper() != nullptr) m_learning->keeper()->saveComparison(comparison);
        m_snapshot.comparison = std::move(comparison);
    } catch (const std::exception&) {
        m_snapshot.state = before;
        throw;
    }
    note("evaluate", fmt::format("Compared {} layouts on the {} text", layouts.size(), command.split));
    setState(before);
}

void ExperimentSession::Worker::handle(const CompareRunsCommand& command) {
    if (!m_opened) throw Error("Nothing is open yet; open a model to compare its runs.");
    const SessionState before = m_snapshot.state;
    setState(SessionState::Evaluating, "Evaluating");
    try {
        m_snapshot.comparison = compareRuns(*m_opened, command, progressReporter());
    } catch (const std::exception&) {
        m_snapshot.state = before;
        throw;
    }
    note("evaluate", fmt::format("Compared {} runs on the {} text", command.runFolders.size(), command.split));
    setState(before);
}

void ExperimentSession::Worker::handle(const PolishCommand& command) {
    const SessionState before = m_snapshot.state;
    if (!m_learning || (before != SessionState::Paused && before != SessionState::Finished))
        throw Error("Nothing to polish; pause or finish a run first.");
    setState(SessionState::Evaluating, "Polishing");
    SwapResult result;
    try {
        result = polishLayout(*m_learning, m_opened->corpus(), command.trials, progressReporter());
    } catch (const std::exception&) {
        m_snapshot.state = before;
        throw;
    }
    m_snapshot.cutCurve = {};
    ++m_snapshot.polishCount;
    takePicture();
    saveRun();
    note("polish", sentence(result));
    setState(before);
}

bool ExperimentSession::Worker::hasIdleWork() {
    const bool isIdle = m_snapshot.state == SessionState::Paused || m_snapshot.state == SessionState::Finished;
    if (!m_wantsCutCurve || !isIdle || !m_learning) return false;
    if (m_learning->trainer().config().mode == LearningMode::Recover) return false;  // there is one layout only
    return !m_cutCurve || m_cutCurve->hasWork(m_snapshot.cutCurve, m_snapshot.step, m_snapshot.cut);
}

void ExperimentSession::Worker::addCutPoint() {
    try {
        if (!m_cutCurve)
            m_cutCurve = std::make_unique<CutCurveEvaluator>(m_learning->model(), m_opened->corpus(),
                                                             m_learning->trainer().config());
        const double sparsity = m_cutCurve->nextSparsity(m_snapshot.cutCurve, m_snapshot.step, m_snapshot.cut);
        m_cutCurve->addPoint(m_snapshot.cutCurve, m_snapshot.step, sparsity, m_learning->trainer().layoutAt(sparsity),
                             [this] {
                                 if (m_hasCommands || m_stop.stop_requested()) throw Cancelled();
                             });
    } catch (const Error&) {  // texts too short, or no memory: the curve is a courtesy, the run goes on without
        m_wantsCutCurve = false;
    } catch (const std::exception&) {  // would come again at every idle moment
        m_wantsCutCurve = false;
        throw;
    }
    publish();
}

}  // namespace consa
