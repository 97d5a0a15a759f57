// What a run costs, against sums made by hand and pairs counted one by one.
#include "core/base/host_memory.h"
#include "core/model/loss_chunks.h"
#include "core/training/run_cost.h"

#include <QtTest>
#include <cmath>

using namespace consa;

namespace {

/// Widths: queries 32, keys 16, hidden 32, feed-forward 48. Weights: 3200 of the embedding, 2 x (1024 + 512 + 512 +
/// 1024
/// + 3 x 1536 + 64) of the layers, 32 of the last norm: 18720.
ModelConfig smallModel() {
    ModelConfig model;
    model.layerCount = 2;
    model.queryHeadCount = 4;
    model.kvHeadCount = 2;
    model.headDim = 8;
    model.hiddenSize = 32;
    model.feedForwardSize = 48;
    model.vocabularySize = 100;
    model.contextTokens = 64;
    model.tiedEmbeddings = true;
    return model;
}

TrainingConfig smallRun() {
    TrainingConfig config;
    config.contextTokens = 10;
    config.batchSize = 4;
    config.gateDraws = 2;
    config.windowTokens = 4;
    config.sinkTokens = 2;
    config.stepCount = 7;
    config.target = 0.5;
    return config;
}

double countedPairs(int tokens, int window, int sinks) {
    double pairs = 0;
    for (int query = 0; query < tokens; ++query)
        for (int key = 0; key <= query; ++key)
            if (query - key < window || key < sinks) ++pairs;
    return pairs;
}

}  // namespace

class TestRunCost : public QObject {
    Q_OBJECT

private slots:
    void chunksOfTheLoss() {
        for (const int rows : {1, 100, 129, 4096, 16384, 32768, 100000})
            for (const int vocabulary : {128, 49152, 151936, 4000000})
                for (const int bytes : {2, 4}) {
                    const auto chunk = lossChunkRows(rows, vocabulary, bytes);
                    QCOMPARE(chunk % 128, 0);
                    const double size = double(chunk - 128) * vocabulary * bytes;  // but for rounding up to a tile
                    QVERIFY(size <= double(1 << 30) || chunk == 256);
                    const auto chunks = (rows + chunk - 1) / chunk;
                    QVERIFY(chunks == 1 || chunks * chunk - rows < chunk);
                }
        QVERIFY(lossChunkRows(4096, 0, 2) >= 4096);
        QCOMPARE(lossChunkRows(16384, 151936, 2), 3328);  // 5 chunks of 26 tiles, the last of 24
    }

    void memoryOnAGpu() {
        TrainingConfig config = smallRun();
        const RunMemory memory = estimateRunMemory(smallModel(), config, true);
        QCOMPARE(memory.windowsAtOnce, 2);
        QCOMPARE(memory.weights, 37440.0);
        // 2 x (64 + 64 + 64 + 96) + 32 = 608 bytes a token and layer, three layers' worth; 192 of the loss.
        QCOMPARE(memory.activations, 20160.0);
        QCOMPARE(memory.logits, 4000.0);
        QCOMPARE(memory.ofOneWindow, 37440.0 + 20160 + 2000);
        QCOMPARE(memory.ofWholeStep, 37440.0 + 40320 + 4000);
        ModelConfig normed = smallModel();
        normed.hasQkNorm = true;
        QCOMPARE(estimateRunMemory(normed, config, true).activations, 20160.0 + 10 * 3 * 128);
    }

    void memoryOnACpu() {
        TrainingConfig config = smallRun();
        config.dataType = DataType::Float32;
        const RunMemory memory = estimateRunMemory(smallModel(), config, false);
        QCOMPARE(memory.weights, 74880.0);
        // 4 x (192 + 2 x 16 x 10 / 4 + 4 x 10 + 144) + 4 x (64 + 4) = 2096; 384 of the loss.
        QCOMPARE(memory.activations, 10.0 * (3 * 2096 + 384));
        QCOMPARE(memory.logits, 20.0 * 100 * 8);
        const double held = (memory.ofWholeStep - memory.weights) / (2 * memory.activations + memory.logits);
        QVERIFY(std::abs(held - 1.25) < 1e-9);  // the heap's gaps, as measured
        config.dataType = DataType::BFloat16;
        QCOMPARE(estimateRunMemory(smallModel(), config, false).logits, 20.0 * 100 * 10);
    }

