// The layouts that --layout names, for every subcommand that takes several.
#pragma once

#include "core/checkpoint/model_config.h"
#include "core/layout/layout_file.h"
#include "core/session/session_command.h"

#include <optional>
#include <string>
#include <vector>

namespace consa {

/// What the command line gave.
struct LayoutOptions {
    std::vector<std::string> layouts;  // rules and files
    std::optional<int> window, sinks;
    std::optional<double> sparsity;  // at which files that hold soft values are cut
};

/// What --layout understands, for its help.
inline constexpr const char* kLayoutHelp =
    "a layout file, run folder, DuoAttention folder, masks.tsv or Hugging Face config.json; or full, sliding, "
    "interleaved[:PHASE]@S, bottom-sliding@S, middle-full@S, heads@S, random:SEED@S, sensitivity@S; may be repeated";

/// Says on stderr when `file` was made with another model than `model`.
void warnOfOtherModel(const LayoutFile& file, const ModelConfig& model, const std::string& source);

/// A file's own window and sinks hold for it; rules, and files without, take --window and --sinks, else the first
/// file's, else the model's defaults (0 and -1 here). Warns on stderr when no layout takes an option. Throws Error
/// (BadInput) for what fits no such model.
[[nodiscard]] std::vector<EvaluatedLayout> layoutsFrom(const LayoutOptions& options, const ModelConfig& model);

}  // namespace consa
