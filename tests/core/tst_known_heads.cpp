// Learning on a decoder built so that exactly known heads need the long range: it must find exactly those.
#include "core/base/error.h"
#include "core/model/transformer_loader.h"
#include "core/training/trainer.h"

#include <QtTest>

#include <random>

using namespace consa;

namespace {

constexpr int kLayers = 4, kHeads = 4, kContext = 64;

/// The decoder: heads of `distant` weigh all visible tokens alike; every other head sees its own token only, so that
/// sliding changes nothing there.
Transformer builtDecoder(const AttentionLayout& distant) {
    ModelConfig config;
    config.name = "known heads";
    config.architecture = "qwen2";
    config.layerCount = kLayers;
    config.queryHeadCount = config.kvHeadCount = kHeads;
    config.headDim = 8;
    config.hiddenSize = 32;
    config.feedForwardSize = 32;
    config.vocabularySize = 64;
    config.contextTokens = kContext;
    config.ropeTheta = 4;  // four fast rotations: together they agree at distance 0 only
    config.tiedEmbeddings = true;
    config.hasQkvBias = true;
    const Transformer random = randomTransformer(config, torch::kCPU, 3);
    TransformerWeights weights = random.weights();
    weights.embedding.mul_(20);  // of standard deviation .4: attention has something to carry
    for (int layer = 0; layer < kLayers; ++layer) {
        LayerWeights& w = weights.layers[static_cast<std::size_t>(layer)];
        w.queryKeyValue.mul_(20);
        w.output.mul_(40);
        w.queryKeyValue.narrow(0, 0, 2 * kHeads * config.headDim).zero_();
        w.queryKeyValueBias = torch::zeros({3 * kHeads * config.headDim});
        for (int head = 0; head < kHeads; ++head) {
            if (distant.isFull(layer, head)) continue;
            constexpr double kSharpness = 20;
            for (const int part : {0, kHeads})  // query and key: the first of each pair's two halves
                w.queryKeyValueBias.narrow(0, (part + head) * config.headDim, config.headDim / 2).fill_(kSharpness);
        }
    }
    return {config, weights};
}

TokenCorpus randomText() {
    std::mt19937_64 dice(5);
    std::vector<Document> documents;
    for (int i = 0; i < 40; ++i) {
        Document document{"document " + std::to_string(i), {}, Split::Train};
        std::vector<std::int32_t> ids(4 * kContext + 1);
        for (auto& id : ids) id = static_cast<std::int32_t>(dice() % 64);
        document.tokens = TokenIds(std::move(ids));
        documents.push_back(std::move(document));
    }
    return {"random", std::move(documents), /*assignSplits=*/false};
}

AttentionLayout layoutWith(const std::vector<std::pair<int, int>>& heads) {
    AttentionLayout layout({kLayers, kHeads, Granularity::KvHead}, false);
    for (const auto& [layer, head] : heads) layout.setFull(layer, head, true);
    return layout;
}

TrainingConfig toyConfig(double target) {
    TrainingConfig config;
    config.contextTokens = kContext;
    config.windowTokens = 4;
    config.sinkTokens = 1;
    config.batchSize = 2;
    config.stepCount = 150;
    config.loss = TrainingLoss::DistillKl;
    config.target = target;
    return config;
}

Trainer learned(const Transformer& model, const TokenCorpus& corpus, const TrainingConfig& config) {
    Trainer trainer(model, corpus, config);
    for (int step = 0; step < config.stepCount; ++step) static_cast<void>(trainer.step());
    return trainer;
}

QString shown(const AttentionLayout& layout) {
    QString text;
    for (std::size_t i = 0; i < layout.full.size(); ++i)
        text += (i % kHeads == 0 ? " " : "") + QString(layout.full[i] != 0 ? "F" : ".");
    return text;
}

const AttentionLayout kScattered = layoutWith({{0, 2}, {1, 1}, {1, 3}, {3, 0}, {3, 2}});

}  // namespace

