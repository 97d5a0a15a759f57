// consa convert: layouts between formats, and models with a layout built in.
#include "app/headless/commands.h"
#include "app/headless/export_evaluation.h"
#include "app/headless/headless_session.h"
#include "app/headless/layout_options.h"
#include "app/headless/learn_options.h"
#include "core/base/error.h"
#include "core/checkpoint/hf_checkpoint.h"
#include "core/checkpoint/hf_export.h"
#include "core/layout/layer_layout.h"
#include "core/layout/layout_exchange.h"
#include "core/layout/layout_patterns.h"

#include <fmt/format.h>
#include <unistd.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <functional>
#include <memory>
#include <optional>

namespace consa {

namespace {

struct ConvertOptions {
    std::string layout, to, out, weights = "stored", architecture = "auto";
    std::optional<std::string> model;
    std::optional<double> sparsity;
    std::optional<int> window, sinks;
    bool asLayers = false, skipsEvaluation = false;
    ExportEvaluation evaluation;
};

void say(const ConvertOptions& o, const char* format, const LayoutFile& file) {
    const UnitGrid& grid = file.layout.grid;
    fmt::print(stderr, "{}: {}, {} x {} KV heads, {} of {} units full ({:.1f} % slide), window {}, sinks {}\n",
               o.layout, format, grid.layerCount, grid.kvHeadCount, file.layout.fullCount(), grid.unitCount(),
               100 * file.layout.sparsity(), file.windowTokens, file.sinkTokens);
}

/// A rule's layout on this model; rules name no window.
LayoutFile layoutFromRule(const ConvertOptions& o, const Checkpoint* checkpoint) {
    if (checkpoint == nullptr) throw Error("the rule " + o.layout + " needs a shape: name a model with --model");
    if (!o.window) throw Error("the rule " + o.layout + " has no window of its own: give --window, and --sinks");
    std::vector<NamedLayout> layouts = layoutsFromRule(o.layout, checkpoint->config().grid(Granularity::KvHead));
    if (layouts.size() != 1) {
        throw Error("the rule " + o.layout + " stands for " + std::to_string(layouts.size()) +
                    " layouts: name one of them, as in " + layouts.front().name);
    }
    LayoutFile file;
    file.modelName = checkpoint->config().name;
    file.modelArchitecture = checkpoint->config().architecture;
    file.layout = std::move(layouts.front().layout);
    file.windowTokens = *o.window;
    constexpr int kSinksOfRules = 4;  // as evaluate takes for models other than the demo
    file.sinkTokens = o.sinks.value_or(o.to == "hf" ? 0 : kSinksOfRules);
    file.note = o.layout;
    return file;
}

/// The layout with what the options change, and for which model it is.
LayoutFile layoutFrom(const ConvertOptions& o, const Checkpoint* checkpoint) {
    if (isLayoutRule(o.layout)) {
        LayoutFile file = layoutFromRule(o, checkpoint);
        say(o, "rule", file);
        return file;
    }
    const ImportedLayout imported = readForeignLayout(o.layout);
    LayoutFile file = toLayoutFile(imported, {o.sparsity, o.window, o.sinks});
    if (o.window) file.windowTokens = *o.window;
    if (o.sinks) file.sinkTokens = *o.sinks;
    if (checkpoint != nullptr) {
        requireShape(file, checkpoint->config().grid(file.layout.grid.granularity), o.layout);
        warnOfOtherModel(file, checkpoint->config(), o.layout);
        file.modelName = checkpoint->config().name;
        file.modelArchitecture = checkpoint->config().architecture;
    }
    if (!imported.windowTokens && !o.window) fmt::print(stderr, "{} names no window: assumed.\n", o.layout);
    say(o, toString(imported.format), file);
    return file;
}

nlohmann::json summaryOf(const ConvertOptions& o, const LayoutFile& file, const std::vector<std::string>& losses) {
    for (const std::string& loss : losses) fmt::print(stderr, "Lost: {}\n", loss);
    return {{"event", "done"},
            {"format", o.to},
            {"out", o.out},
            {"granularity", toString(file.layout.grid.granularity)},
            {"sparsity", file.layout.sparsity()},
            {"window", file.windowTokens},
            {"sinks", file.sinkTokens},
            {"lost", losses}};
}

/// What tables of KV heads can't hold.
std::vector<std::string> tableLosses(const LayoutFile& file, bool isPruLong) {
    std::vector<std::string> losses;
    if (file.layout.grid.granularity == Granularity::Layer) {
        losses.push_back("that whole layers were decided: the table has a column a KV head");
    }
    if (!isPruLong) return losses;
    losses.push_back("window and sinks: give --window and --sinks where the file is read again");
    if (!file.probabilities.empty()) losses.push_back("the probabilities: the file holds 1 and 0");
    return losses;
}

std::atomic<bool> isInterrupted = false;

/// Shows percents on a terminal; ends the writing when the user asks for it.
std::function<void(double)> partShower() {
    for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int) { isInterrupted = true; });
    return [isTerminal = isatty(STDERR_FILENO) != 0, shown = -1](double share) mutable {
        if (isInterrupted) throw Error("Interrupted; nothing was written.", ErrorKind::RunFailed);
        const int percent = static_cast<int>(100 * share);
        if (!isTerminal || percent == shown) return;
        shown = percent;
        fmt::print(stderr, "\rWriting weights: {:3} %{}", percent, share >= 1 ? "\n" : "");
    };
}

