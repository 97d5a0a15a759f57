// Reads rules and files into layouts to evaluate.
#include "app/headless/layout_options.h"

#include "core/layout/layout_exchange.h"
#include "core/layout/layout_patterns.h"

#include <utility>

namespace consa {

std::vector<EvaluatedLayout> layoutsFromWords(const std::vector<std::string>& words, const ModelConfig& model,
                                              const LayoutChoice& choice) {
    int window = choice.windowTokens.value_or(0), sinks = choice.sinkTokens.value_or(-1);
    const UnitGrid grid = model.grid(Granularity::KvHead);
    std::vector<EvaluatedLayout> result;
    for (const std::string& word : words) {
        if (const std::optional<double> measured = sensitivitySparsity(word)) {
            result.push_back({word, AttentionLayout(grid, true), 0, -1, measured});
            continue;
        }
        if (isLayoutRule(word)) {
            for (NamedLayout& named : layoutsFromRule(word, grid))
                result.push_back({named.name, std::move(named.layout), 0, -1});
            continue;
        }
        const ImportedLayout imported = readForeignLayout(word);
        const std::optional<double> sparsity = imported.isSoft() ? choice.sparsity : std::nullopt;
        const LayoutFile file = toLayoutFile(imported, {sparsity, choice.windowTokens, choice.sinkTokens});
        requireShape(file, model.grid(file.layout.grid.granularity), word);
        if (window == 0) window = imported.windowTokens.value_or(0);
        if (sinks < 0) sinks = imported.sinkTokens.value_or(-1);
        result.push_back({word, file.layout, imported.windowTokens.value_or(0), imported.sinkTokens.value_or(-1)});
    }
    for (EvaluatedLayout& layout : result) {
        if (layout.windowTokens == 0) layout.windowTokens = window;
        if (layout.sinkTokens < 0) layout.sinkTokens = sinks;
    }
    return result;
}

}  // namespace consa
