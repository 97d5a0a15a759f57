// Evaluates one run after the other and compares them window by window.
#include "core/session/run_comparison.h"

#include "core/base/error.h"
#include "core/evaluation/perplexity.h"
#include "core/model/transformer_loader.h"
#include "core/session/test_seal.h"
#include "core/session/trained_weights.h"

#include <algorithm>

namespace consa {

namespace {

/// A run and the layout that it held.
struct RecoveredRun {
    RunFolder folder;
    AttentionLayout layout;

    [[nodiscard]] const TrainingConfig& config() const { return folder.record().config; }
};

RecoveredRun openRun(const std::string& path, const OpenedModel& opened) {
    RunFolder folder = RunFolder::open(path);
    const std::optional<AttentionLayout> layout = folder.loadHeldLayout();
    if (!layout) throw Error(path + " is no recovery: its layout was learned, not held; name runs of consa recover.");
    const RunRecord& record = folder.record();
    if (record.modelFingerprint != opened.modelFingerprint())
        throw Error(path + " was made with another version of the model " + record.config.model + ".");
    const std::int64_t done = folder.loadCheckpoint().step;
    if (done < record.config.stepCount)
        throw Error(path + " has not finished: step " + std::to_string(done) + " of " +
                    std::to_string(record.config.stepCount) + "; go on with it first.");
    return {std::move(folder), *layout};
}

/// Throws unless nothing but the layout, and what it hides, tells the runs apart.
void requireSameTraining(const RecoveredRun& run, const RecoveredRun& control) {
    TrainingConfig config = run.config();
    config.layout = control.config().layout;
    config.windowTokens = control.config().windowTokens;
    config.sinkTokens = control.config().sinkTokens;
    config.target = control.config().target;
    if (config == control.config() &&
        run.folder.record().corpusFingerprint == control.folder.record().corpusFingerprint &&
        run.folder.record().dataType == control.folder.record().dataType)
        return;
    throw Error(run.folder.path().string() + " was not trained as " + control.folder.path().string() +
                " was: texts, steps, rates and seed must be the same for a fair comparison.");
}

std::vector<RecoveredRun> openRuns(const std::vector<std::string>& paths, const OpenedModel& opened) {
    if (paths.empty()) throw Error("There is no run to compare.");
    std::vector<RecoveredRun> runs;
    for (const std::string& path : paths) {
        runs.push_back(openRun(path, opened));
        requireSameTraining(runs.back(), runs.front());
    }
    const AttentionLayout& control = runs.front().layout;
    if (control.fullCount() != control.grid.unitCount())
        throw Error(paths.front() + " is not all full: the first run is what the others are compared with.");
    return runs;
}

EvaluationText textOf(const OpenedModel& opened, const CompareRunsCommand& command,
                      const std::vector<RecoveredRun>& runs) {
    const int context = command.contextTokens > 0 ? command.contextTokens : runs.front().config().contextTokens;
    int window = runs.front().config().windowTokens;
    for (const RecoveredRun& run : runs) window = std::min(window, run.config().windowTokens);
    return makeEvaluationText(opened.corpus(), splitFromString(command.split), context, window, command.maxTokens);
}

}  // namespace

Comparison compareRuns(const OpenedModel& opened, const CompareRunsCommand& command, const OpeningProgress& progress) {
    const std::vector<RecoveredRun> runs = openRuns(command.runFolders, opened);
    const EvaluationText text = textOf(opened, command, runs);
    const auto type = scalarType(command.dataType, opened.device(), /*forLearning=*/false);
    std::vector<EvaluatedLosses> evaluated;
    const auto evaluate = [&](const Transformer& model, const std::string& name, const RecoveredRun& run) {
        EvaluatedLosses one;
        one.row.name = name;
        one.row.layout = run.layout;
        one.row.windowTokens = run.config().windowTokens;
        one.row.sinkTokens = run.config().sinkTokens;
        const auto done = static_cast<double>(evaluated.size()), all = static_cast<double>(runs.size() + 1);
        one.losses = evaluateLayout(model, text, run.layout, one.row.windowTokens, one.row.sinkTokens,
                                    evaluationBatchSize(opened.device(), text.contextTokens),
                                    [&](std::size_t) { progress(done / all, "Evaluating " + name); });
        evaluated.push_back(std::move(one));
    };
    for (const RecoveredRun& run : runs) {
        evaluate(trainedModel(opened.checkpoint(), run.folder, opened.device(), type, progress), run.config().layout,
                 run);
        evaluated.back().row.hasTrainedWeights = true;
    }
    const Transformer before = loadTransformer(opened.checkpoint(), opened.device(), type);
    evaluate(before, "full before", runs.front());
    std::vector<int> documents;
    for (const TokenWindow& window : text.windows) documents.push_back(window.document);
    Comparison comparison = compareLayouts(evaluated, evaluated.front().losses, documents, text.bucketEdges,
                                           text.contextTokens, text.recallTokens);
    comparison.split = command.split;
    std::vector<std::string> names;
    for (const ComparisonRow& row : comparison.rows) names.push_back(row.name);
    comparison.testOpenings =
        countTestOpening(opened.corpus(), splitFromString(command.split), opened.modelFingerprint(), names);
    comparison.atStep = runs.front().config().stepCount;
    return comparison;
}

}  // namespace consa