    void movedWeightsCostTheirMoments() {
        TrainingConfig config = smallRun();
        config.mode = LearningMode::GatesAndWeights;
        const RunMemory all = estimateRunMemory(smallModel(), config, true);
        QCOMPARE(all.weights, 18720.0 * 16);  // master, two moments, bfloat16 weight and gradient
        QCOMPARE(all.activations, 20160.0 + 10 * 3 * 2 * (64 + 32 + 48));
        config.loss = TrainingLoss::DistillKl;  // the frozen teacher stays beside them
        QCOMPARE(estimateRunMemory(smallModel(), config, true).weights, 18720.0 * 18);
        config.loraRank = 8;
        QCOMPARE(estimateRunMemory(smallModel(), config, true).weights, 18720.0 * 10);
        config.mode = LearningMode::Recover;  // one layout: the whole batch at once
        QCOMPARE(estimateRunMemory(smallModel(), config, true).windowsAtOnce, 4);
    }

    void longTextsKeepTheirLogitsInChunks() {
        TrainingConfig config = smallRun();
        ModelConfig model = smallModel();
        model.vocabularySize = 1 << 18;
        config.contextTokens = 1 << 14;
        const double chunk = double(1 << 30);
        QCOMPARE(estimateRunMemory(model, config, true).logits, chunk);
        config.contextTokens *= 2;
        QCOMPARE(estimateRunMemory(model, config, true).logits, chunk);
    }

    void workIsThatOfEveryVisiblePair_data() {
        QTest::addColumn<int>("tokens");
        QTest::addColumn<int>("window");
        QTest::addColumn<int>("sinks");
        QTest::newRow("short") << 3 << 4 << 2;
        QTest::newRow("window") << 40 << 4 << 0;
        QTest::newRow("sinks") << 40 << 4 << 3;
        QTest::newRow("many sinks") << 12 << 4 << 20;
        QTest::newRow("one token") << 40 << 1 << 1;
    }
    void workIsThatOfEveryVisiblePair() {
        QFETCH(int, tokens);
        QFETCH(int, window);
        QFETCH(int, sinks);
        const double full = countedPairs(tokens, tokens, 0), sliding = countedPairs(tokens, window, sinks);
        const double pairs = full + sliding + (full + sliding) + full;  // z of the four KV heads below
        const double attention = 2 * 2 * 8 * 2 * pairs * 3;             // two products, two queries a KV head, batch 3
        const double linear = 2.0 * tokens * 3 * (2 * (32 * (64 + 32) + 3 * 32 * 48) + 3200);
        const StepShape step{tokens, 3, window, sinks};
        QCOMPARE(stepFlop(smallModel(), step, {1, 0, 0.5, 1}), 2 * linear + 3.5 * attention);
        StepShape forward = step;
        forward.isForwardOnly = true;
        QCOMPARE(stepFlop(smallModel(), forward, {1, 0, 0.5, 1}), linear + attention);
        StepShape moving = step;
        moving.movesWeights = true;
        QCOMPARE(stepFlop(smallModel(), moving, {1, 0, 0.5, 1}), 3 * linear + 3.5 * attention);
    }

    void aRunIsItsSteps() {
        const TrainingConfig config = smallRun();
        const StepShape step{10, 4, 4, 2};
        QCOMPARE(estimateRunFlop(smallModel(), config), 7 * stepFlop(smallModel(), step, {0, 0, 1, 1}));
        TrainingConfig distilled = config;
        distilled.loss = TrainingLoss::DistillHidden;
        StepShape teacher = step;
        teacher.isForwardOnly = true;
        QCOMPARE(estimateRunFlop(smallModel(), distilled),
                 7 * (stepFlop(smallModel(), step, {0, 0, 1, 1}) + stepFlop(smallModel(), teacher, {1, 1, 1, 1})));
    }

    void windowsThatFitTakeNoMoreThanTheMemory() {
        RunMemory memory;
        memory.weights = 100;
        memory.ofOneWindow = 140;
        QCOMPARE(windowsThatFit(memory, 260), 4);
        QCOMPARE(windowsThatFit(memory, 259), 3);
        QCOMPARE(windowsThatFit(memory, 50), 1);  // the least a step can be done with
        QVERIFY(totalHostBytes() >= availableHostBytes() && availableHostBytes() > 0);
    }

    void formatsAreThoseOfLearning() {
        QCOMPARE(learningValueBytes(DataType::Auto, true), 2);
        QCOMPARE(learningValueBytes(DataType::Float32, true), 4);
        QCOMPARE(learningValueBytes(DataType::BFloat16, false), 2);
    }
};

QTEST_APPLESS_MAIN(TestRunCost)
#include "tst_run_cost.moc"
