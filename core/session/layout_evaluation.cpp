// Plans and runs comparisons.
#include "core/session/layout_evaluation.h"

#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/evaluation/perplexity.h"
#include "core/evaluation/sensitivity.h"
#include "core/layout/layout_patterns.h"
#include "core/model/transformer_loader.h"
#include "core/session/test_seal.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

namespace consa {

namespace {

constexpr int kRandomLayouts = 2;  // seeds compared beside the rules
constexpr std::int64_t kSensitivityTokensOnGpu = 131072, kSensitivityTokensOnCpu = 4096;  // read for every unit

std::string atSparsity(const std::string& rule, double sparsity) {
    return fmt::format("{}@{:.4g}", rule, sparsity);
}

void addRule(std::vector<EvaluatedLayout>& out, const std::string& word, const UnitGrid& grid) {
    for (NamedLayout& named : layoutsFromRule(word, grid)) out.push_back({named.name, std::move(named.layout)});
}

/// Writes the windows as decimal ids, one window a line.
void dumpTokens(const EvaluationText& text, const std::string& path) {
    std::string lines;
    for (const TokenWindow& window : text.windows) {
        const auto ids = text.corpus->tokens(window, text.contextTokens);
        lines += fmt::format("{}\n", fmt::join(ids, " "));
    }
    writeFileAtomically(path, lines);
}

/// Positions below it are not touched by any layout.
int smallestWindow(const std::vector<EvaluatedLayout>& layouts, int usual) {
    int smallest = 0;
    for (const EvaluatedLayout& layout : layouts) {
        const int window = layout.windowTokens > 0 ? layout.windowTokens : usual;
        smallest = smallest == 0 ? window : std::min(smallest, window);
    }
    return smallest == 0 ? usual : smallest;
}

void requireFinite(const WindowLosses& losses, const ModelConfig& model) {
    for (const WindowLoss& window : losses) {
        if (std::all_of(window.byBucket.begin(), window.byBucket.end(),
                        [](double loss) { return std::isfinite(loss); }))
            continue;
        throw Error("The loss of " + model.name +
                        " with every head full is not a number: its weights hold values that " +
                        "are not finite, or overflow; fetch the model again, or try --dtype float32.",
                    ErrorKind::RunFailed);
    }
}

}  // namespace

std::vector<EvaluatedLayout> layoutsToEvaluate(const EvaluateCommand& command, const UnitGrid& grid, double sparsity,
                                               const std::optional<LearnedCut>& learned) {
    std::vector<EvaluatedLayout> result;
    const bool hasLearned = command.includeLearned && learned;
    const double budget = hasLearned ? learned->layout.sparsity() : sparsity;
    if (command.includeRules) addRule(result, "full", grid);
    if (hasLearned) result.push_back({"learned", learned->layout});
    if (command.includeRules) {
        const std::size_t firstRule = result.size();
        addRule(result, atSparsity("interleaved", budget), grid);
        const int ruleCount = result[firstRule].layout.fullCount();
        if (hasLearned && ruleCount != learned->layout.fullCount())
            result.insert(result.begin() + static_cast<std::ptrdiff_t>(firstRule),
                          {"learned at the rule's count", learned->atCount(ruleCount)});
        for (const char* rule : {"bottom-sliding", "middle-full", "heads"})
            addRule(result, atSparsity(rule, budget), grid);
        for (int seed = 0; seed < kRandomLayouts; ++seed)
            addRule(result, atSparsity("random:" + std::to_string(seed), budget), grid);
        addRule(result, "sliding", grid);
    }
    result.insert(result.end(), command.layouts.begin(), command.layouts.end());
    return result;
}

namespace {

/// Fills in the layouts that have to be measured: units ranked on dev text, whatever is compared on.
void measureSensitivities(const Transformer& model, const TokenCorpus& corpus, int context,
                          std::vector<EvaluatedLayout>& layouts, const TrainingConfig& config,
                          const OpeningProgress& progress) {
    const std::int64_t tokens = model.device().is_cuda() ? kSensitivityTokensOnGpu : kSensitivityTokensOnCpu;
    std::map<std::pair<int, int>, std::vector<double>> measured;  // by window and sinks
    const UnitGrid grid = model.config().grid(Granularity::KvHead);
    for (EvaluatedLayout& one : layouts) {
        if (!one.sensitivitySparsity) continue;
        const int window = one.windowTokens > 0 ? one.windowTokens : config.windowTokens;
        const int sinks = one.sinkTokens >= 0 ? one.sinkTokens : config.sinkTokens;
        auto found = measured.find({window, sinks});
        if (found == measured.end()) {
            const EvaluationText text = makeEvaluationText(corpus, Split::Dev, context, window, tokens);
            found = measured
                        .emplace(std::pair(window, sinks),
                                 unitSensitivities(model, text, grid, window, sinks,
                                                   [&](double share) { progress(share, "Measuring unit by unit"); }))
                        .first;
        }
        one.layout =
            layoutFromScores(grid, found->second, fullUnitsAtSparsity(grid.unitCount(), *one.sensitivitySparsity));
    }
}

void requireContext(int context, const ModelConfig& model) {
    if (const int longest = model.longestContextTokens(); context < 1 || context > longest)
        throw Error("--context " + std::to_string(context) + " must lie in 1.." + std::to_string(longest) +
                    ", the model's context.");
}

/// A row without its figures.
ComparisonRow rowOf(const EvaluatedLayout& evaluated, const TrainingConfig& config) {
    ComparisonRow row;
    row.name = evaluated.name;
    row.layout = evaluated.layout;
    row.windowTokens = evaluated.windowTokens > 0 ? evaluated.windowTokens : config.windowTokens;
    row.sinkTokens = evaluated.sinkTokens >= 0 ? evaluated.sinkTokens : config.sinkTokens;
    return row;
}

std::vector<std::string> namesOf(const std::vector<EvaluatedLayout>& layouts) {
    std::vector<std::string> names;
    for (const EvaluatedLayout& layout : layouts) names.push_back(layout.name);
    return names;
}

}  // namespace

Comparison evaluateLayouts(OpenedModel& opened, LearningRun* run, const EvaluateCommand& command,
                           std::vector<EvaluatedLayout> layouts, const TrainingConfig& config,
                           const OpeningProgress& progress) {
    const int context = command.contextTokens > 0 ? command.contextTokens : config.contextTokens;
    requireContext(context, opened.config());
    const EvaluationText text = makeEvaluationText(opened.corpus(), splitFromString(command.split), context,
                                                   smallestWindow(layouts, config.windowTokens), command.maxTokens);
    if (!command.dumpTokensPath.empty()) dumpTokens(text, command.dumpTokensPath);
    const auto type = scalarType(command.dataType, opened.device(), /*forLearning=*/false);
    const Transformer& model = run != nullptr ? run->weights(type, progress) : opened.weights(type, progress);
    const int batchSize = evaluationBatchSize(opened.device(), context);
    measureSensitivities(model, opened.corpus(), context, layouts, config, progress);

    const std::size_t passes = layouts.size() + 1;
    std::size_t pass = 0;
    const auto losses = [&](const std::string& name, const AttentionLayout& layout, int window, int sinks) {
        const auto before = static_cast<double>(pass++);
        std::size_t done = 0;
        return evaluateLayout(model, text, layout, window, sinks, batchSize, [&](std::size_t windows) {
            done = std::max(done, windows);
            const double share = static_cast<double>(done) / static_cast<double>(text.windows.size());
            progress((before + share) / static_cast<double>(passes), "Evaluating " + name);
        });
    };
    const AttentionLayout allFull(opened.config().grid(Granularity::KvHead), true);
    const WindowLosses full = losses("all full", allFull, config.windowTokens, config.sinkTokens);
    requireFinite(full, opened.config());
    std::vector<EvaluatedLosses> evaluated;
    for (const EvaluatedLayout& one : layouts) {
        EvaluatedLosses result{rowOf(one, config), {}};
        result.row.hasTrainedWeights = run != nullptr && run->movesWeights();
        const bool isAllFull = one.layout.fullCount() == one.layout.grid.unitCount();
        result.losses = isAllFull ? full : losses(one.name, one.layout, result.row.windowTokens, result.row.sinkTokens);
        if (isAllFull) ++pass;
        evaluated.push_back(std::move(result));
    }
    std::vector<int> documents;
    for (const TokenWindow& window : text.windows) documents.push_back(window.document);
    Comparison comparison = compareLayouts(evaluated, full, documents, text.bucketEdges, context, text.recallTokens);
    comparison.split = command.split;
    comparison.testOpenings =
        countTestOpening(opened.corpus(), splitFromString(command.split), opened.modelFingerprint(), namesOf(layouts));
    return comparison;
}

}  // namespace consa
