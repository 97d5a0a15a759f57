// consa pretrain: trains the weights of the demo model, or of a miniature, from nothing.
#include "app/headless/commands.h"
#include "app/headless/headless_session.h"
#include "app/headless/text_options.h"
#include "core/training/pretrain_run.h"

#include <nlohmann/json.hpp>

#include <memory>

namespace consa {

namespace {

void pretrain(const PretrainRun& run) {
    const double loss = runPretraining(run, [](int step, double mean, double seconds) {
        writeJsonLine(nlohmann::json{{"event", "step"}, {"step", step}, {"loss", mean}, {"seconds", seconds}}.dump());
    });
    writeJsonLine(nlohmann::json{{"event", "done"}, {"out", run.out}, {"loss", loss}}.dump());
}

}  // namespace

void addPretrainCommand(CLI::App& app, ChosenCommand& chosen) {
    CLI::App* command = app.add_subcommand(
        "pretrain", "Trains weights from nothing: the demo's, or a miniature's of 28 layers of 8 KV heads.");
    const auto run = std::make_shared<PretrainRun>();
    command->add_option("--shape", run->shape, "demo or miniature-WIDTH (a multiple of 256)")->capture_default_str();
    command->add_option("--corpus", run->corpus, "generated:SEED, or texts as learn takes them")->capture_default_str();
    addTextOptions(*command, run->text);
    command->add_option("--documents", run->documents, "generated documents")->capture_default_str();
    command->add_option("--tokenizer", run->tokenizer, "model whose tokens a miniature reads")->capture_default_str();
    command->add_option("--steps", run->stepCount, "training steps")->capture_default_str();
    command->add_option("--batch", run->batchSize, "windows a step")->capture_default_str();
    command->add_option("--context", run->contextTokens, "tokens of a window")->capture_default_str();
    command->add_option("--lr", run->learningRate, "peak learning rate")->capture_default_str();
    command->add_option("--seed", run->seed, "seed of weights and data order")->capture_default_str();
    command->add_option("--device", run->device, "auto, cpu, cuda or cuda:N")->capture_default_str();
    command->add_option("--out", run->out, "folder for demo_model.safetensors, or for the miniature")->required();
    command->callback([run, &chosen] { chosen = [run] { pretrain(*run); }; });
}

}  // namespace consa
