// consa bench: measures parts of the engine on this machine; each measurement is a subcommand of its own.
#include "app/headless/bench_load.h"
#include "app/headless/bench_step.h"
#include "app/headless/bench_tokenize.h"
#include "app/headless/commands.h"
#include "app/headless/headless_session.h"

#include <memory>

namespace consa {

namespace {

void addTokenize(CLI::App& bench, ChosenCommand& chosen) {
    CLI::App* command = bench.add_subcommand("tokenize", "Times the tokenizer on one thread, beside Hugging Face's.");
    const auto o = std::make_shared<TokenizeBenchOptions>();
    command->add_option("--model", o->model, "demo, default, a .gguf file or a Hugging Face folder")
        ->capture_default_str();
    command->add_option(
        "--corpus", o->corpus,
        "files or folders of text, HTML, POD or JSONL, also .gz and .zst; demo, default, generated:SEED");
    command->add_option("--repeats", o->repeats, "times that everything is encoded; the median counts")
        ->capture_default_str()
        ->check(CLI::Range(1, 1000));
    command->add_option("--reference", o->reference,
                        "a Python with the package tokenizers (default: the one that tests/run set up)");
    command->callback([o, &chosen] { chosen = [o] { writeJsonLine(benchTokenize(*o)); }; });
}

}  // namespace

void addBenchCommand(CLI::App& app, ChosenCommand& chosen) {
    CLI::App* command = app.add_subcommand("bench", "Measures parts of the engine on this machine.");
    command->require_subcommand(1);
    addBenchLoad(*command, chosen);
    addBenchStep(*command, chosen);
    addTokenize(*command, chosen);
}

}  // namespace consa
