// consa frontier: what the comparisons of several runs say about loss over sparsity, as a table.
#include "app/headless/commands.h"
#include "app/headless/headless_session.h"
#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/session/run_frontier.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <string>
#include <vector>

namespace consa {

namespace {

struct FrontierCommand {
    std::vector<std::string> runs;
    std::string out;
};

/// The table in the format that the file's name ends with.
std::string textFor(const std::string& out, const std::vector<FrontierRow>& rows) {
    if (out.ends_with(".csv")) return frontierTable(rows, ',');
    if (out.ends_with(".tsv")) return frontierTable(rows, '\t');
    if (out.ends_with(".json")) return toJson(rows) + "\n";
    throw Error("--out " + out + " has to end with .csv, .tsv or .json (for pictures: consa-explorer export --figure " +
                "frontier)");
}

void writeFrontier(const FrontierCommand& o) {
    const std::vector<FrontierRow> rows = frontierOfRuns({o.runs.begin(), o.runs.end()});
    if (!o.out.empty()) writeFileAtomically(o.out, textFor(o.out, rows));
    fmt::print(stderr, "{}", frontierTable(rows, '\t'));
    writeJsonLine(nlohmann::json{{"event", "done"}, {"frontier", nlohmann::json::parse(toJson(rows))}}.dump());
}

}  // namespace

void addFrontierCommand(CLI::App& app, ChosenCommand& chosen) {
    CLI::App* command = app.add_subcommand(
        "frontier", "Joins the comparisons of runs that were measured on the same tokens: loss over sparsity.");
    const auto o = std::make_shared<FrontierCommand>();
    command->add_option("RUN", o->runs, "run folders")->required();
    command->add_option("--out", o->out, "where to write the table: .csv, .tsv or .json");
    command->callback([o, &chosen] { chosen = [o] { writeFrontier(*o); }; });
}

}  // namespace consa
