// consa recover: trains the weights on under each of several layouts and compares what they win back.
#include "app/headless/commands.h"
#include "app/headless/headless_session.h"
#include "app/headless/layout_options.h"
#include "app/headless/learn_options.h"
#include "app/headless/recovery_plan.h"
#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/session/run_export.h"
#include "core/session/run_folder.h"
#include "core/text/token_corpus.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>

namespace consa {

namespace {

namespace fs = std::filesystem;
using nlohmann::json;

struct RecoverCommand {
    LearnOptions learning;
    LayoutOptions layouts;
    std::vector<std::string> otherCorpus;
    std::string out, split = "dev";
    std::int64_t evaluationTokens = 0;
    bool allowsRepeats = false, exports = false;
};

bool isFinished(const PlannedRecovery& run) {
    return fs::exists(run.folder / "layout.json") &&
           RunFolder::open(run.folder).loadCheckpoint().step >= run.config.stepCount;
}

/// Starts the run, or goes on with the one in its folder, until it is finished.
void train(HeadlessSession& session, const RecoverCommand& command, const PlannedRecovery& run) {
    writeJsonLine(json{{"event", "layout"}, {"layout", run.config.layout}, {"folder", run.folder.string()}}.dump());
    const bool isThere = fs::exists(run.folder / "config.json");
    if (isThere) requireSameRun(run);
    if (isThere && isFinished(run)) {
        fmt::print(stderr, "{}: finished before\n", run.config.layout);
        return;
    }
    fmt::print(stderr, "{}: {} of {} units full, {}\n", run.config.layout, run.layout.fullCount(),
               run.layout.grid.unitCount(), isThere ? "going on" : "training");
    if (isThere)
        session.post(ResumeRunCommand{run.folder.string()});
    else
        session.post(StartCommand{run.config, run.folder.string(), run.layout, command.allowsRepeats});
    const SnapshotPointer end = session.waitFor([&](const SessionSnapshot& s) {
        return s.state == SessionState::Finished && s.runFolder == run.folder.string();
    });
    if (end->runFolder != run.folder.string() || end->step < end->stepCount)
        throw Error("Interrupted at step " + std::to_string(end->step) + " of " + run.config.layout +
                        "; the same command goes on from there.",
                    ErrorKind::RunFailed);
}

Comparison compare(HeadlessSession& session, const RecoverCommand& command, const std::vector<PlannedRecovery>& runs,
                   const std::string& split, std::int64_t tokens) {
    CompareRunsCommand compare;
    for (const PlannedRecovery& run : runs) compare.runFolders.push_back(run.folder.string());
    compare.split = split;
    compare.maxTokens = tokens;
    compare.dataType = runs.front().config.dataType;
    session.post(compare);
    const SnapshotPointer end = session.waitFor([](const SessionSnapshot& s) {
        return (s.state == SessionState::Finished || s.state == SessionState::Ready) && s.comparison.has_value();
    });
    if (!end->comparison)
        throw Error("Interrupted before the comparison; the runs are whole in " + command.out + ".",
                    ErrorKind::RunFailed);
    return *end->comparison;
}

/// The same weights on a text of another domain, all of which is new to them.
Comparison compareElsewhere(HeadlessSession& session, const RecoverCommand& command,
                            const std::vector<PlannedRecovery>& runs) {
    session.post(
        OpenCommand{runs.front().config.model, command.otherCorpus, runs.front().config.device, command.learning.text});
    (void)session.waitFor([&](const SessionSnapshot& s) {
        return s.state == SessionState::Ready && s.corpusPaths == command.otherCorpus;
    });
    return compare(session, command, runs, "all", command.evaluationTokens);
}

json exported(const PlannedRecovery& run) {
    const fs::path target = run.folder / "model";
    if (fs::exists(target / "layout.json")) return {{"folder", target.string()}};
    const ExportedRun result = exportRun(run.folder, target, [](double) {});
    for (const std::string& loss : result.losses) fmt::print(stderr, "{}: lost: {}\n", target.string(), loss);
    return {{"folder", target.string()},
            {"architecture", result.architecture},
            {"hasLayout", result.hasLayout},
            {"lost", result.losses}};
}

void recover(const RecoverCommand& command) {
    if (command.out.empty()) throw Error("--out is missing: name the folder that will hold the runs.");
    (void)splitFromString(command.split);  // before the work that a wrong word would waste
    LearnOptions learning = command.learning;
    learning.mode = toString(LearningMode::Recover);
    const TrainingConfig config = configFrom(learning);
    HeadlessSession session;
    session.post(OpenCommand{config.model, config.corpus, config.device, config.text});
    const SnapshotPointer opened =
        session.waitFor([](const SessionSnapshot& s) { return s.state == SessionState::Ready; });
    LayoutOptions layouts = command.layouts;
    layouts.window = learning.window;
    layouts.sinks = learning.sinks;
    const std::vector<PlannedRecovery> runs =
        planRecoveries(config, layoutsFrom(layouts, *opened->model), *opened->model, command.out);
    json done{{"event", "done"}, {"device", opened->device.name}, {"runs", json::array()}};
    for (const PlannedRecovery& run : runs) {
        train(session, command, run);
        done["runs"].push_back({{"layout", run.config.layout}, {"folder", run.folder.string()}});
        if (command.exports) done["runs"].back()["export"] = exported(run);
    }
    const Comparison comparison = compare(session, command, runs, command.split, command.evaluationTokens);
    fmt::print(stderr, "{}", toTable(comparison));
    done["split"] = command.split;
    done["context"] = comparison.contextTokens;
    done["comparison"] = json::parse(toJson(comparison));
    if (!command.otherCorpus.empty()) {
        const Comparison elsewhere = compareElsewhere(session, command, runs);
        fmt::print(stderr, "On {}:\n{}", fmt::join(command.otherCorpus, " "), toTable(elsewhere));
        done["otherCorpus"] = command.otherCorpus;
        done["otherComparison"] = json::parse(toJson(elsewhere));
    }
    writeFileAtomically(fs::path(command.out) / "recovery.json", done.dump() + "\n");
    writeJsonLine(done.dump());
}

}  // namespace

void addRecoverCommand(CLI::App& app, ChosenCommand& chosen) {
    CLI::App* command = app.add_subcommand(
        "recover",
        "Trains the weights on under each layout, from the same checkpoint on the same batches, and compares them.");
    const auto o = std::make_shared<RecoverCommand>();
    addTextAndDeviceOptions(*command, o->learning);
    addWeightOptions(*command, o->learning);
    command->add_option("--layout", o->layouts.layouts, std::string(kLayoutHelp) + "; full is always added")
        ->required();
    command->add_option("--sparsity", o->layouts.sparsity,
                        "cut layouts that hold soft values so that this share of units slides");
    command->add_option("--out", o->out, "folder for the runs; the same command goes on where it stopped");
    command->add_flag("--allow-repeats", o->allowsRepeats, "let weights see a window of text more than once");
    command->add_option("--split", o->split, "documents of the comparison: dev, test or all")->capture_default_str();
    command->add_option("--tokens", o->evaluationTokens, "tokens of a comparison (0: all)")->capture_default_str();
    command->add_option("--other-corpus", o->otherCorpus,
                        "texts of another domain for a second comparison, whole; as --corpus");
    command->add_flag("--export", o->exports, "write a Hugging Face folder with each run's weights, FOLDER/model");
    command->callback([o, command, &chosen] {
        LearnOptions learning = o->learning;
        learning.mode = toString(LearningMode::Recover);
        refuseWithoutEffect(*command, configFrom(learning));
        chosen = [o] { recover(*o); };
    });
}

}  // namespace consa