class TestKnownHeads : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void onlyTheDistantHeadsMatter() {
        const Transformer model = builtDecoder(kScattered);
        const TokenCorpus corpus = randomText();
        const auto ids = windowIds(corpus, std::vector<TokenWindow>{{0, 0}, {1, 0}}, kContext, torch::kCPU);
        const auto hidden = [&](const AttentionLayout& layout) {
            return model.hidden(ids.narrow(1, 0, kContext), {{layout.full.begin(), layout.full.end()}, {}, 4, 1});
        };
        const AttentionLayout all(kScattered.grid, true);
        const auto full = hidden(all);
        QVERIFY((hidden(kScattered) - full).abs().max().item<double>() < 1e-3);
        for (std::size_t unit = 0; unit < all.full.size(); ++unit) {
            AttentionLayout one = all;
            one.full[unit] = 0;
            const double change = (hidden(one) - full).abs().max().item<double>();
            QVERIFY2((change > 0.05) == (kScattered.full[unit] != 0), qPrintable(QString::number(change)));
        }
    }

    void findsExactlyTheHeadsThatNeedTheLongRange_data() {
        QTest::addColumn<int>("loss");
        QTest::addColumn<int>("estimate");
        for (const TrainingLoss loss : {TrainingLoss::DistillKl, TrainingLoss::DistillHidden})
            for (const SparsityEstimate estimate : {SparsityEstimate::Expected, SparsityEstimate::Sampled})
                QTest::addRow("%s, %s", toString(loss).c_str(), toString(estimate).c_str())
                    << static_cast<int>(loss) << static_cast<int>(estimate);
    }

    void findsExactlyTheHeadsThatNeedTheLongRange() {
        QFETCH(int, loss);
        QFETCH(int, estimate);
        const Transformer model = builtDecoder(kScattered);
        const TokenCorpus corpus = randomText();
        TrainingConfig config = toyConfig(1 - 5.0 / 16);
        config.loss = static_cast<TrainingLoss>(loss);
        config.sparsityEstimate = static_cast<SparsityEstimate>(estimate);
        const Trainer trainer = learned(model, corpus, config);
        const AttentionLayout layout = trainer.layoutAt(config.target);
        QVERIFY2(layout == kScattered, qPrintable(shown(layout) + ", wanted" + shown(kScattered)));
        const double sparsity = trainer.gates().bank().expectedSparsity();
        QVERIFY2(std::abs(sparsity - config.target) < 0.01, qPrintable(QString::number(sparsity)));
    }

    void holdsTheBudgetInEveryLayer() {
        const AttentionLayout wanted = layoutWith({{0, 1}, {1, 3}, {2, 0}, {3, 2}});
        const Transformer model = builtDecoder(wanted);
        const TokenCorpus corpus = randomText();
        TrainingConfig config = toyConfig(0.75);
        config.scope = Scope::PerLayer;
        const Trainer trainer = learned(model, corpus, config);
        const AttentionLayout layout = trainer.layoutAt(config.target);
        QVERIFY2(layout == wanted, qPrintable(shown(layout)));
        const std::vector<double> sliding = trainer.gates().bank().slidingProbabilities();
        for (std::size_t layer = 0; layer < kLayers; ++layer) {
            double sum = 0;
            for (std::size_t head = 0; head < kHeads; ++head) sum += sliding[layer * kHeads + head];
            QVERIFY2(std::abs(sum / kHeads - 0.75) < 0.02, qPrintable(QString::number(sum / kHeads)));
        }
    }

    void pinsAreHonouredExactly() {
        const Transformer model = builtDecoder(kScattered);
        const TokenCorpus corpus = randomText();
        TrainingConfig config = toyConfig(1 - 5.0 / 16);
        config.pins = {{1, 1, false}, {2, 2, true}};
        const Trainer trainer = learned(model, corpus, config);
        AttentionLayout wanted = kScattered;
        wanted.setFull(1, 1, false);
        wanted.setFull(2, 2, true);
        const AttentionLayout layout = trainer.layoutAt(config.target);
        QVERIFY2(layout == wanted, qPrintable(shown(layout)));
        QCOMPARE(trainer.gates().bank().probabilities()[5], 0.0);
        QCOMPARE(trainer.gates().bank().probabilities()[10], 1.0);
    }

    void theTargetCanMove() {
        const Transformer model = builtDecoder(kScattered);
        const TokenCorpus corpus = randomText();
        TrainingConfig config = toyConfig(0.25);
        Trainer trainer(model, corpus, config);
        for (int step = 0; step < 60; ++step) static_cast<void>(trainer.step());
        trainer.retarget(1 - 5.0 / 16, 20);
        for (int step = 0; step < 60; ++step) static_cast<void>(trainer.step());
        const double sparsity = trainer.gates().bank().expectedSparsity();
        QVERIFY2(std::abs(sparsity - (1 - 5.0 / 16)) < 0.01, qPrintable(QString::number(sparsity)));
        const AttentionLayout layout = trainer.layoutAt(1 - 5.0 / 16);
        QVERIFY2(layout == kScattered, qPrintable(shown(layout)));
    }

    void aMovedTargetGetsStepsToSettle() {
        const Transformer model = builtDecoder(kScattered);
        const TokenCorpus corpus = randomText();
        TrainingConfig config = toyConfig(0.75);
        config.stepCount = 20;
        Trainer trainer(model, corpus, config);
        for (int step = 0; step < 10; ++step) static_cast<void>(trainer.step());
        trainer.retarget(0.3, 5);
        QCOMPARE(trainer.config().stepCount, 10 + 5 + 40);  // its ramp, and at least 40 steps
        config.stepCount = 100;
        Trainer longer(model, corpus, config);
        for (int step = 0; step < 10; ++step) static_cast<void>(longer.step());
        longer.retarget(0.3, 5);
        QCOMPARE(longer.config().stepCount, 100);
        for (int step = 10; step < 60; ++step) static_cast<void>(longer.step());
        longer.retarget(0.5, 5);
        QCOMPARE(longer.config().stepCount, 60 + 5 + 70);  // seven tenths of the planned steps
    }

    void aPlannedMoveSurvivesAResume() {
        const Transformer model = builtDecoder(kScattered);
        const TokenCorpus corpus = randomText();
        TrainingConfig config = toyConfig(0.25);
        config.stepCount = 20;
        config.rampSteps = 5;
        config.moves = {{10, 0.5}};
        Trainer whole(model, corpus, config), first(model, corpus, config), second(model, corpus, config);
        while (whole.stepsDone() < whole.config().stepCount) static_cast<void>(whole.step());
        for (int step = 0; step < 30; ++step) static_cast<void>(first.step());
        second.restore(first.state());
        QCOMPARE(second.config().stepCount, 55);  // the move, its ramp and 40 steps to settle
        while (second.stepsDone() < second.config().stepCount) static_cast<void>(second.step());
        QVERIFY(second.state() == whole.state());
    }

    void divergingRunsEndWithTheGatesOfTheStepBefore_data() {
        QTest::addColumn<double>("rate");
        QTest::addColumn<double>("multiplierRate");
        QTest::addColumn<QString>("word");
        QTest::newRow("gates") << 100.0 << 0.1 << "--lr";
        QTest::newRow("multiplier") << 0.2 << 1e7 << "--multiplier-rate";
    }

    void divergingRunsEndWithTheGatesOfTheStepBefore() {
        QFETCH(double, rate);
        QFETCH(double, multiplierRate);
        QFETCH(QString, word);
        const Transformer model = builtDecoder(kScattered);
        const TokenCorpus corpus = randomText();
        TrainingConfig config = toyConfig(0.5);
        config.gateLearningRate = rate;
        config.multiplierRate = multiplierRate;
        Trainer trainer(model, corpus, config);
        QString message;
        try {
            for (int step = 0; step < config.stepCount; ++step) static_cast<void>(trainer.step());
        } catch (const Error& error) {
            QVERIFY(error.kind() == ErrorKind::RunFailed);
            message = error.what();
        }
        QVERIFY2(message.contains(word), qPrintable(message));
        for (const double value : trainer.gates().bank().logAlpha()) QVERIFY(std::isfinite(value));
        QCOMPARE(trainer.layoutAt(0.5).fullCount(), 8);
    }

    /// What learning is compared with finds the same heads on so plain a case.
    void otherMethodsRankTheSameHeads_data() {
        QTest::addColumn<int>("method");
        for (const GateMethod method : {GateMethod::Ranked, GateMethod::L1, GateMethod::Gradient})
            QTest::addRow("%s", toString(method).c_str()) << static_cast<int>(method);
    }

    void otherMethodsRankTheSameHeads() {
        QFETCH(int, method);
        const Transformer model = builtDecoder(kScattered);
        const TokenCorpus corpus = randomText();
        TrainingConfig config = toyConfig(1 - 5.0 / 16);
        config.method = static_cast<GateMethod>(method);
        const Trainer trainer = learned(model, corpus, config);
        const AttentionLayout layout = trainer.layoutAt(config.target);
        QVERIFY2(layout == kScattered, qPrintable(shown(layout)));
    }

    void randomSearchKeepsTheBestItTried() {
        const Transformer model = builtDecoder(kScattered);
        const TokenCorpus corpus = randomText();
        TrainingConfig config = toyConfig(0.5);
        config.method = GateMethod::Random;
        config.stepCount = 20;
        Trainer trainer(model, corpus, config);
        double best = HUGE_VAL;
        for (int step = 0; step < config.stepCount; ++step) best = std::min(best, trainer.step().loss);
        QCOMPARE(trainer.layoutAt(0.5).fullCount(), 8);
        QCOMPARE(trainer.state().bestLoss.value_or(0), best);
    }
};

QTEST_APPLESS_MAIN(TestKnownHeads)
#include "tst_known_heads.moc"
