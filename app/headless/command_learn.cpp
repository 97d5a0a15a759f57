// consa learn: learns a layout into a run folder and compares it with the rules.
#include "app/headless/commands.h"
#include "app/headless/headless_session.h"
#include "app/headless/layout_options.h"
#include "app/headless/learn_options.h"
#include "core/base/error.h"
#include "core/checkpoint/checkpoint.h"
#include "core/session/run_folder.h"
#include "core/text/token_corpus.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <set>

namespace consa {

namespace {

/// What the command does with a run beside learning.
struct LearnCommand {
    LearnOptions learning;
    std::string out, resume, replay, fork, layout;
    std::optional<std::int64_t> at;  // step to fork
    std::optional<std::int64_t> evaluationTokens;
    std::string split = "dev";
    int polishTrials = 0;
};

/// A run keeps the options that it was started with: others than `allowed` would be ignored unseen.
void refuseBeside(const CLI::App& command, const std::string& kept, const std::set<std::string>& allowed) {
    for (const CLI::Option* option : command.get_options()) {
        const std::string name = option->get_name();
        if (option->count() > 0 && allowed.count(name) == 0)
            throw Error(name + " can't be changed beside " + kept +
                        ": the run keeps the options it was started with; " + "leave it out, or start a new run");
    }
}

void requireOneOrigin(const LearnCommand& o) {
    std::vector<std::string> given;
    for (const auto& [name, value] : {std::pair("--resume", &o.resume), {"--replay", &o.replay}, {"--fork", &o.fork}})
        if (!value->empty()) given.emplace_back(name);
    if (given.size() > 1)
        throw Error("give only one of " + given[0] + " and " + given[1] + ": each names the run to begin from");
}

/// Says whether a repeated run came to the same layout as the one it repeats; empty where that one has none.
std::optional<bool> isSameLayout(const SessionSnapshot& trained, const std::string& replayed) {
    const std::filesystem::path file = std::filesystem::path(replayed) / "layout.json";
    std::error_code code;
    if (replayed.empty() || !std::filesystem::exists(file, code)) return std::nullopt;
    const bool isSame = readLayoutFile(file).layout == trained.layout;
    fmt::print(stderr, "The layout is {} that of {}\n", isSame ? "exactly" : "not", replayed);
    return isSame;
}

/// What the window's "Undecided" says, in a line; gates stop between the ends where steps were too few.
void reportUndecided(const SessionSnapshot& s) {
    if (s.undecidedCount == 0) return;
    fmt::print(
        stderr,
        "{} of {} gates are undecided: neither end has a probability of 0.95 yet, and the layout rounds them. More "
        "--steps decide more of them.\n",
        s.undecidedCount, s.grid.unitCount());
}

void reportDone(const SessionSnapshot& trained, const Comparison* comparison, const LearnCommand& options) {
    if (comparison != nullptr) fmt::print(stderr, "{}", toTable(*comparison));
    const std::filesystem::path layout = std::filesystem::path(trained.runFolder) / "layout.json";
    reportUndecided(trained);
    fmt::print(stderr, "The layout is in {}\n", layout.string());
    nlohmann::json line{{"event", "done"},
                        {"layout", layout.string()},
                        {"sparsity", trained.layout.sparsity()},
                        {"expectedSparsity", trained.expectedSparsity},
                        {"undecided", trained.undecidedCount},
                        {"secondsPerStep", trained.secondsPerStep},
                        {"device", trained.device.name}};
    if (const auto isSame = isSameLayout(trained, options.replay)) line["sameLayout"] = *isSame;
    if (comparison != nullptr) {
        line["comparison"] = nlohmann::json::parse(toJson(*comparison));
        line["report"] = nlohmann::json::parse(toJsonReport(*comparison));
    }
    writeJsonLine(line.dump());
}

/// The one layout that --mode recover holds, with its file's window and sinks unless options give others.
EvaluatedLayout heldLayout(const TrainingConfig& config, const LearnOptions& options) {
    if (config.layout.empty()) throw Error("--mode recover needs --layout: the layout that is held");
    const ModelConfig model = openCheckpoint(config.model)->config();
    std::vector<EvaluatedLayout> layouts =
        layoutsFrom({{config.layout}, options.window, options.sinks, std::nullopt}, model);
    if (layouts.size() != 1 || layouts.front().sensitivitySparsity)
        throw Error("--layout " + config.layout +
                    " does not name one layout: give a phase, as in interleaved:0@0.5, or a file");
    return std::move(layouts.front());
}

/// Does again what was done in a run's folder, every change while training at its step.
StartCommand replayOf(const std::string& path, const std::string& out) {
    const RunFolder run = RunFolder::open(path);
    const RunRecord& record = run.record();
    const std::int64_t step = run.loadCheckpoint().step;
    if (step == 0) throw Error(path + " has no step to repeat");
    StartCommand command{record.config, out, run.loadHeldLayout()};
    command.replay = Replay{run.loadSteering(), step, record.modelFingerprint, record.corpusFingerprint};
    return command;
}

/// Goes on from an earlier step of another run, in a folder of its own.
ForkRunCommand forkOf(const LearnCommand& options) {
    if (!options.at) throw Error("--fork needs --at: the step to go on from");
    ForkRunCommand command{options.fork, *options.at, options.out, options.learning.target, options.learning.ramp};
    if (command.rampSteps && !command.target) throw Error("--ramp beside --fork needs --target: where it leads");
    if (options.learning.pins.empty()) return command;
    command.pins.emplace();
    for (const std::string& pin : options.learning.pins) command.pins->push_back(pinFromString(pin));
    return command;
}

void start(HeadlessSession& session, const LearnCommand& options) {
    if (!options.resume.empty()) return session.post(ResumeRunCommand{options.resume});
    if (options.out.empty()) throw Error("--out is missing: name the folder that will hold the run.");
    if (!options.replay.empty()) return session.post(replayOf(options.replay, options.out));
    if (!options.fork.empty()) return session.post(forkOf(options));
    TrainingConfig config = configFrom(options.learning);
    if (!options.layout.empty()) config.layout = options.layout;
    if (config.mode != LearningMode::Recover) {
        if (!config.layout.empty())
            throw Error("--layout is what --mode recover holds; leave it out, or give that mode");
        return session.post(StartCommand{config, options.out, std::nullopt});
    }
    const EvaluatedLayout held = heldLayout(config, options.learning);
    if (held.windowTokens > 0) config.windowTokens = held.windowTokens;
    if (held.sinkTokens >= 0) config.sinkTokens = held.sinkTokens;
    config.target = held.layout.sparsity();
    requireValid(config);
    session.post(StartCommand{config, options.out, held.layout});
}

/// Where the run is to end.
int lastStep(const LearnCommand& options, const SessionSnapshot& s) {
    if (options.replay.empty()) return s.stepCount;
    return std::min(s.stepCount, static_cast<int>(RunFolder::open(options.replay).loadCheckpoint().step));
}

void learn(const LearnCommand& options) {
    if (options.split != "none") (void)splitFromString(options.split);  // before the work that a wrong word would waste
    HeadlessSession session;
    start(session, options);
    SnapshotPointer end = session.waitFor([](const SessionSnapshot& s) { return s.state == SessionState::Finished; });
    if (end->step < lastStep(options, *end))
        throw Error("Interrupted at step " + std::to_string(end->step) + " of " + std::to_string(end->stepCount) +
                        "; go on with --resume " + end->runFolder,
                    ErrorKind::RunFailed);
    const SnapshotPointer trained = end;
    if (!options.resume.empty())
        fmt::print(stderr, "{} is finished at step {} of {}.\n", options.resume, trained->step, trained->stepCount);
    if (options.polishTrials > 0) {
        session.post(PolishCommand{options.polishTrials});
        end = session.waitFor(
            [](const SessionSnapshot& s) { return s.polishCount > 0 && s.state == SessionState::Finished; });
    }
    if (options.split == "none") {
        reportDone(*end, nullptr, options);
        return;
    }
    EvaluateCommand evaluate;
    evaluate.split = options.split;
    evaluate.maxTokens = options.evaluationTokens.value_or(defaultEvaluationTokens(*trained));
    session.post(evaluate);
    end = session.waitFor([](const SessionSnapshot& s) { return s.state == SessionState::Finished && s.comparison; });
    if (!end->comparison)
        throw Error("Interrupted before the comparison; the run is whole in " + end->runFolder + ".",
                    ErrorKind::RunFailed);

    reportDone(*end, &*end->comparison, options);
}

}  // namespace

void addLearnCommand(CLI::App& app, ChosenCommand& chosen) {
    CLI::App* command = app.add_subcommand("learn", "Learns a layout and compares it with the rules.");
    const auto o = std::make_shared<LearnCommand>();
    addTextAndDeviceOptions(*command, o->learning);
    addGateOptions(*command, o->learning);
    command->add_option("--mode", o->learning.mode, "what moves: gates (default), gates+weights or recover");
    command->add_option("--layout", o->layout,
                        "what --mode recover holds: a layout file or a rule, as evaluate takes it");
    addWeightOptions(*command, o->learning);
    command->add_option("--out", o->out, "folder for the run");
    command->add_option("--resume", o->resume, "go on with the run in this folder");
    command->add_option("--replay", o->replay, "do again what was done in this run's folder, into --out");
    command->add_option("--fork", o->fork,
                        "go on from an earlier step of this run's folder (--at), into --out; with --target, --ramp "
                        "and --pin changed there");
    command
        ->add_option(
            "--at", o->at,
            "step to fork: the state kept there or nearest before (every 10 steps, farther apart in long runs)")
        ->check(CLI::Range(std::int64_t{0}, std::int64_t{1} << 40));
    command->add_option("--polish", o->polishTrials, "swaps judged on train and dev text after learning")
        ->check(CLI::NonNegativeNumber);
    command->add_option("--tokens", o->evaluationTokens, "tokens of the closing comparison (0: all)");
    command->add_option("--split", o->split, "documents of the closing comparison: dev, test, all or none")
        ->capture_default_str();
    command->callback([o, command, &chosen] {
        requireOneOrigin(*o);
        if (!o->resume.empty()) refuseBeside(*command, "--resume", {"--resume", "--tokens", "--split", "--polish"});
        if (!o->replay.empty()) refuseBeside(*command, "--replay", {"--replay", "--out", "--tokens", "--split"});
        if (!o->fork.empty())
            refuseBeside(*command, "--fork",
                         {"--fork", "--at", "--out", "--target", "--ramp", "--pin", "--tokens", "--split", "--polish"});
        if (o->resume.empty() && o->replay.empty() && o->fork.empty())
            refuseWithoutEffect(*command, configFrom(o->learning));
        if (o->split == "none" && o->evaluationTokens)
            throw Error("--tokens has no effect here: --split none leaves out the comparison");
        if (o->at && o->fork.empty()) throw Error("--at is the step of --fork; name the run to fork, or leave it out");
        chosen = [o] { learn(*o); };
    });
}

}  // namespace consa
