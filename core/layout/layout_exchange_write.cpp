// Writes layouts in the formats of DuoAttention and PruLong.
#include "core/base/file_io.h"
#include "core/base/json_text.h"
#include "core/base/whole_folder.h"
#include "core/layout/layout_exchange.h"
#include "core/layout/number_table.h"

namespace consa {
namespace {

/// The decisions, a row a layer and a column a KV head.
NumberTable hardTable(const AttentionLayout& layout) {
    const AttentionLayout heads = layout.perKvHead();
    NumberTable table{
        static_cast<std::size_t>(heads.grid.layerCount), static_cast<std::size_t>(heads.grid.kvHeadCount), {}};
    for (const std::uint8_t full : heads.full) table.values.push_back(full);
    return table;
}

/// The probabilities in the same shape, or an empty table when cutting them does not give the layout.
NumberTable softTable(const LayoutFile& file) {
    if (file.probabilities.empty()) return {};
    const AttentionLayout heads = file.layout.perKvHead();
    NumberTable table = hardTable(file.layout);
    const std::size_t headsPerUnit = heads.full.size() / file.probabilities.size();
    for (std::size_t i = 0; i < table.values.size(); ++i) table.values[i] = file.probabilities[i / headsPerUnit];
    if (table.isHard()) return {};
    const int fullCount = fullUnitsAtSparsity(heads.grid.unitCount(), heads.sparsity());
    const bool isSame = layoutFromScores(heads.grid, table.values, fullCount) == heads;
    return isSame ? table : NumberTable{};
}

}  // namespace

void writeDuoAttention(const std::filesystem::path& folder, const LayoutFile& file) {
    NumberTable table = softTable(file);
    if (table.values.empty()) table = hardTable(file.layout);
    const Json settings = {{"model_name", file.modelName},
                           {"sink_size", file.sinkTokens},
                           {"recent_size", file.windowTokens},
                           {"sparsity", file.layout.sparsity()}};
    WholeFolder whole(folder);
    writeFileAtomically(whole.path() / "full_attention_heads.tsv", toExactText(table));
    writeFileAtomically(whole.path() / "config.json", dumpJson(settings) + "\n");
    whole.finish();
}

void writePruLong(const std::filesystem::path& path, const LayoutFile& file) {
    writeFileAtomically(path, toHardText(hardTable(file.layout)));
}

}  // namespace consa
