// Runs the three layouts through a session.
#include "app/headless/export_evaluation.h"

#include "app/headless/headless_session.h"
#include "core/base/error.h"

#include <fmt/format.h>

namespace consa {

Comparison evaluateExport(const ExportEvaluation& evaluation, const LayoutFile& layout, const LayoutFile& layers) {
    HeadlessSession session;
    session.post(OpenCommand{evaluation.model, evaluation.corpus, evaluation.device});
    const SnapshotPointer opened =
        session.waitFor([](const SessionSnapshot& s) { return s.state == SessionState::Ready; });
    EvaluateCommand command;
    const AttentionLayout allFull(opened->model->grid(Granularity::KvHead), true);
    command.layouts = {{"full", allFull, layout.windowTokens, layout.sinkTokens},
                       {"layout", layout.layout, layout.windowTokens, layout.sinkTokens},
                       {"exported", layers.layout, layers.windowTokens, 0}};
    command.split = evaluation.split;
    command.contextTokens = evaluation.context.value_or(0);
    command.maxTokens = evaluation.tokens;
    command.includeLearned = command.includeRules = false;
    session.post(command);
    const SnapshotPointer end =
        session.waitFor([](const SessionSnapshot& s) { return s.state == SessionState::Ready && s.comparison; });
    if (!end->comparison) {
        throw Error("Interrupted before the perplexity was known; the folder is whole.", ErrorKind::RunFailed);
    }
    return *end->comparison;
}

std::string describeExport(const Comparison& comparison, int sinkTokens) {
    constexpr double kMuch = 0.02;  // nats a token, 2 % of perplexity (taste)
    const ComparisonRow& full = comparison.rows.at(0);
    const ComparisonRow& layout = comparison.rows.at(1);
    const ComparisonRow& exported = comparison.rows.at(2);
    std::string text = fmt::format(
        "In transformers this folder has perplexity {:.2f} (the layout with its {} sinks has {:.2f}, all full "
        "{:.2f}).\n",
        exported.perplexity(), sinkTokens, layout.perplexity(), full.perplexity());
    if (exported.nll - layout.nll > kMuch) {
        text += "Much is lost on the way; a layout learned with --granularity layer --sinks 0 knows what it will be.\n";
    }
    return text;
}

}  // namespace consa
