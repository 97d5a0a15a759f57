// The miniature's shape, its training by the trainer of recovery, and its folder.
#include "core/training/miniature.h"

#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/base/whole_folder.h"
#include "core/checkpoint/hf_export_config.h"
#include "core/checkpoint/safetensors_file.h"
#include "core/model/transformer_loader.h"
#include "core/text/corpus_cache.h"
#include "core/training/trainer.h"

#include <charconv>
#include <chrono>

namespace consa {

namespace {

constexpr int kReportEverySteps = 100;
constexpr int kWarmupSteps = 100;  // of the learning rate (usual at this size)
constexpr int kQueryHeads = 16;

TrainingConfig trainingConfig(const PretrainRun& run) {
    TrainingConfig config;
    config.mode = LearningMode::Recover;  // the layout is held: every head full
    config.contextTokens = run.contextTokens;
    config.windowTokens = run.contextTokens / 2;
    config.sinkTokens = 0;
    config.batchSize = run.batchSize;
    config.stepCount = run.stepCount;
    config.weightLearningRate = run.learningRate;
    config.learningRateWarmupSteps = kWarmupSteps;
    config.seed = run.seed;
    return config;
}

void writeFolder(const PretrainRun& run, const Transformer& model, const std::string& tokenizerJson) {
    std::vector<NamedTensor> tensors;
    for (const auto& [name, weight] : namedWeights(model)) {
        const auto* values = weight.data_ptr<float>();
        tensors.push_back({name, weight.sizes().vec(), {values, values + weight.numel()}, StorageType::BF16});
    }
    HuggingFacePlan plan;
    plan.config = model.config();
    plan.slides.assign(static_cast<std::size_t>(plan.config.layerCount), false);
    WholeFolder folder(run.out);
    writeFileAtomically(folder.path() / "config.json", toHuggingFaceConfig(plan, {"bfloat16", "{}", false}));
    writeFileAtomically(folder.path() / "tokenizer.json", tokenizerJson);
    writeFileAtomically(folder.path() / "model.safetensors", toSafetensors(tensors, {{"recipe", commandOf(run)}}));
    folder.finish();
}

}  // namespace

ModelConfig miniatureShape(int hiddenSize, int vocabularySize) {
    ModelConfig config;
    config.name = "ConSA miniature " + std::to_string(hiddenSize);
    config.architecture = "ministral";
    config.layerCount = 28;
    config.queryHeadCount = kQueryHeads;
    config.kvHeadCount = 8;
    config.headDim = hiddenSize / kQueryHeads;
    config.hiddenSize = hiddenSize;
    config.feedForwardSize = 3 * hiddenSize;
    config.vocabularySize = vocabularySize;
    config.contextTokens = 8192;
    config.tiedEmbeddings = true;
    return config;
}

std::optional<int> miniatureWidth(const std::string& shape) {
    constexpr std::string_view kPrefix = "miniature-";
    if (!shape.starts_with(kPrefix)) return std::nullopt;
    int width = 0;
    const char* end = shape.data() + shape.size();
    const auto [rest, error] = std::from_chars(shape.data() + kPrefix.size(), end, width);
    constexpr int kHeadMultiple = 16;
    if (error != std::errc{} || rest != end || width < 1 || width % (kQueryHeads * kHeadMultiple) != 0)
        throw Error("--shape " + shape + ": the width must be a multiple of 256, as in miniature-256");
    return width;
}

double pretrainMiniature(const PretrainRun& run, int hiddenSize, const PretrainReport& report) {
    const std::unique_ptr<Checkpoint> source = openCheckpoint(run.tokenizer);
    const std::string tokenizerJson = source->tokenizerJson();
    const std::unique_ptr<Tokenizer> tokenizer = makeTokenizer(tokenizerJson, run.tokenizer);
    const TokenCorpus corpus =
        loadCorpus(run.corpus, *tokenizer, {}, run.text, tokenizerKey(tokenizerJson, *tokenizer));
    const torch::Device device = deviceFromString(run.device);
    const torch::ScalarType type = scalarType(DataType::Auto, device, /*forLearning=*/true);
    const Transformer random =
        randomTransformer(miniatureShape(hiddenSize, source->config().vocabularySize), device, run.seed);
    const Transformer model(random.config(), random.weights().copiedAs(type));
    const TrainingConfig config = trainingConfig(run);
    WeightOptimiser optimiser(model, random.weights(), config);
    TrainerParts parts;
    parts.layout = AttentionLayout(model.config().grid(Granularity::KvHead), true);
    parts.weights = &optimiser;
    Trainer trainer(model, corpus, config, parts);
    const auto begin = std::chrono::steady_clock::now();
    double sum = 0, mean = 0;
    int since = 0;
    while (trainer.stepsDone() < run.stepCount) {
        sum += trainer.step().loss;
        ++since;
        if (since < kReportEverySteps && trainer.stepsDone() < run.stepCount) continue;
        mean = sum / since;
        sum = since = 0;
        const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
        report(static_cast<int>(trainer.stepsDone()), mean, passed.count());
    }
    writeFolder(run, Transformer(model.config(), optimiser.weightsAs(torch::kFloat32)), tokenizerJson);
    return mean;
}

}  // namespace consa
