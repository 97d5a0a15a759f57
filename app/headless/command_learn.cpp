// consa learn: learns a layout into a run folder and compares it with the rules.
#include "app/headless/commands.h"
#include "app/headless/headless_session.h"
#include "app/headless/text_options.h"
#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/checkpoint/checkpoint.h"
#include "core/session/compute_device.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <optional>
#include <set>

namespace consa {

namespace {

/// What the command line gave; empty options keep the default of model and device.
struct LearnOptions {
    std::string model = "default";
    std::vector<std::string> corpus;
    CorpusOptions text;
    std::string configFile, out, resume, device = "auto", dataType = "auto";
    std::optional<std::string> granularity;
    std::optional<double> target, learningRate, multiplierRate, quadraticWeight, warmupShare;
    std::optional<int> window, sinks, context, batch, steps, ramp;
    std::optional<std::uint64_t> seed;
    std::optional<std::int64_t> evaluationTokens;
    std::string split = "test";
};

TrainingConfig configFrom(const LearnOptions& o) {
    TrainingConfig config = defaultTrainingConfig(o.model, meansGpu(o.device));
    if (!o.configFile.empty()) config = trainingConfigFromJson(readFile(o.configFile), o.configFile, config);
    config.model = o.model;
    config.corpus = !o.corpus.empty() ? o.corpus : std::vector<std::string>{o.model == "demo" ? "demo" : "default"};
    config.text = o.text;
    config.device = o.device;
    config.dataType = dataTypeFromString(o.dataType);
    if (o.granularity) config.granularity = granularityFromString(*o.granularity);
    const auto take = [](auto& field, const auto& option) {
        if (option) field = *option;
    };
    take(config.target, o.target);
    take(config.gateLearningRate, o.learningRate);
    take(config.multiplierRate, o.multiplierRate);
    take(config.quadraticWeight, o.quadraticWeight);
    take(config.warmupShare, o.warmupShare);
    take(config.windowTokens, o.window);
    take(config.sinkTokens, o.sinks);
    take(config.contextTokens, o.context);
    take(config.batchSize, o.batch);
    take(config.stepCount, o.steps);
    take(config.rampSteps, o.ramp);
    take(config.seed, o.seed);
    requireValid(config);
    return config;
}

/// A run keeps the options that it was started with: others than `allowed` would be ignored unseen.
void refuseBeside(const CLI::App& command, const std::set<std::string>& allowed) {
    for (const CLI::Option* option : command.get_options()) {
        const std::string name = option->get_name();
        if (option->count() > 0 && allowed.count(name) == 0)
            throw Error(name +
                        " can't be changed beside --resume: the run keeps the options it was started with; leave " +
                        "it out, or start a new run");
    }
}

void reportDone(const SessionSnapshot& trained, const Comparison* comparison) {
    if (comparison != nullptr) fmt::print(stderr, "{}", toTable(*comparison));
    const std::filesystem::path layout = std::filesystem::path(trained.runFolder) / "layout.json";
    fmt::print(stderr, "The layout is in {}\n", layout.string());
    nlohmann::json line{{"event", "done"},
                        {"layout", layout.string()},
                        {"sparsity", trained.layout.sparsity()},
                        {"expectedSparsity", trained.expectedSparsity},
                        {"undecided", trained.undecidedCount},
                        {"secondsPerStep", trained.secondsPerStep},
                        {"device", trained.device.name}};
    if (comparison != nullptr) line["comparison"] = nlohmann::json::parse(toJson(*comparison));
    writeJsonLine(line.dump());
}

void learn(const LearnOptions& options) {
    HeadlessSession session;
    if (!options.resume.empty()) {
        session.post(ResumeRunCommand{options.resume});
    } else {
        if (options.out.empty()) throw Error("--out is missing: name the folder that will hold the run.");
        session.post(StartCommand{configFrom(options), options.out});
    }
    SnapshotPointer end = session.waitFor([](const SessionSnapshot& s) { return s.state == SessionState::Finished; });
    const SnapshotPointer trained = end;
    if (!options.resume.empty())
        fmt::print(stderr, "{} is finished at step {} of {}.\n", options.resume, trained->step, trained->stepCount);
    if (options.split == "none") {
        reportDone(*trained, nullptr);
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

    reportDone(*trained, &*end->comparison);
}

}  // namespace

void addLearnCommand(CLI::App& app, ChosenCommand& chosen) {
    CLI::App* command = app.add_subcommand("learn", "Learns a layout and compares it with the rules.");
    const auto o = std::make_shared<LearnOptions>();
    command->add_option("--model", o->model, "demo, default, a .gguf file or a Hugging Face folder")
        ->capture_default_str();
    command->add_option(
        "--corpus", o->corpus,
        "files or folders of text, HTML, POD or JSONL, also .gz and .zst; demo, default, generated:SEED");
    addTextOptions(*command, o->text);
    command->add_option("--config", o->configFile,
                        "JSON file of knobs (as in a run's config.json); options go before it");
    command->add_option("--out", o->out, "folder for the run");
    command->add_option("--resume", o->resume, "go on with the run in this folder");
    command->add_option("--target", o->target, "sparsity: share of units that slide, 0..1 (default 0.5)");
    command->add_option("--granularity", o->granularity, "what one gate decides: kv-head (default) or layer");
    command->add_option("--window", o->window, "sliding window in tokens, the query counted");
    command->add_option("--sinks", o->sinks, "first tokens that stay visible");
    command->add_option("--context", o->context, "tokens of a training window");
    command->add_option("--batch", o->batch, "training windows a step");
    command->add_option("--steps", o->steps, "training steps");
    command->add_option("--ramp", o->ramp, "steps over which a moved target is reached");
    command->add_option("--lr", o->learningRate, "learning rate of the gates");
    command->add_option("--multiplier-rate", o->multiplierRate, "ascent of the multiplier on the constraint's error");
    command->add_option("--quadratic-weight", o->quadraticWeight, "fixed weight of the constraint's squared error");
    command->add_option("--warmup-share", o->warmupShare, "share of the steps over which the target rises, 0..1");
    command->add_option("--seed", o->seed, "seed of gates and data order")->check(CLI::NonNegativeNumber);
    command->add_option("--dtype", o->dataType, "auto, float32 or bfloat16")->capture_default_str();
    command->add_option("--device", o->device, "auto, cpu, cuda or cuda:N")->capture_default_str();
    command->add_option("--tokens", o->evaluationTokens, "tokens of the closing comparison (0: all)");
    command->add_option("--split", o->split, "documents of the closing comparison: dev, test, all or none")
        ->capture_default_str();
    command->callback([o, command, &chosen] {
        if (!o->resume.empty()) refuseBeside(*command, {"--resume", "--tokens", "--split"});
        chosen = [o] { learn(*o); };
    });
}

}  // namespace consa
