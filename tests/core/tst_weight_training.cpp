// Runs that move weights: what they move, that they help, that they resume bit for bit, and how they fail.
#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/checkpoint/safetensors_file.h"
#include "core/evaluation/perplexity.h"
#include "core/layout/layout_patterns.h"
#include "core/model/transformer_loader.h"
#include "core/session/run_folder.h"
#include "core/text/corpus_cache.h"
#include "core/training/trainer.h"
#include "tests/support/watch_session.h"

#include <QtTest>

#include <filesystem>
#include <numeric>

using namespace consa;
using test::quickConfig;
using test::Watcher;
using torch::Tensor;

namespace {

TokenCorpus demoTexts() {
    const std::unique_ptr<Tokenizer> bytes = makeTokenizer("", "the byte tokenizer");
    return loadCorpus({"generated:3"}, *bytes, {}, {}, tokenizerKey("", *bytes));
}

Transformer demoModel() {
    return loadTransformer(*openCheckpoint("demo"), torch::kCPU, torch::kFloat32);
}

bool areEqual(const TransformerWeights& a, const TransformerWeights& b) {
    const std::vector<Tensor> left = a.all(), right = b.all();
    return std::equal(left.begin(), left.end(), right.begin(), right.end(),
                      [](const Tensor& x, const Tensor& y) { return torch::equal(x, y); });
}

AttentionLayout randomHeads() {
    return randomLayout({8, 4, Granularity::KvHead}, 0.75, 1);
}

StartCommand startOf(const TrainingConfig& config, const std::string& folder) {
    StartCommand command{config, folder};
    if (config.mode == LearningMode::Recover) command.layout = randomHeads();
    return command;
}

/// The run's weights file, or its gates file where weights do not move.
std::string endOf(const std::string& folder) {
    const RunFolder run = RunFolder::open(folder);
    const std::filesystem::path weights = run.weightsFile();
    return readFile(std::filesystem::path(folder) / "gates.safetensors") + (weights.empty() ? "" : readFile(weights));
}

}  // namespace

