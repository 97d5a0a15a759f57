// consa sweep: one run that moves on from target to target, and the frontier that comes of it.
#include "app/headless/commands.h"
#include "app/headless/headless_session.h"
#include "app/headless/learn_options.h"
#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/checkpoint/checkpoint.h"
#include "core/layout/layout_file.h"
#include "core/layout/layout_patterns.h"
#include "core/text/token_corpus.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <memory>

namespace consa {

namespace {

namespace fs = std::filesystem;

struct SweepCommand {
    LearnOptions learning;
    std::vector<double> targets{0.25, 0.5, 0.75, 0.875};
    std::string out, split = "dev";
    std::int64_t evaluationTokens = 0;
};

std::string shown(double target) {
    return nlohmann::json(target).dump();
}

/// A layout learned at one target, kept beside the run.
EvaluatedLayout keepLayout(const SessionSnapshot& s, const SweepCommand& sweep, double target) {
    LayoutFile file = readLayoutFile(fs::path(s.runFolder) / "layout.json");
    file.layout = s.layout;
    file.provenance.step = s.step;
    file.provenance.target = target;
    writeLayoutFile(fs::path(sweep.out) / ("layout_" + shown(target) + ".json"), file);
    return {"learned@" + shown(target), s.layout};
}

/// Learns at the first target, then moves on; the learned layout of each.
std::vector<EvaluatedLayout> learnAll(HeadlessSession& session, const SweepCommand& sweep, TrainingConfig config) {
    config.target = sweep.targets.front();
    session.post(StartCommand{config, sweep.out, std::nullopt});
    std::vector<EvaluatedLayout> layouts;
    int step = 0;
    for (const double target : sweep.targets) {
        if (!layouts.empty()) session.post(RetargetCommand{target, std::nullopt});
        const SnapshotPointer end = session.waitFor(
            [&](const SessionSnapshot& s) { return s.state == SessionState::Finished && s.step > step; });
        if (end->target != target || end->step < end->stepCount)
            throw Error("Interrupted; the layouts learned so far are in " + sweep.out + ".", ErrorKind::RunFailed);
        step = end->step;
        layouts.push_back(keepLayout(*end, sweep, target));
        fmt::print(stderr, "{} learned at step {}: {} of {} units full\n", shown(target), step, end->layout.fullCount(),
                   end->grid.unitCount());
    }
    return layouts;
}

/// Every learned layout among the rules of its budget, on the same tokens.
Comparison compareAll(HeadlessSession& session, const SweepCommand& sweep, std::vector<EvaluatedLayout> learned,
                      const UnitGrid& grid) {
    EvaluateCommand command;
    command.split = sweep.split;
    command.maxTokens = sweep.evaluationTokens;
    command.includeLearned = command.includeRules = false;
    const auto add = [&](const std::string& rule) {
        for (NamedLayout& named : layoutsFromRule(rule, grid))
            command.layouts.push_back({named.name, std::move(named.layout)});
    };
    add("full");
    for (EvaluatedLayout& layout : learned) command.layouts.push_back(std::move(layout));
    for (const double target : sweep.targets)
        for (const char* rule : {"interleaved", "bottom-sliding", "middle-full", "heads", "random:0", "random:1"})
            add(std::string(rule) + "@" + shown(target));
    add("sliding");
    session.post(command);
    const SnapshotPointer end = session.waitFor(
        [](const SessionSnapshot& s) { return s.state == SessionState::Finished && s.comparison.has_value(); });
    if (!end->comparison)
        throw Error("Interrupted before the comparison; the layouts are in " + sweep.out + ".", ErrorKind::RunFailed);
    return *end->comparison;
}

void runSweep(SweepCommand sweep) {
    if (sweep.out.empty()) throw Error("--out is missing: name the folder that will hold the run.");
    if (sweep.targets.empty()) throw Error("--targets is empty: give sparsities, as in 0.25 0.5 0.75");
    for (const double target : sweep.targets)
        if (!(target >= 0 && target <= 1)) throw Error("--targets: " + shown(target) + " must lie between 0 and 1");
    // Closing further is learned in a few steps, opening again takes longer (measured).
    std::sort(sweep.targets.begin(), sweep.targets.end());
    sweep.targets.erase(std::unique(sweep.targets.begin(), sweep.targets.end()), sweep.targets.end());
    (void)splitFromString(sweep.split);  // before the work that a wrong word would waste
    const TrainingConfig config = configFrom(sweep.learning);
    if (config.mode != LearningMode::Gates || !config.moves.empty())
        throw Error("A sweep moves the target itself, on frozen weights: leave out --mode and moves of the target");
    const UnitGrid shape = openCheckpoint(config.model)->config().grid(config.granularity);
    for (const double target : sweep.targets)
        requireRoom(unitPins(config.pins, shape), fullUnitsAtSparsity(shape.unitCount(), target));
    HeadlessSession session;
    std::vector<EvaluatedLayout> learned = learnAll(session, sweep, config);
    const UnitGrid grid = learned.front().layout.grid;
    const Comparison comparison = compareAll(session, sweep, std::move(learned), grid);
    fmt::print(stderr, "{}", toTable(comparison));
    const std::string line = nlohmann::json{{"event", "done"},
                                            {"split", sweep.split},
                                            {"comparison", nlohmann::json::parse(toJson(comparison))},
                                            {"report", nlohmann::json::parse(toJsonReport(comparison))}}
                                 .dump();
    writeFileAtomically(fs::path(sweep.out) / "frontier.json", line + "\n");
    writeJsonLine(line);
}

}  // namespace

void addSweepCommand(CLI::App& app, ChosenCommand& chosen) {
    CLI::App* command = app.add_subcommand(
        "sweep", "Learns layouts at several targets in one run and compares each with the rules of its budget.");
    const auto sweep = std::make_shared<SweepCommand>();
    addTextAndDeviceOptions(*command, sweep->learning);
    addGateOptions(*command, sweep->learning);
    command->remove_option(command->get_option("--target"));
    command->remove_option(command->get_option("--move"));
    command->add_option("--targets", sweep->targets, "sparsities, learned from the least to the most")
        ->capture_default_str();
    command->add_option("--out", sweep->out, "folder for the run, its layouts and frontier.json");
    command->add_option("--tokens", sweep->evaluationTokens, "tokens of the comparison (0: all)")
        ->capture_default_str();
    command->add_option("--split", sweep->split, "documents of the comparison: dev, test or all")
        ->capture_default_str();
    command->callback([sweep, &chosen] { chosen = [sweep] { runSweep(*sweep); }; });
}

}  // namespace consa
