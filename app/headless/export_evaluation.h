// What an exported model will be worth: its layout measured as the other program will run it.
#pragma once

#include "core/evaluation/comparison.h"
#include "core/layout/layout_file.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace consa {

/// On which texts and where, as `consa evaluate` takes them.
struct ExportEvaluation {
    std::string model;
    std::vector<std::string> corpus;
    std::string split = "dev", device = "auto";
    std::optional<int> context;
    std::int64_t tokens = 0;  // 0: all windows of the split
};

/// Three rows: all full; `layout` with its sinks; `layers` without sinks, which is what transformers computes. Throws
/// Error on bad input or when interrupted.
[[nodiscard]] Comparison evaluateExport(const ExportEvaluation& evaluation, const LayoutFile& layout,
                                        const LayoutFile& layers);

/// The three perplexities in words, and advice where the export costs much. Ends with a line end.
[[nodiscard]] std::string describeExport(const Comparison& comparison, int sinkTokens);

}  // namespace consa