void convertToHuggingFace(const ConvertOptions& o) {
    const std::string model = o.model.value_or("default");
    const std::unique_ptr<Checkpoint> checkpoint = openCheckpoint(model);
    const LayoutFile file = layoutFrom(o, checkpoint.get());
    const LayoutFile layers = o.asLayers ? asLayers(file) : file;
    const HuggingFacePlan plan =
        planHuggingFaceExport(checkpoint->config(), layers, llamaTargetFromString(o.architecture));
    std::vector<std::string> losses = plan.losses;
    if (o.asLayers && firstMixedLayer(file.layout) >= 0) {
        losses.push_back(
            fmt::format("the decisions of single KV heads: {} of {} heads were full, now {} of {} layers are",
                        file.layout.fullCount(), file.layout.grid.unitCount(), layers.layout.fullCount(),
                        layers.layout.grid.unitCount()));
    }
    HuggingFaceExport how;
    how.folder = o.out;
    if (checkpoint->format() == "safetensors") how.sourceFolder = huggingFaceFolder(resolveModelPath(model));
    how.weights = exportedWeightsFromString(o.weights);
    how.progress = partShower();
    writeHuggingFaceFolder(*checkpoint, plan, how);
    fmt::print(stderr, "{} is a model of type {}, with {} of {} layers sliding.\n", o.out, plan.config.architecture,
               std::count(plan.slides.begin(), plan.slides.end(), true), plan.slides.size());

    nlohmann::json summary = summaryOf(o, layers, losses);
    summary["architecture"] = plan.config.architecture;
    summary["zeroBiases"] = plan.addsZeroBiases;
    ExportEvaluation evaluation = o.evaluation;
    evaluation.model = model;
    if (evaluation.corpus.empty() && (model == "demo" || model == "default")) evaluation.corpus = {model};
    if (!o.skipsEvaluation && evaluation.corpus.empty()) {
        fmt::print(stderr, "Name a text with --corpus to see the perplexity that the folder has in transformers.\n");
    } else if (!o.skipsEvaluation) {
        const Comparison comparison = evaluateExport(evaluation, file, layers);
        fmt::print(stderr, "{}{}", toTable(comparison), describeExport(comparison, file.sinkTokens));
        summary["comparison"] = nlohmann::json::parse(toJson(comparison));
    }
    writeJsonLine(summary.dump());
}

void convert(const ConvertOptions& o) {
    if (o.to == "hf") return convertToHuggingFace(o);
    const std::unique_ptr<Checkpoint> checkpoint = o.model ? openCheckpoint(*o.model) : nullptr;
    LayoutFile file = layoutFrom(o, checkpoint.get());
    if (o.asLayers) file = asLayers(file);
    std::vector<std::string> losses;
    if (o.to == "json") {
        writeLayoutFile(o.out, file);
    } else if (o.to == "duo") {
        losses = tableLosses(file, false);
        writeDuoAttention(o.out, file);
    } else {
        losses = tableLosses(file, true);
        writePruLong(o.out, file);
    }
    writeJsonLine(summaryOf(o, file, losses).dump());
}

}  // namespace

void addConvertCommand(CLI::App& app, ChosenCommand& chosen) {
    CLI::App* command = app.add_subcommand("convert", "Writes a layout in another format, or into a model folder.");
    const auto o = std::make_shared<ConvertOptions>();
    command
        ->add_option("layout", o->layout,
                     "a layout file, a run folder, a DuoAttention folder, PruLong's masks.tsv, or a Hugging Face "
                     "config.json or folder; or a rule as in evaluate, with --window")
        ->required();
    command->add_option("--to", o->to, "json, duo, prulong or hf")
        ->required()
        ->check(CLI::IsMember({"json", "duo", "prulong", "hf"}));
    command->add_option("--out", o->out, "file (json, prulong) or new folder (duo, hf)")->required();
    command->add_option(
        "--model", o->model,
        "demo, default, a .gguf file or a Hugging Face folder: checks the shape; for hf its weights are "
        "written (default: default)");
    command->add_option("--sparsity", o->sparsity, "cut soft values so that this share of units slides, 0..1");
    command->add_flag("--as-layers", o->asLayers, "decide whole layers by the sum of their KV heads");
    command->add_option("--window", o->window, "sliding window in tokens instead of the layout's, the query counted")
        ->check(kWindowRange);
    command
        ->add_option("--sinks", o->sinks, "first tokens that stay visible, instead of the layout's (rules: 4, in hf 0)")
        ->check(kSinksRange);
    command->add_option("--dtype", o->weights, "weights of hf: stored, float32 or bfloat16")->capture_default_str();
    command
        ->add_option("--architecture", o->architecture,
                     "what Llama becomes in hf: auto (Ministral) or qwen2, for transformers before 4.57")
        ->capture_default_str();
    command->add_flag("--no-evaluate", o->skipsEvaluation, "do not measure the perplexity that the hf folder has");
    command->add_option("--corpus", o->evaluation.corpus, "texts for that, as in evaluate");
    command->add_option("--split", o->evaluation.split, "test, dev or all")->capture_default_str();
    command->add_option("--tokens", o->evaluation.tokens, "tokens in all, spread over the windows (0: all)")
        ->capture_default_str();
    command->add_option("--context", o->evaluation.context,
                        "tokens of a window" + defaultsOf(&TrainingConfig::contextTokens));
    command->add_option("--device", o->evaluation.device, "auto, cpu, cuda or cuda:N")->capture_default_str();
    command->callback([o, command, &chosen] {
        for (const char* name :
             {"--dtype", "--architecture", "--no-evaluate", "--corpus", "--split", "--tokens", "--context", "--device"})
            if (o->to != "hf" && command->get_option(name)->count() > 0)
                throw Error(std::string(name) + " has no effect here: only --to hf writes and measures a model");
        chosen = [o] { convert(*o); };
    });
}

}  // namespace consa
