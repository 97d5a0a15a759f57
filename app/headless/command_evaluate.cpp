// consa evaluate: compares layouts on the same tokens.
#include "app/headless/commands.h"
#include "app/headless/headless_session.h"
#include "app/headless/layout_options.h"
#include "app/headless/learn_options.h"
#include "app/headless/text_options.h"
#include "core/base/error.h"
#include "core/base/file_io.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <filesystem>
#include <memory>
#include <optional>

namespace consa {

namespace {

struct EvaluateOptions {
    std::string model = "default";
    std::vector<std::string> corpus;
    CorpusOptions text;
    LayoutOptions layouts;
    std::optional<int> context;
    std::int64_t tokens = 0;
    std::string split = "test", dataType = "auto", device = "auto", dumpTokens, out;
};

void evaluate(const EvaluateOptions& o) {
    const DataType dataType = dataTypeFromString(o.dataType);  // before the work that a wrong word would waste
    if (o.context && o.layouts.sinks.value_or(0) >= *o.context)
        throw Error("--sinks " + std::to_string(*o.layouts.sinks) + " must be smaller than --context " +
                    std::to_string(*o.context) + ": with so many every token stays visible");
    HeadlessSession session;
    const std::vector<std::string> corpus =
        !o.corpus.empty() ? o.corpus : std::vector<std::string>{o.model == "demo" ? "demo" : "default"};
    session.post(OpenCommand{o.model, corpus, o.device, o.text});
    const SnapshotPointer opened =
        session.waitFor([](const SessionSnapshot& s) { return s.state == SessionState::Ready; });
    EvaluateCommand command;
    command.layouts = layoutsFrom(o.layouts, *opened->model);
    command.split = o.split;
    command.contextTokens = o.context.value_or(0);
    command.maxTokens = o.tokens;
    command.includeLearned = command.includeRules = false;
    command.dataType = dataType;
    command.dumpTokensPath = o.dumpTokens;
    session.post(command);
    const SnapshotPointer end =
        session.waitFor([](const SessionSnapshot& s) { return s.state == SessionState::Ready && s.comparison; });
    if (!end->comparison) throw Error("Interrupted; no figures were kept.", ErrorKind::RunFailed);
    fmt::print(stderr, "{}", toTable(*end->comparison));
    const std::string line = nlohmann::json{{"event", "done"},
                                            {"device", end->device.name},
                                            {"split", o.split},
                                            {"context", end->comparison->contextTokens},
                                            {"comparison", nlohmann::json::parse(toJson(*end->comparison))},
                                            {"report", nlohmann::json::parse(toJsonReport(*end->comparison))}}
                                 .dump();
    if (!o.out.empty()) writeFileAtomically(o.out, line + "\n");
    writeJsonLine(line);
}

}  // namespace

void addEvaluateCommand(CLI::App& app, ChosenCommand& chosen) {
    CLI::App* command = app.add_subcommand("evaluate", "Compares layouts on the same tokens.");
    const auto o = std::make_shared<EvaluateOptions>();
    command->add_option("--model", o->model, "demo, default, a .gguf file or a Hugging Face folder")
        ->capture_default_str();
    command->add_option(
        "--corpus", o->corpus,
        "files or folders of text, HTML, POD or JSONL, also .gz and .zst; demo, default, generated:SEED");
    addTextOptions(*command, o->text);
    command->add_option("--layout", o->layouts.layouts, kLayoutHelp)->required();
    command
        ->add_option(
            "--window", o->layouts.window,
            std::string("sliding window of the rules in tokens, the query counted; without it the first file's") +
                defaultsOf(&TrainingConfig::windowTokens))
        ->check(kWindowRange);
    command
        ->add_option("--sinks", o->layouts.sinks,
                     std::string("first tokens that stay visible under the rules; without it the first file's") +
                         defaultsOf(&TrainingConfig::sinkTokens))
        ->check(kSinksRange);
    command->add_option("--sparsity", o->layouts.sparsity,
                        "cut layouts that hold soft values so that this share of units slides");
    command->add_option("--context", o->context, "tokens of a window" + defaultsOf(&TrainingConfig::contextTokens))
        ->check(CLI::PositiveNumber);
    command->add_option("--tokens", o->tokens, "tokens in all, spread over the windows (0: all)")
        ->capture_default_str();
    command->add_option("--split", o->split, "test, dev or all")->capture_default_str();
    command->add_option("--dtype", o->dataType, "auto, float32 or bfloat16")->capture_default_str();
    command->add_option("--device", o->device, "auto, cpu, cuda or cuda:N")->capture_default_str();
    command->add_option("--dump-tokens", o->dumpTokens, "write the evaluated windows as ids, one window a line");
    command->add_option("--out", o->out, "write the result to this file too");
    command->callback([o, &chosen] { chosen = [o] { evaluate(*o); }; });
}

}  // namespace consa
