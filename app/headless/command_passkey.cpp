// consa passkey: whether layouts still find a number hidden far back in a long text.
#include "app/headless/commands.h"
#include "app/headless/headless_session.h"
#include "app/headless/layout_options.h"
#include "app/headless/learn_options.h"
#include "app/headless/text_options.h"
#include "core/base/file_io.h"
#include "core/checkpoint/checkpoint.h"
#include "core/session/compute_device.h"
#include "core/session/passkey_run.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <unistd.h>

#include <memory>
#include <optional>

namespace consa {

namespace {

struct PasskeyCommand {
    PasskeyRun run;
    std::vector<std::string> layouts;
    std::optional<int> window, sinks, context;
    std::string out;
};

void passkey(const PasskeyCommand& o) {
    PasskeyRun run = o.run;
    const ModelConfig model = openCheckpoint(run.open.model)->config();
    run.layouts = layoutsFrom({o.layouts, o.window, o.sinks, std::nullopt}, model);
    const TrainingConfig usual = defaultTrainingConfig(run.open.model, meansGpu(run.open.device));
    run.contextTokens = o.context.value_or(usual.contextTokens);
    run.windowTokens = usual.windowTokens;
    run.sinkTokens = usual.sinkTokens;
    if (run.open.corpus.empty()) run.open.corpus = {run.open.model == "demo" ? "demo" : "default"};
    const bool isTerminal = isatty(STDERR_FILENO) != 0;
    const PasskeyReport report = runPasskeys(run, [isTerminal](double share, const std::string& what) {
        if (isTerminal) fmt::print(stderr, "\r{} {:.0f} %\x1b[K", what, 100 * share);
    });
    fmt::print(stderr, "{}{}", isTerminal ? "\r\x1b[K" : "", toTable(report));
    const std::string line = nlohmann::json{{"event", "done"},
                                            {"context", run.contextTokens},
                                            {"keys", run.keyCount},
                                            {"passkey", nlohmann::json::parse(toJson(report))}}
                                 .dump();
    if (!o.out.empty()) writeFileAtomically(o.out, line + "\n");
    writeJsonLine(line);
}

}  // namespace

void addPasskeyCommand(CLI::App& app, ChosenCommand& chosen) {
    CLI::App* command =
        app.add_subcommand("passkey", "Hides numbers in long texts and asks layouts for them, depth by depth.");
    const auto o = std::make_shared<PasskeyCommand>();
    o->run.open.model = "default";
    command->add_option("--model", o->run.open.model, "demo, default, a .gguf file or a Hugging Face folder")
        ->capture_default_str();
    command->add_option("--corpus", o->run.open.corpus,
                        "texts, as evaluate takes them, that the numbers are hidden in");
    addTextOptions(*command, o->run.open.text);
    command->add_option("--layout", o->layouts, kLayoutHelp)->required();
    command->add_option("--context", o->context, "tokens of a text" + defaultsOf(&TrainingConfig::contextTokens))
        ->check(CLI::PositiveNumber);
    command
        ->add_option(
            "--window", o->window,
            std::string("sliding window of the rules in tokens, the query counted; without it the first file's") +
                defaultsOf(&TrainingConfig::windowTokens))
        ->check(kWindowRange);
    command
        ->add_option("--sinks", o->sinks,
                     std::string("first tokens that stay visible under the rules; without it the first file's") +
                         defaultsOf(&TrainingConfig::sinkTokens))
        ->check(kSinksRange);
    command->add_option("--keys", o->run.keyCount, "texts at each depth")
        ->check(CLI::PositiveNumber)
        ->capture_default_str();
    command->add_option("--device", o->run.open.device, "auto, cpu, cuda or cuda:N")->capture_default_str();
    command->add_option("--out", o->out, "write the result to this file too");
    command->callback([o, &chosen] { chosen = [o] { passkey(*o); }; });
}

}  // namespace consa
