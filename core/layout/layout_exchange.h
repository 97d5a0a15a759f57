// Layouts in other programs' formats: DuoAttention, PruLong, Hugging Face, and our own JSON beside them.
#pragma once

#include "core/layout/layout_file.h"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace consa {

enum class LayoutFormat { Consa, DuoAttention, PruLong, HuggingFace };

/// "DuoAttention", ..., for messages.
[[nodiscard]] const char* toString(LayoutFormat format);

/// What a layout file of any format holds, before a budget is picked.
struct ImportedLayout {
    LayoutFormat format = LayoutFormat::Consa;
    UnitGrid grid;
    std::vector<std::uint8_t> units;  // the file's own decisions, row-major; empty when it holds soft values only
    std::vector<double> softValues;   // as the file has them, slightly outside 0..1 too; empty for hard files
    double ownSparsity = 0;           // where soft values without decisions are cut when nothing is picked, 0..1
    std::optional<int> windowTokens;  // the query counted
    std::optional<int> sinkTokens;
    std::string modelName;
    std::string modelArchitecture;
    LayoutProvenance provenance;
    std::string note;

    /// True when a budget can be picked.
    [[nodiscard]] bool isSoft() const { return !softValues.empty(); }
    /// True when one must be picked, or ownSparsity is taken.
    [[nodiscard]] bool needsCut() const { return units.empty(); }
};

/// Reads a layout, told apart by what is there:
///   folder with full_attention_heads.tsv         DuoAttention; config.json gives sink_size and recent_size
///   folder with layout.json                      a run folder of ours
///   folder with masks.tsv                        PruLong; config.json may give sink_size and local_window_size
///   folder or config.json with layer_types,      Hugging Face, a decision a layer, no sinks
///     or with a sliding_window
///   text that starts with {                      our JSON
///   other text                                   a table of numbers: DuoAttention's when the config.json beside it has
///                                                sink_size and recent_size or when it is soft, else PruLong's
/// Sources of the formats: github.com/mit-han-lab/duo-attention (attn_patterns, duo_attn/utils.py),
/// github.com/princeton-pli/PruLong (save_prulong_masks.py), transformers' configuration classes.
/// Throws Error (BadInput) naming file, line and column, or what is supported.
[[nodiscard]] ImportedLayout readForeignLayout(const std::filesystem::path& path);

/// What is picked where the file leaves it open.
struct ImportChoice {
    std::optional<double> sparsity;   // 0..1; re-cuts soft values; refused for hard files
    std::optional<int> windowTokens;  // for files without a window, else the format's default
    std::optional<int> sinkTokens;
};

/// The layout at a budget. Soft values become probabilities, clamped to 0..1; which units are full follows the values
/// as they were, so that clamping makes no ties. Without a picked sparsity the file's decisions hold; a DuoAttention
/// file has none and is cut at the sparsity in its config.json, else at 0.5: its own evaluation scripts' default (its
/// other rule, value >= 0.5, keeps 81 to 95 % of the published GQA patterns full). Full units:
/// fullUnitsAtSparsity(). Without any window 1024 is taken and 128 sinks, PruLong's defaults.
/// Throws Error (BadInput) when `choice` asks for a sparsity of a hard file.
[[nodiscard]] LayoutFile toLayoutFile(const ImportedLayout& imported, const ImportChoice& choice);

/// Both steps at once.
[[nodiscard]] LayoutFile readAnyLayoutFile(const std::filesystem::path& path, const ImportChoice& choice);

/// Writes full_attention_heads.tsv and config.json into a new folder, as DuoAttention's load_attn_pattern reads them.
/// Probabilities are written when cutting them again gives this very layout (its sparsity is put into config.json),
/// else 1 and 0. A layer layout is drawn per KV head. Throws Error when the folder is there and not empty.
void writeDuoAttention(const std::filesystem::path& folder, const LayoutFile& file);

/// Writes the decisions as PruLong's masks.tsv; it holds neither probabilities nor window and sinks.
void writePruLong(const std::filesystem::path& path, const LayoutFile& file);

}  // namespace consa
