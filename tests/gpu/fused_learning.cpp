// One seed learns one layout, by the fused layers and by plain operations, up to what two runs of one path differ by.
#include "core/checkpoint/known_shapes.h"
#include "core/model/fused_decoder.h"
#include "core/model/transformer_loader.h"
#include "core/text/corpus_cache.h"
#include "core/training/pretrainer.h"
#include "core/training/trainer.h"
#include "tests/gpu/gpu_tests.h"

#include <QtTest>

#include <algorithm>

using namespace consa;

namespace {

constexpr int kContext = 256;

TokenCorpus generatedTexts() {
    const std::unique_ptr<Tokenizer> bytes = makeTokenizer("", "the byte tokenizer");
    return loadCorpus({"generated:3"}, *bytes, {}, {}, tokenizerKey("", *bytes));
}

/// A decoder that has learned some of the texts, so that its heads differ in what they are worth.
Transformer pretrained(const TokenCorpus& texts) {
    ModelConfig config = knownShape("tiny");
    config.layerCount = 4;
    config.queryHeadCount = 6;
    config.kvHeadCount = 3;
    config.headDim = 64;
    config.hiddenSize = 192;
    config.feedForwardSize = 512;
    config.vocabularySize = 264;
    config.contextTokens = kContext;
    Transformer model = randomTransformer(config, torch::Device(torch::kCUDA, 0), 3);
    PretrainConfig how;
    how.contextTokens = kContext;
    how.batchSize = 32;
    how.stepCount = 400;
    how.warmupSteps = 40;
    Pretrainer pretrainer(model, texts, how);
    for (int step = 0; step < how.stepCount; ++step) (void)pretrainer.step();
    return Transformer(config, model.weights().copiedAs(torch::kBFloat16));
}

AttentionLayout learned(Transformer& model, const TokenCorpus& texts, bool fuses) {
    model.setFusesLayers(fuses);
    TrainingConfig config = defaultTrainingConfig("demo", true);
    config.contextTokens = kContext;
    config.windowTokens = 16;
    config.batchSize = 8;
    config.stepCount = 100;
    config.target = 0.5;
    Trainer trainer(model, texts, config);
    for (int step = 0; step < config.stepCount; ++step) (void)trainer.step();
    return trainer.layoutAt(config.target);
}

/// Units that are full in the one and not in the other.
int swaps(const AttentionLayout& a, const AttentionLayout& b) {
    int count = 0;
    for (std::size_t i = 0; i < a.full.size(); ++i) count += a.full[i] && !b.full[i];
    return count;
}

}  // namespace

class TestFusedLearning : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void bothPathsLearnOneLayout() {
        const TokenCorpus texts = generatedTexts();
        Transformer model = pretrained(texts);
        const std::vector<double> z(12, 0.5);
        QVERIFY(canFuseDecoder(model.config(), model.weights(), kContext, {z, {}, 16, 4}));
        std::vector<AttentionLayout> fused, plain;
        for (int run = 0; run < 2; ++run) {
            fused.push_back(learned(model, texts, true));
            plain.push_back(learned(model, texts, false));
        }
        const int within = std::max(swaps(fused[0], fused[1]), swaps(plain[0], plain[1]));
        QCOMPARE(fused[0].fullCount(), plain[0].fullCount());
        for (const AttentionLayout& one : fused)
            for (const AttentionLayout& other : plain) {
                qInfo("swaps between the paths %d, within one %d", swaps(one, other), within);
                QVERIFY(swaps(one, other) <= within);
            }
    }
};

static const consa::test::GpuTests<TestFusedLearning> tests;
#include "fused_learning.moc"
