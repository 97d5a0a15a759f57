// Rules drawn for the model, files read and checked against it.
#include "app/headless/layout_options.h"

#include "core/base/error.h"
#include "core/layout/layout_exchange.h"
#include "core/layout/layout_patterns.h"
#include "core/layout/model_match.h"

#include <fmt/format.h>

#include <algorithm>

namespace consa {

namespace {

/// Says in one line which of --window and --sinks no layout takes: files hold to their own, all full ones slide
/// nowhere.
void warnWithoutEffect(const LayoutOptions& o, const std::vector<EvaluatedLayout>& layouts) {
    const auto isTaken = [&](auto takes) {
        return std::ranges::any_of(layouts, [&](const EvaluatedLayout& one) {
            const bool slides = one.sensitivitySparsity || one.layout.fullCount() < one.layout.grid.unitCount();
            return slides && takes(one);
        });
    };
    std::vector<std::string> useless;
    if (o.window && !isTaken([](const EvaluatedLayout& one) { return one.windowTokens == 0; }))
        useless.emplace_back("--window");
    if (o.sinks && !isTaken([](const EvaluatedLayout& one) { return one.sinkTokens < 0; }))
        useless.emplace_back("--sinks");
    if (useless.empty()) return;
    fmt::print(stderr, "Warning: {} {} no effect here: every --layout that slides brings its own.\n",
               fmt::join(useless, " and "), useless.size() > 1 ? "have" : "has");
}

}  // namespace

void warnOfOtherModel(const LayoutFile& file, const ModelConfig& model, const std::string& source) {
    const std::string warning = otherModelWarning(file, model.name, source);
    if (!warning.empty()) fmt::print(stderr, "Warning: {}.\n", warning);
}

std::vector<EvaluatedLayout> layoutsFrom(const LayoutOptions& o, const ModelConfig& model) {
    int window = o.window.value_or(0), sinks = o.sinks.value_or(-1);
    bool hasSoft = false;
    std::vector<EvaluatedLayout> result;
    for (const std::string& word : o.layouts) {
        if (const std::optional<double> measured = sensitivitySparsity(word)) {
            result.push_back({word, AttentionLayout(model.grid(Granularity::KvHead), true), 0, -1, measured});
            continue;
        }
        if (isLayoutRule(word)) {
            for (NamedLayout& named : layoutsFromRule(word, model.grid(Granularity::KvHead)))
                result.push_back({named.name, std::move(named.layout), 0, -1});
            continue;
        }
        const ImportedLayout imported = readForeignLayout(word);
        hasSoft = hasSoft || imported.isSoft();
        const std::optional<double> sparsity = imported.isSoft() ? o.sparsity : std::nullopt;
        const LayoutFile file = toLayoutFile(imported, {sparsity, o.window, o.sinks});
        requireShape(file, model.grid(file.layout.grid.granularity), word);
        warnOfOtherModel(file, model, word);
        if (window == 0) window = imported.windowTokens.value_or(0);
        if (sinks < 0) sinks = imported.sinkTokens.value_or(-1);
        result.push_back({word, file.layout, imported.windowTokens.value_or(0), imported.sinkTokens.value_or(-1)});
    }
    if (o.sparsity && !hasSoft)
        throw Error("--sparsity has no effect here: it cuts layouts of soft values, and no --layout holds any");
    warnWithoutEffect(o, result);
    for (EvaluatedLayout& layout : result) {
        if (layout.windowTokens == 0) layout.windowTokens = window;
        if (layout.sinkTokens < 0) layout.sinkTokens = sinks;
    }
    return result;
}

}  // namespace consa
