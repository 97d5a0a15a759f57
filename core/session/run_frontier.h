// The frontier of several runs: every layout that their comparisons measured on the same tokens, loss over sparsity.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace consa {

/// One measured layout. Losses in nats a token, the error clustered by document.
struct FrontierRow {
    std::string run;     // folder's name; of a rule that several runs measured, the first one's
    std::string series;  // "learned", "interleaved", "random", ... or the layout's own name
    std::string layout;  // as the comparison names it
    int fullUnits = 0;
    int units = 0;
    double sparsity = 0;  // share of units on sliding, 0..1
    int windowTokens = 0;
    int sinkTokens = 0;
    double nll = 0;
    double deltaNll = 0;  // to all full
    double standardError = 0;
    std::int64_t tokens = 0;

    bool operator==(const FrontierRow&) const = default;
};

/// What kind of layout a name of a comparison stands for: "interleaved:1@0.5" is "interleaved", "learned" stays.
[[nodiscard]] std::string frontierSeries(const std::string& layout);

/// The rows of the runs' comparison.json, by series and sparsity; what was measured twice stands once. Throws Error
/// (BadInput) naming the folder when one holds no comparison, or was measured with another model, on other texts or
/// another number of tokens than the first: such losses belong into no common picture.
[[nodiscard]] std::vector<FrontierRow> frontierOfRuns(const std::vector<std::filesystem::path>& runs);

/// The rows with a line of titles; numbers in the C locale, nothing where one is not known. A name that holds
/// `separator` has spaces there.
[[nodiscard]] std::string frontierTable(const std::vector<FrontierRow>& rows, char separator);
/// JSON array, an object a row, keys as the table's titles.
[[nodiscard]] std::string toJson(const std::vector<FrontierRow>& rows);

}  // namespace consa
