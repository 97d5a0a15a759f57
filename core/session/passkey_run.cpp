// Opens the model, makes the texts and asks layout by layout.
#include "core/session/passkey_run.h"

#include "core/base/error.h"
#include "core/evaluation/passkey_evaluation.h"
#include "core/model/transformer_loader.h"
#include "core/session/opened_model.h"

#include <fmt/format.h>

#include <memory>

namespace consa {
namespace {

/// Ids of the dev split's longest document; empty without one.
std::vector<std::int32_t> fillerOf(const TokenCorpus& corpus) {
    const Document* longest = nullptr;
    for (const Document& document : corpus.documents()) {
        if (document.split == Split::Dev && (!longest || document.tokens.size() > longest->tokens.size()))
            longest = &document;
    }
    if (!longest) return {};
    return {longest->tokens.begin(), longest->tokens.end()};
}

void requireSense(const PasskeyRun& run, const ModelConfig& model) {
    if (run.keyCount < 1) throw Error("--keys must be at least 1.");
    if (const int most = model.longestContextTokens(); run.contextTokens < 1 || run.contextTokens > most)
        throw Error(fmt::format("--context {} must lie in 1..{}, the model's context.", run.contextTokens, most));
    for (const EvaluatedLayout& layout : run.layouts) {
        if (layout.sensitivitySparsity)
            throw Error(layout.name + " has to be measured first, which consa evaluate does; name a layout here.");
    }
}

}  // namespace

PasskeyReport runPasskeys(const PasskeyRun& run, const std::function<void(double, const std::string&)>& progress) {
    OpenedModel opened(run.open, progress);
    requireSense(run, opened.config());
    const auto tokenizer = makeTokenizer(opened.checkpoint().tokenizerJson(), run.open.model);
    const std::vector<PasskeyText> texts =
        makePasskeyTexts(*tokenizer, fillerOf(opened.corpus()), run.contextTokens, run.keyCount);
    const Transformer& model =
        opened.weights(scalarType(DataType::Auto, opened.device(), /*forLearning=*/false), progress);

    std::size_t pass = 0;
    const auto answers = [&](const EvaluatedLayout& one) {
        const int window = one.windowTokens > 0 ? one.windowTokens : run.windowTokens;
        const int sinks = one.sinkTokens >= 0 ? one.sinkTokens : run.sinkTokens;
        const std::size_t before = pass++ * texts.size(), all = (run.layouts.size() + 1) * texts.size();
        const auto report = [&](std::size_t done) {
            progress(static_cast<double>(before + done) / static_cast<double>(all), "Asking " + one.name);
        };
        return PasskeyAnswers{one.name, passkeyAnswers(model, texts, one.layout, window, sinks, report)};
    };
    const PasskeyAnswers full = answers({"all full", AttentionLayout(opened.config().grid(Granularity::KvHead), true)});
    std::vector<PasskeyAnswers> evaluated;
    for (const EvaluatedLayout& layout : run.layouts) evaluated.push_back(answers(layout));
    return passkeyReport(texts, full, evaluated);
}

}  // namespace consa
