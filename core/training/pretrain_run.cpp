// The demo's shape, its training run and the file it ends in.
#include "core/training/pretrain_run.h"

#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/checkpoint/safetensors_file.h"
#include "core/demo/demo_text.h"
#include "core/model/transformer_loader.h"
#include "core/text/corpus_cache.h"
#include "core/training/miniature.h"
#include "core/training/pretrainer.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <chrono>
#include <filesystem>

namespace consa {

namespace {

constexpr int kReportEverySteps = 500;

/// Small enough to learn gates on two cores, deep enough that heads specialise.
ModelConfig demoShape() {
    ModelConfig config;
    config.name = "ConSA demo";
    config.architecture = "llama";
    config.layerCount = 8;
    config.queryHeadCount = 8;
    config.kvHeadCount = 4;
    config.headDim = 16;
    config.hiddenSize = 128;
    config.feedForwardSize = 384;
    config.vocabularySize = 256;
    config.contextTokens = 1024;
    config.tiedEmbeddings = true;
    return config;
}

TokenCorpus corpusOf(const PretrainRun& run) {
    constexpr std::string_view kGenerated = "generated:";
    const std::unique_ptr<Tokenizer> bytes = makeTokenizer("", "the byte tokenizer");
    const std::string& first = run.corpus.front();
    if (run.corpus.size() > 1 || !first.starts_with(kGenerated))
        return loadCorpus(run.corpus, *bytes, {}, run.text, tokenizerKey("", *bytes));
    std::vector<Document> documents;
    const std::uint64_t seed = std::stoull(first.substr(kGenerated.size()));
    for (const std::string& text : generateDemoDocuments(seed, run.documents))
        documents.push_back({fmt::format("{}/{}", first, documents.size()), bytes->encode(text), Split::Train});
    return {first, std::move(documents), /*assignSplits=*/false};
}

void writeModel(const Transformer& model, const PretrainRun& run, double loss) {
    std::vector<NamedTensor> tensors;
    for (const auto& [name, weight] : namedWeights(model)) {
        const auto* values = weight.data_ptr<float>();
        tensors.push_back({name, weight.sizes().vec(), {values, values + weight.numel()}, StorageType::BF16});
    }
    const nlohmann::json recipe{{"command", commandOf(run)}, {"finalLoss", loss}};
    writeFileAtomically(std::filesystem::path(run.out) / "demo_model.safetensors",
                        toSafetensors(tensors, {{"config", toJson(model.config())}, {"recipe", recipe.dump()}}));
}

}  // namespace

std::string commandOf(const PretrainRun& run) {
    return fmt::format(
        "consa pretrain --shape {} --corpus {} --documents {} --context {} --batch {} --steps {} --lr {} --seed {}",
        run.shape, fmt::join(run.corpus, " "), run.documents, run.contextTokens, run.batchSize, run.stepCount,
        run.learningRate, run.seed);
}

double runPretraining(const PretrainRun& run, const PretrainReport& report) {
    if (run.corpus.empty()) throw Error("--corpus is empty: give generated:SEED or texts");
    if (run.stepCount < 1 || run.batchSize < 1) throw Error("--steps and --batch must be at least 1.");
    if (const std::optional<int> width = miniatureWidth(run.shape)) return pretrainMiniature(run, *width, report);
    if (run.shape != "demo") throw Error("--shape " + run.shape + " is unknown; there are demo and miniature-WIDTH.");
    const TokenCorpus corpus = corpusOf(run);
    at::globalContext().setAllowTF32CuBLAS(true);
    Transformer model = randomTransformer(demoShape(), deviceFromString(run.device), run.seed);
    PretrainConfig config;
    config.contextTokens = run.contextTokens;
    config.batchSize = run.batchSize;
    config.stepCount = run.stepCount;
    config.learningRate = run.learningRate;
    config.seed = run.seed;
    Pretrainer trainer(model, corpus, config);
    const auto begin = std::chrono::steady_clock::now();
    double sum = 0, mean = 0;
    int since = 0;
    while (trainer.stepsDone() < run.stepCount) {
        sum += trainer.step();
        ++since;
        if (since < kReportEverySteps && trainer.stepsDone() < run.stepCount) continue;
        mean = sum / since;
        sum = since = 0;
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
        report(trainer.stepsDone(), mean, passed.count());
    }
    writeModel(model, run, mean);
    return mean;
}

}  // namespace consa
