// consa patterns: what a layout looks like, beside random layouts of the same count.
#include "app/headless/commands.h"
#include "app/headless/headless_session.h"
#include "app/headless/layout_options.h"
#include "core/base/error.h"
#include "core/checkpoint/checkpoint.h"
#include "core/evaluation/pattern_test.h"
#include "core/layout/layout_exchange.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <memory>
#include <optional>

namespace consa {

namespace {

struct PatternsCommand {
    std::string layout, model;
    std::optional<double> sparsity;
    int draws = 10000;
    std::uint64_t seed = 0;
};

void testLayout(const PatternsCommand& o) {
    const LayoutFile file = readAnyLayoutFile(o.layout, {o.sparsity, std::nullopt, std::nullopt});
    if (!o.model.empty()) {
        const ModelConfig model = openCheckpoint(o.model)->config();
        requireShape(file, model.grid(file.layout.grid.granularity), o.layout);
        warnOfOtherModel(file, model, o.layout);
    }
    const PatternTest test = testPatterns(file.layout, o.draws, o.seed);
    fmt::print(stderr, "{}", toTable(test));
    nlohmann::json line = nlohmann::json::parse(toJson(test));
    line["event"] = "done";
    line["layout"] = o.layout;
    writeJsonLine(line.dump());
}

}  // namespace

void addPatternsCommand(CLI::App& app, ChosenCommand& chosen) {
    CLI::App* command =
        app.add_subcommand("patterns", "Tests a layout's shape against random layouts of as many full units.");
    const auto o = std::make_shared<PatternsCommand>();
    command
        ->add_option("LAYOUT", o->layout, "a layout file or run folder, or another program's, as evaluate takes them")
        ->required();
    command->add_option("--model", o->model, "model that the layout has to fit");
    command->add_option("--sparsity", o->sparsity, "cut a layout of soft values so that this share of units slides");
    command->add_option("--draws", o->draws, "random layouts")->check(CLI::PositiveNumber)->capture_default_str();
    command->add_option("--seed", o->seed, "seed of the random layouts")->capture_default_str();
    command->callback([o, &chosen] { chosen = [o] { testLayout(*o); }; });
}

}  // namespace consa
