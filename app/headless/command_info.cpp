// consa info: what a model is, whether all its tensors are there, and what a run would need.
#include "app/headless/commands.h"
#include "app/headless/headless_session.h"
#include "core/checkpoint/checkpoint.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <memory>

namespace consa {

namespace {

/// Bytes that learning needs beside the weights: activations kept for the backward pass, bf16, both branches of every
/// layer (inputs of norms and products, q, k, v, two attention outputs, gate and up).
std::int64_t activationBytes(const ModelConfig& c, std::int64_t tokens) {
    const std::int64_t perToken =
        6 * c.hiddenSize + 4 * c.queryHeadCount * c.headDim + 3 * c.kvHeadCount * c.headDim + 4 * c.feedForwardSize;
    return 2 * tokens * perToken * c.layerCount;
}

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
    constexpr std::int64_t kTokensPerStep = 8 * 4096;
    const std::int64_t weightBytes = 2 * c.parameterCount();
    writeJsonLine(nlohmann::json{
        {"event", "done"},
        {"model", nlohmann::json::parse(toJson(c))},
        {"format", checkpoint->format()},
        {"fingerprint", checkpoint->fingerprint()},
        {"parameters", c.parameterCount()},
        {"units", c.layerCount * c.kvHeadCount},
        {"kvBytesPerToken", c.kvBytesPerToken()},
        {"estimatedBytes",
         {{"weights", weightBytes}, {"learning8x4096", weightBytes + activationBytes(c, kTokensPerStep)}}},
        {"tensors",
         tensors}}.dump());
    fmt::print(stderr, "{}: {} with {} layers, {} query and {} KV heads of {}, {:.1f} M parameters, context {}{}\n",
               c.name, c.architecture, c.layerCount, c.queryHeadCount, c.kvHeadCount, c.headDim,
               static_cast<double>(c.parameterCount()) / 1e6, c.contextTokens, nativeWindowNote(c));
    fmt::print(
        stderr,
        "{} tensors, all there. KV cache {} bytes a token. Learning 8 x 4096 tokens in bf16 needs about {:.1f} GiB.\n",
        checkpoint->tensors().size(), c.kvBytesPerToken(),
        static_cast<double>(weightBytes + activationBytes(c, kTokensPerStep)) / (1 << 30));
}

}  // namespace

void addInfoCommand(CLI::App& app, ChosenCommand& chosen) {
    CLI::App* command = app.add_subcommand("info", "Says what a model is and checks that all its tensors are there.");
    const auto model = std::make_shared<std::string>();
    command->add_option("model,--model", *model, "demo, default, a .gguf file or a Hugging Face folder")->required();
    command->callback([model, &chosen] { chosen = [model] { info(*model); }; });
}

}  // namespace consa