class TestWeightTraining : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void whatEachModeMoves_data() {
        QTest::addColumn<QString>("mode");
        QTest::addColumn<int>("rank");
        QTest::newRow("gates") << "gates" << 0;
        QTest::newRow("both") << "gates+weights" << 0;
        QTest::newRow("both, low rank") << "gates+weights" << 2;
        QTest::newRow("recover") << "recover" << 0;
    }

    void whatEachModeMoves() {
        QFETCH(QString, mode);
        QFETCH(int, rank);
        TrainingConfig config = quickConfig(4);
        config.mode = learningModeFromString(mode.toStdString());
        config.loraRank = rank;
        config.weightLearningRate = 1e-3;
        const TokenCorpus texts = demoTexts();
        const Transformer model = demoModel();
        const TransformerWeights before = model.weights().copiedAs(torch::kFloat32);
        std::optional<WeightOptimiser> weights;
        if (config.mode != LearningMode::Gates) weights.emplace(model, model.weights(), config);
        TrainerParts parts{nullptr, std::nullopt, weights ? &*weights : nullptr};
        if (config.mode == LearningMode::Recover) parts.layout = randomHeads();
        Trainer trainer(model, texts, config, parts);
        const std::vector<double> gates = trainer.gates().bank().logAlpha();
        for (int step = 0; step < 4; ++step) (void)trainer.step();
        QCOMPARE(areEqual(model.weights(), before), config.mode == LearningMode::Gates);
        QCOMPARE(trainer.gates().bank().logAlpha() == gates, config.mode == LearningMode::Recover);
        QCOMPARE(trainer.stepsDone(), std::int64_t{4});
    }

    /// With every unit pinned all draws are alike: cutting the batch into parts must change neither loss nor gradient.
    void partsOfABatchSumToTheWholeBatch() {
        TrainingConfig config = quickConfig(2);
        config.mode = LearningMode::GatesAndWeights;
        config.batchSize = 3;
        config.gradientClip = 1e9;
        const AttentionLayout layout = randomHeads();
        config.target = layout.sparsity();
        for (int layer = 0; layer < layout.grid.layerCount; ++layer)
            for (int head = 0; head < layout.grid.kvHeadCount; ++head)
                config.pins.push_back({layer, head, layout.isFull(layer, head)});
        const TokenCorpus texts = demoTexts();
        std::vector<NamedTensors> states;
        std::vector<double> losses;
        for (const int draws : {1, 2, 8}) {
            config.gateDraws = draws;
            const Transformer model = demoModel();
            WeightOptimiser weights(model, model.weights(), config);
            losses.push_back(Trainer(model, texts, config, {nullptr, std::nullopt, &weights}).step().loss);
            states.push_back(weights.state());
        }
        for (std::size_t i = 1; i < states.size(); ++i) {
            QVERIFY(std::abs(losses[i] - losses[0]) < 1e-5);
            for (const auto& [name, whole] : states[0]) {
                const auto& parts = std::find_if(states[i].begin(), states[i].end(), [&](const auto& entry) {
                                        return entry.first == name;
                                    })->second;
                if (name.ends_with(".firstMoment")) QVERIFY2(torch::allclose(parts, whole, 1e-3, 1e-7), name.c_str());
            }
        }
    }

    /// Four tokens are too few for the demo as it is; weights that train on win some of the loss back.
    void recoveryLowersTheLoss() {
        TrainingConfig config = quickConfig(20);
        config.mode = LearningMode::Recover;
        config.contextTokens = 256;
        config.windowTokens = 4;
        config.sinkTokens = 0;
        config.batchSize = 2;
        config.weightLearningRate = 1e-3;
        const TokenCorpus texts = demoTexts();
        const Transformer model = demoModel();
        WeightOptimiser weights(model, model.weights(), config);
        Trainer trainer(model, texts, config, {nullptr, randomHeads(), &weights});
        const EvaluationText dev =
            makeEvaluationText(texts, Split::Dev, config.contextTokens, config.windowTokens, 8192);
        const auto devLoss = [&](const AttentionLayout& layout) {
            double sum = 0;
            for (const auto& window : evaluateLayout(model, dev, layout, config.windowTokens, config.sinkTokens, 8))
                sum += std::accumulate(window.byBucket.begin(), window.byBucket.end(), 0.0);
            return sum / (static_cast<double>(dev.windows.size()) * config.contextTokens);
        };
        const double full = devLoss({randomHeads().grid, true}), before = devLoss(randomHeads());
        for (int step = 0; step < config.stepCount; ++step) (void)trainer.step();
        const double after = devLoss(randomHeads());
        QVERIFY2(after < before - 0.1 * (before - full),
                 qPrintable(QString("%1 full, %2 before, %3 after").arg(full).arg(before).arg(after)));
    }

    void resumesBitForBit_data() {
        QTest::addColumn<QString>("mode");
        QTest::addColumn<int>("rank");
        QTest::addColumn<QString>("loss");
        QTest::addColumn<bool>("isBFloat16");
        QTest::newRow("gates") << "gates" << 0 << "next-token" << false;
        QTest::newRow("both") << "gates+weights" << 0 << "next-token" << false;
        QTest::newRow("recover") << "recover" << 0 << "next-token" << false;
        QTest::newRow("recover, low rank") << "recover" << 2 << "next-token" << false;
        QTest::newRow("recover, distilled") << "recover" << 0 << "distill-kl" << false;
        QTest::newRow("recover, bfloat16") << "recover" << 0 << "next-token" << true;
    }

    void resumesBitForBit() {
        QFETCH(QString, mode);
        QFETCH(int, rank);
        QFETCH(QString, loss);
        QFETCH(bool, isBFloat16);
        TrainingConfig config = quickConfig(8);
        config.mode = learningModeFromString(mode.toStdString());
        config.loss = trainingLossFromString(loss.toStdString());
        config.loraRank = rank;
        config.dataType = isBFloat16 ? DataType::BFloat16 : DataType::Float32;
        config.weightLearningRate = 1e-3;
        const QTemporaryDir folder;
        const std::string whole = folder.filePath("whole").toStdString(),
                          parts = folder.filePath("parts").toStdString();
        {
            ExperimentSession session;
            Watcher watcher(session);
            session.post(startOf(config, whole));
            QVERIFY(watcher.untilState(SessionState::Finished));
        }
        {
            ExperimentSession session;
            Watcher watcher(session);
            session.post(startOf(config, parts));
            QVERIFY(watcher.until([](const SessionSnapshot& s) { return s.step >= 3; }));
        }  // destroyed while running
        QVERIFY(RunFolder::open(parts).loadCheckpoint().step < 8);
        ExperimentSession session;
        Watcher watcher(session);
        session.post(ResumeRunCommand{parts});
        QVERIFY(watcher.untilState(SessionState::Finished));
        QCOMPARE(watcher.points.size(), std::size_t{8});
        QVERIFY(endOf(whole) == endOf(parts));
        QCOMPARE(RunFolder::open(parts).weightsFile().empty(), config.mode == LearningMode::Gates);
    }

    void evaluatesTheTrainedWeights() {
        TrainingConfig config = quickConfig(6);
        config.mode = LearningMode::Recover;
        config.contextTokens = 256;
        config.windowTokens = 32;
        config.weightLearningRate = 1e-3;
        ExperimentSession session;
        Watcher watcher(session);
        session.post(startOf(config, ""));
        QVERIFY(watcher.untilState(SessionState::Finished));
        EvaluateCommand command;
        command.maxTokens = 1024;
        command.includeRules = false;
        command.layouts = {{"full", AttentionLayout(watcher.latest->grid, true)}};
        session.post(command);
        QVERIFY(watcher.until([](const SessionSnapshot& s) { return s.comparison.has_value(); }));
        const Comparison trained = *watcher.latest->comparison;
        QVERIFY(trained.rows.at(0).hasTrainedWeights && trained.rows.at(1).hasTrainedWeights);
        command.dataType = DataType::BFloat16;  // rounded from the masters
        session.post(command);
        const SnapshotPointer rounded = watcher.until(
            [&](const SessionSnapshot& s) { return s.comparison && s.comparison->rows[0].nll != trained.rows[0].nll; });
        QVERIFY(rounded);
        QVERIFY(std::abs(rounded->comparison->rows[0].nll - trained.rows[0].nll) < 0.02);
        command.dataType = DataType::Float32;
        command.includeLearned = false;
        command.contextTokens = 256;
        session.post(StartCommand{quickConfig(1), ""});  // the same model, without that run
        QVERIFY(watcher.until([](const SessionSnapshot& s) {
            return s.state == SessionState::Finished && s.config.mode == LearningMode::Gates;
        }));
        session.post(command);
        QVERIFY(watcher.until([](const SessionSnapshot& s) { return s.comparison.has_value(); }));
        QVERIFY(!watcher.latest->comparison->rows[0].hasTrainedWeights);
        QVERIFY(watcher.latest->comparison->rows[0].nll != trained.rows[0].nll);  // the opened model stayed what it was
    }

    void divergenceKeepsTheLastCheckpoint() {
        TrainingConfig config = quickConfig(1000);
        config.mode = LearningMode::GatesAndWeights;
        config.weightLearningRate = 100;
        const QTemporaryDir folder;
        const std::string run = folder.filePath("run").toStdString();
        ExperimentSession session;
        Watcher watcher(session);
        session.post(startOf(config, run));
        const SnapshotPointer failed = watcher.untilState(SessionState::Failed);
        QVERIFY(failed);
        QVERIFY2(failed->message.find("not a number") != std::string::npos, failed->message.c_str());
        QVERIFY(failed->errorKind == ErrorKind::RunFailed);
        const RunFolder kept = RunFolder::open(run);
        QCOMPARE(kept.loadCheckpoint().step, std::int64_t{0});  // checkpoints lie a hundred steps apart
        QVERIFY(kept.weightsFile().empty());
        session.post(ResumeRunCommand{run});
        QVERIFY(watcher.until([&](const SessionSnapshot& s) { return s.run > failed->run && s.step > 0; }));
    }

    void repeatsAreRefusedWhereAsked() {
        StartCommand command{quickConfig(1000000), ""};
        command.allowsRepeats = false;
        ExperimentSession session;
        Watcher watcher(session);
        session.post(command);
        const SnapshotPointer failed = watcher.until([](const SessionSnapshot& s) { return s.messageIsError; });
        QVERIFY(failed);
        QVERIFY2(failed->message.find("--allow-repeats") != std::string::npos, failed->message.c_str());
    }
};

QTEST_GUILESS_MAIN(TestWeightTraining)
#include "tst_weight_training.moc"
