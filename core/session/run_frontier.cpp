// Reads comparisons of run folders and joins their rows.
#include "core/session/run_frontier.h"

#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/base/json_text.h"
#include "core/session/run_folder.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <tuple>

namespace consa {

namespace {

namespace fs = std::filesystem;

FrontierRow rowFromJson(const ParsedJson& json, const std::string& run) {
    FrontierRow row;
    row.run = run;
    row.layout = json.at("layout").get<std::string>();
    row.series = frontierSeries(row.layout);
    row.fullUnits = json.at("fullUnits").get<int>();
    row.units = json.at("units").get<int>();
    row.sparsity = json.at("sparsity").get<double>();
    row.windowTokens = json.at("window").get<int>();
    row.sinkTokens = json.at("sinks").get<int>();
    row.tokens = json.at("tokens").get<std::int64_t>();
    const auto number = [&json](const char* key) {
        return json.at(key).is_number() ? json.at(key).get<double>() : NAN;
    };
    row.nll = number("nll");
    row.deltaNll = number("deltaNll");
    row.standardError = number("deltaStandardError");
    return row;
}

std::vector<FrontierRow> rowsOfRun(const fs::path& folder) {
    const std::string run = (folder / ".").lexically_normal().parent_path().filename().string();
    const std::string file = (folder / "comparison.json").string();
    std::error_code code;
    if (!fs::exists(file, code))
        throw Error(folder.string() + " holds no comparison (comparison.json); evaluate the run first.");
    try {
        std::vector<FrontierRow> rows;
        for (const ParsedJson& json : parseJson(readFile(file), file))
            if (FrontierRow row = rowFromJson(json, run); std::isfinite(row.deltaNll)) rows.push_back(std::move(row));
        if (rows.empty()) throw Error(file + " holds no measured layout.");
        return rows;
    } catch (const ParsedJson::exception& error) {
        throw Error(file + " is not a comparison: " + error.what() + ".");
    }
}

void requireSameBasis(const RunRecord& first, const RunRecord& other, const fs::path& folder) {
    const auto refuse = [&folder](const char* what) {
        throw Error(folder.string() + " was measured " + what + " than the first run: name runs of one study.");
    };
    if (other.modelFingerprint != first.modelFingerprint) refuse("with another model");
    if (other.corpusFingerprint != first.corpusFingerprint) refuse("on other texts");
}

bool isSameLayout(const FrontierRow& left, const FrontierRow& right) {
    return left.layout == right.layout && left.nll == right.nll && left.windowTokens == right.windowTokens &&
           left.sinkTokens == right.sinkTokens && left.fullUnits == right.fullUnits;
}

}  // namespace

std::string frontierSeries(const std::string& layout) {
    if (layout.starts_with("learned")) return "learned";
    const auto end = layout.find('@');
    if (end == std::string::npos) return layout;
    return layout.substr(0, std::min(end, layout.find(':')));
}

std::vector<FrontierRow> frontierOfRuns(const std::vector<fs::path>& runs) {
    std::vector<FrontierRow> all;
    std::optional<RunRecord> first;
    for (const fs::path& folder : runs) {
        const RunRecord record = RunFolder::open(folder).record();
        if (!first) first = record;
        requireSameBasis(*first, record, folder);
        for (FrontierRow& row : rowsOfRun(folder)) {
            if (!all.empty() && row.tokens != all.front().tokens)
                throw Error(folder.string() + " was measured on " + std::to_string(row.tokens) +
                            " tokens, the first run on " + std::to_string(all.front().tokens) +
                            ": evaluate both alike.");
            const bool isKnown = std::any_of(all.begin(), all.end(),
                                             [&row](const FrontierRow& other) { return isSameLayout(row, other); });
            if (!isKnown) all.push_back(std::move(row));
        }
    }
    std::stable_sort(all.begin(), all.end(), [](const FrontierRow& left, const FrontierRow& right) {
        return std::tie(left.series, left.sparsity, left.layout) < std::tie(right.series, right.sparsity, right.layout);
    });
    return all;
}

std::string frontierTable(const std::vector<FrontierRow>& rows, char separator) {
    const auto word = [separator](std::string text) {
        std::replace(text.begin(), text.end(), separator, ' ');
        std::replace(text.begin(), text.end(), '\n', ' ');
        return text;
    };
    const auto number = [](double value) {
        return std::isfinite(value) ? fmt::format("{:.9g}", value) : std::string();
    };
    const std::vector<std::string> titles{"run",    "kind",  "layout", "fullUnits", "units",         "sparsity",
                                          "window", "sinks", "nll",    "deltaNll",  "standardError", "tokens"};
    std::string text = fmt::format("{}\n", fmt::join(titles, std::string(1, separator)));
    for (const FrontierRow& row : rows) {
        const std::vector<std::string> cells{word(row.run),
                                             word(row.series),
                                             word(row.layout),
                                             std::to_string(row.fullUnits),
                                             std::to_string(row.units),
                                             number(row.sparsity),
                                             std::to_string(row.windowTokens),
                                             std::to_string(row.sinkTokens),
                                             number(row.nll),
                                             number(row.deltaNll),
                                             number(row.standardError),
                                             row.tokens > 0 ? std::to_string(row.tokens) : std::string()};
        text += fmt::format("{}\n", fmt::join(cells, std::string(1, separator)));
    }
    return text;
}

std::string toJson(const std::vector<FrontierRow>& rows) {
    ParsedJson out = ParsedJson::array();
    for (const FrontierRow& row : rows)
        out.push_back({{"run", row.run},
                       {"kind", row.series},
                       {"layout", row.layout},
                       {"fullUnits", row.fullUnits},
                       {"units", row.units},
                       {"sparsity", row.sparsity},
                       {"window", row.windowTokens},
                       {"sinks", row.sinkTokens},
                       {"nll", row.nll},
                       {"deltaNll", row.deltaNll},
                       {"standardError", row.standardError},
                       {"tokens", row.tokens}});
    return dumpJson(out);
}

}  // namespace consa
