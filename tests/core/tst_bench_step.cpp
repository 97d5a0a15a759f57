// Tests the measurement of steps: what it computes, what it counts, and how it refuses.
#include "core/base/dice.h"
#include "core/checkpoint/known_shapes.h"
#include "core/evaluation/attention_benchmark.h"
#include "core/evaluation/step_benchmark.h"
#include "tests/support/expect_error.h"
#include "tests/support/run_consa.h"

#include <QTest>

#include <nlohmann/json.hpp>

#include <algorithm>

using namespace consa;

namespace {

/// Query and key pairs that a head sees, counted one by one.
double pairsSeen(int tokens, int window, int sinks) {
    double pairs = 0;
    for (int query = 0; query < tokens; ++query)
        for (int key = 0; key <= query; ++key) pairs += query - key < window || key < sinks;
    return pairs;
}

StepBenchmark tinyBenchmark() {
    StepBenchmark b;
    b.shape = "tiny";
    b.contextTokens = 64;
    b.windowTokens = 16;
    b.device = "cpu";
    b.repeats = 3;
    return b;
}

}  // namespace

class TestBenchStep : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void gatesOfThePhases() {
        const std::vector<double> late = gatesInPhase(GatePhase::Late, 200, 7);
        QCOMPARE(std::count(late.begin(), late.end(), 1.0), 50);
        QCOMPARE(std::count(late.begin(), late.end(), 0.0), 130);
        for (const double z : gatesInPhase(GatePhase::Both, 200, 7)) QVERIFY(z > 0 && z < 1);
        const std::vector<double> start = gatesInPhase(GatePhase::Start, 2000, 7);
        const auto full = static_cast<double>(std::count(start.begin(), start.end(), 1.0)) / 2000;
        QVERIFY(std::abs(full - 0.917) < 0.02);  // sigmoid(4 - 2/3 ln 11)
        QVERIFY(gatesInPhase(GatePhase::Late, 200, 8) != late);
        QVERIFY(gatesInPhase(GatePhase::Late, 200, 7) == late);
        for (const GatePhase phase : {GatePhase::Start, GatePhase::Late, GatePhase::Both})
            QVERIFY(gatePhaseFromString(toString(phase)) == phase);
        VERIFY_ERROR((void)gatePhaseFromString("middle"), "start, late and both");
    }

    void countsWhatEveryHeadSees_data() {
        QTest::addColumn<int>("window");
        QTest::addColumn<int>("sinks");
        for (const int window : {1, 16, 62, 64, 200})
            for (const int sinks : {0, 1, 4}) QTest::addRow("window %d, %d sinks", window, sinks) << window << sinks;
    }

    void countsWhatEveryHeadSees() {
        QFETCH(int, window);
        QFETCH(int, sinks);
        StepBenchmark b = tinyBenchmark();
        b.windowTokens = window;
        b.sinkTokens = sinks;
        b.isForwardOnly = true;
        b.repeats = 1;
        const ModelConfig c = knownShape("tiny");
        // The weights of every product, embeddings' look-up left out, the head counted.
        const double weights = static_cast<double>(c.parameterCount()) -
                               c.layerCount * (2.0 * c.hiddenSize + 2.0 * c.headDim) - c.hiddenSize;
        double attention = 0;
        for (const double z : gatesInPhase(b.gates, 4, mixSeed(b.seed, 0))) {
            const double pairs = (z > 0 ? pairsSeen(64, 64, 0) : 0) + (z < 1 ? pairsSeen(64, window, sinks) : 0);
            attention += 2 * 2 * 2 * 16 * pairs * b.batchSize;  // two products of two FLOP, two query heads, 16 values
        }
        const double wanted = 2 * 64 * b.batchSize * weights + attention;
        QVERIFY(std::abs(measureSteps(b).usefulFlop - wanted) < 1e-6 * wanted);
    }

    void measuresSteps() {
        const StepTimes times = measureSteps(tinyBenchmark());
        QCOMPARE(times.seconds.size(), std::size_t{3});
        QVERIFY(times.medianSeconds > 0);
        QVERIFY(times.medianSeconds >= *std::min_element(times.seconds.begin(), times.seconds.end()));
        QVERIFY(times.medianSeconds <= *std::max_element(times.seconds.begin(), times.seconds.end()));
        QVERIFY(times.usefulFlop < times.fullFlop);
    }

    void measuresAttentionAlone() {
        StepBenchmark b = tinyBenchmark();
        const ModelConfig c = knownShape("tiny");
        const std::vector<AttentionTime> times = measureAttention(b);
        QCOMPARE(times.size(), std::size_t{2});
        QCOMPARE(QString::fromStdString(times[0].kind), QString("full"));
        QCOMPARE(QString::fromStdString(times[1].kind), QString("sliding"));
        const double perPair = 4.0 * c.headDim * c.queryHeadCount * b.batchSize;
        QCOMPARE(times[0].forwardFlop, perPair * pairsSeen(64, 64, 0));
        QCOMPARE(times[1].forwardFlop, perPair * pairsSeen(64, 16, b.sinkTokens));
        for (const AttentionTime& time : times) QVERIFY(time.forwardSeconds > 0 && time.backwardSeconds >= 0);
        b.windowTokens = 0;
        VERIFY_ERROR((void)measureAttention(b), "--window");
    }

    void refusesWhatCannotBeMeasured() {
        StepBenchmark b = tinyBenchmark();
        b.shape = "gpt";
        VERIFY_ERROR((void)measureSteps(b), "qwen3-0.6b");
        b = tinyBenchmark();
        b.contextTokens = 8192;
        VERIFY_ERROR((void)measureSteps(b), "--context");
        b = tinyBenchmark();
        b.gateDraws = 3;
        VERIFY_ERROR((void)measureSteps(b), "--draws");
    }

    void printsAttention() {
        REQUIRE_CONSA();
        const test::ConsaRun run = test::runConsa({"bench", "attention", "--shape", "tiny", "--context", "48",
                                                   "--window", "8", "--repeats", "1", "--device", "cpu"});
        QVERIFY2(run.exitCode == 0, run.messages.constData());
        const auto result = nlohmann::json::parse(run.output.toStdString());
        QCOMPARE(result.at("kinds").size(), std::size_t{2});
        QVERIFY(result.at("kinds")[1].at("forward_seconds").get<double>() > 0);
    }

    void printsOneLine() {
        REQUIRE_CONSA();
        for (const char* name : {"step", "evaluate"}) {
            const test::ConsaRun run = test::runConsa({"bench", name, "--shape", "tiny", "--context", "48", "--window",
                                                       "8", "--repeats", "1", "--device", "cpu", "--gates", "both"});
            QVERIFY2(run.exitCode == 0, run.messages.constData());
            const auto result = nlohmann::json::parse(run.output.toStdString());
            QCOMPARE(result.at("tokens").get<int>(), 48);
            QCOMPARE(result.at("forwardOnly").get<bool>(), std::string(name) == "evaluate");
            const double rate = result.at("tokens_per_second").get<double>();
            QVERIFY(std::abs(rate * result.at("seconds_per_step").get<double>() - 96) < 1e-3);
        }
    }
};

QTEST_GUILESS_MAIN(TestBenchStep)
#include "tst_bench_step.moc"
