// consa info: what a model is, whether all its tensors are there, and what a run would need.
#include "app/headless/commands.h"
#include "app/headless/headless_session.h"
#include "core/base/byte_text.h"
#include "core/base/error.h"
#include "core/checkpoint/checkpoint.h"
#include "core/training/run_cost.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cmath>
#include <memory>

namespace consa {

namespace {

/// ", full heads of 30 layers see at most 4096 tokens": windows that the model was made with; "" for none.
std::string nativeWindowNote(const ModelConfig& c) {
    const auto layers =
        std::count_if(c.nativeWindows.begin(), c.nativeWindows.end(), [](int each) { return each > 0; });
    if (layers == 0) return "";
    return fmt::format(", full heads of {} layers see at most {} tokens", layers,
                       *std::max_element(c.nativeWindows.begin(), c.nativeWindows.end()));
}

void info(const std::string& model) {
    const std::unique_ptr<Checkpoint> checkpoint = openCheckpoint(model);
    const ModelConfig& c = checkpoint->config();
    nlohmann::json tensors = nlohmann::json::array();
    for (const TensorInfo& tensor : checkpoint->tensors())
        tensors.push_back(
            {{"name", tensor.name}, {"type", tensor.type}, {"shape", tensor.shape}, {"bytes", tensor.byteCount}});
    TrainingConfig run;  // 8 windows of 4096 tokens, or as many as the model can take
    run.dataType = DataType::BFloat16;
    run.contextTokens = std::min(run.contextTokens, c.longestContextTokens());
    const RunMemory memory = estimateRunMemory(c, run, /*isOnGpu=*/true);
    writeJsonLine(nlohmann::json{
        {"event", "done"},
        {"model", nlohmann::json::parse(toJson(c))},
        {"format", checkpoint->format()},
        {"fingerprint", checkpoint->fingerprint()},
        {"parameters", c.parameterCount()},
        {"units", c.layerCount * c.kvHeadCount},
        {"kvBytesPerToken", c.kvBytesPerToken()},
        {"estimatedBytes",
         {{"weights", std::llround(memory.weights)},
          {"learningContext", run.contextTokens},
          {"learningBatch", run.batchSize},
          {"learning", std::llround(memory.ofWholeStep)},
          {"learningOneWindow", std::llround(memory.ofOneWindow)}}},
        {"tensors",
         tensors}}.dump());
    fmt::print(stderr, "{}: {} with {} layers, {} query and {} KV heads of {}, {:.1f} M parameters, context {}{}\n",
               c.name, c.architecture, c.layerCount, c.queryHeadCount, c.kvHeadCount, c.headDim,
               static_cast<double>(c.parameterCount()) / 1e6, c.contextTokens, nativeWindowNote(c));
    fmt::print(stderr,
               "{} tensors, all there. KV cache {} bytes a token. Learning on {} x {} tokens of a step needs at most "
               "{} of a GPU in bfloat16, {} where it takes one window at a time.\n",
               checkpoint->tensors().size(), c.kvBytesPerToken(), run.batchSize, run.contextTokens,
               byteText(memory.ofWholeStep), byteText(memory.ofOneWindow));
}

}  // namespace

void addInfoCommand(CLI::App& app, ChosenCommand& chosen) {
    CLI::App* command = app.add_subcommand("info", "Says what a model is and checks that all its tensors are there.");
    const auto model = std::make_shared<std::string>("default"), place = std::make_shared<std::string>();
    const CLI::Option* named =
        command->add_option("--model", *model, "demo, default, a .gguf file or a Hugging Face folder")
            ->capture_default_str();
    command->add_option("MODEL", *place, "the same without --model");
    command->callback([=, &chosen] {
        if (named->count() > 0 && !place->empty()) throw Error("give the model once: with --model or without");
        chosen = [=] { info(place->empty() ? *model : *place); };
    });
}

}  // namespace consa
