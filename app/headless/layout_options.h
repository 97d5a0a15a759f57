// The layouts that --layout names, the same for every subcommand that compares some.
#pragma once

#include "core/checkpoint/model_config.h"
#include "core/session/session_command.h"

#include <optional>
#include <string>
#include <vector>

namespace consa {

/// What --layout accepts, for the help.
inline constexpr const char* kLayoutHelp =
    "a layout file, run folder, DuoAttention folder, masks.tsv or Hugging Face config.json; or full, sliding, "
    "interleaved[:PHASE]@S, bottom-sliding@S, middle-full@S, heads@S, random:SEED@S, sensitivity@S; may be repeated";

/// What holds where a layout doesn't say.
struct LayoutChoice {
    std::optional<int> windowTokens, sinkTokens;
    std::optional<double> sparsity;  // cuts the files that hold soft values, 0..1
};

/// The rules and files that `words` name, for a model of this shape. A file's own window and sinks hold for it; rules,
/// and files without, take the choice's, else the first file's, else 0 and -1 (the run's config). Throws Error
/// (BadInput) for what can't be read or does not fit the model.
[[nodiscard]] std::vector<EvaluatedLayout> layoutsFromWords(const std::vector<std::string>& words,
                                                            const ModelConfig& model, const LayoutChoice& choice);

}  // namespace consa
