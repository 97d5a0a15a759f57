// Checks the knobs of a run: defaults, JSON both ways, and the message for each value out of range.
#include "core/base/error.h"
#include "core/training/training_config.h"

#include <QTest>
#include <cmath>
#include <functional>
#include <limits>
#include <nlohmann/json.hpp>

using namespace consa;

using Change = std::function<void(TrainingConfig&)>;
Q_DECLARE_METATYPE(Change)

namespace {

template <typename Call>
QString messageOf(Call call) {
    try {
        call();
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

class TrainingConfigTest : public QObject {
    Q_OBJECT

private slots:
    void defaultsAreValid();
    void defaultsSuitModelAndDevice();
    void savesAndLoads();
    void missingKeysKeepDefaults();
    void refusesJson_data();
    void refusesJson();
    void refusesValues_data();
    void refusesValues();
    void contextMustFitTheModel();
    void dataTypesGoBothWays();
};

void TrainingConfigTest::defaultsAreValid() {
    requireValid(TrainingConfig());
    for (const char* model : {"demo", "default", "some/folder"}) {
        for (const bool onGpu : {false, true}) {
            const TrainingConfig config = defaultTrainingConfig(model, onGpu);
            requireValid(config, 8192);
            QCOMPARE(config.model, std::string(model));
        }
    }
}

void TrainingConfigTest::defaultsSuitModelAndDevice() {
    const TrainingConfig demo = defaultTrainingConfig("demo", false);
    QVERIFY(demo == defaultTrainingConfig("demo", true));
    QVERIFY(demo.windowTokens == 48 && demo.sinkTokens == 4 && demo.contextTokens == 512 && demo.stepCount == 150);
    QVERIFY(demo.corpus == std::vector<std::string>{"demo"});
    const TrainingConfig gpu = defaultTrainingConfig("default", true);
    QVERIFY(gpu.contextTokens == 4096 && gpu.windowTokens == 256 && gpu.sinkTokens == 4);
    QVERIFY(gpu.batchSize == 8 && gpu.stepCount == 150);
    QVERIFY(gpu.corpus == std::vector<std::string>{"default"});
    const TrainingConfig cpu = defaultTrainingConfig("default", false);
    QVERIFY(cpu.contextTokens == 512 && cpu.windowTokens == 64 && cpu.sinkTokens == 4);
    QVERIFY(cpu.batchSize == 1 && cpu.stepCount == 200);
}

void TrainingConfigTest::savesAndLoads() {
    TrainingConfig config;
    config.model = "a \"quoted\" path";
    config.corpus = {"one", "two/three"};
    config.text = {"body", true, 7};
    config.device = "cuda:1";
    config.dataType = DataType::BFloat16;
    config.seed = std::numeric_limits<std::uint64_t>::max();
    config.granularity = Granularity::Layer;
    config.windowTokens = 1;
    config.sinkTokens = 2;
    config.contextTokens = 3;
    config.batchSize = 4;
    config.stepCount = 5;
    config.target = 0.1 + 0.2;
    config.warmupShare = 1.0 / 3;
    config.rampSteps = 6;
    config.gateLearningRate = 7.25;
    config.gateBeta1 = 0.125;
    config.gateBeta2 = 1e-300;
    config.gateScaleSharing = 0.25;
    config.gateDraws = 4;
    config.initialLogAlpha = -2.5;
    config.logAlphaLimit = 9;
    config.multiplierRate = 0.011;
    config.quadraticWeight = 12;
    config.learningRateWarmupSteps = 13;
    config.decayStart = 0.875;
    config.mode = LearningMode::GatesAndWeights;
    config.loss = TrainingLoss::DistillKl;
    config.method = GateMethod::L1;
    config.scope = Scope::PerLayer;
    config.sparsityEstimate = SparsityEstimate::Sampled;
    config.moves = {{60, 0.75}, {90, 0.3}};
    config.pins = {{3, 1, false}, {0, 2, true}};
    config.holdShare = 0.75;
    config.weightLearningRate = 2e-5;
    config.weightDecay = 0.25;
    config.gradientClip = 0.5;
    config.loraRank = 8;
    config.loraAlpha = 32;
    config.layout = "interleaved:1@0.5";
    QVERIFY(trainingConfigFromJson(toJson(config), "text") == config);

    // Every field differs from its default above, so a key that was forgotten would show as one missing.
    const auto changed = nlohmann::json::parse(toJson(config));
    const auto defaults = nlohmann::json::parse(toJson(TrainingConfig()));
    QCOMPARE(changed.size(), std::size_t{42});
    for (const auto& [key, value] : changed.items()) QVERIFY2(defaults.at(key) != value, key.c_str());
}

void TrainingConfigTest::missingKeysKeepDefaults() {
    QVERIFY(trainingConfigFromJson("{}", "text") == TrainingConfig());
    TrainingConfig expected;
    expected.target = 0.75;
    QVERIFY(trainingConfigFromJson("{\"target\": 0.75}", "text") == expected);
    expected.target = 1;
    QVERIFY(trainingConfigFromJson("{\"target\": 1}", "text") == expected);
}

void TrainingConfigTest::refusesJson_data() {
    QTest::addColumn<QString>("text");
    QTest::addColumn<QString>("message");
    QTest::newRow("torn") << "{\"target\": "
                          << "c.json is not JSON: ";
    QTest::newRow("list") << "[]"
                          << "c.json must hold a JSON object";
    QTest::newRow("unknown") << "{\"tarqet\": 0.5}"
                             << "c.json: tarqet is not a knob of a run";
    QTest::newRow("word for number") << "{\"target\": \"0.5\"}"
                                     << "c.json: target is \"0.5\", expected a number";
    QTest::newRow("null") << "{\"stepCount\": null}"
                          << "c.json: stepCount is null, expected a whole number";
    QTest::newRow("fraction") << "{\"stepCount\": 1.5}"
                              << "c.json: stepCount is 1.5, expected a whole number";
    QTest::newRow("huge") << "{\"stepCount\": 4294967297}"
                          << "c.json: stepCount is 4294967297, expected";
    QTest::newRow("hugely negative") << "{\"stepCount\": -4294967297}"
                                     << "c.json: stepCount is -4294967297, expected";
    QTest::newRow("negative seed") << "{\"seed\": -1}"
                                   << "c.json: seed is -1, expected a whole number from 0";
    QTest::newRow("packing") << "{\"packsDocuments\": 1}"
                             << "c.json: packsDocuments is 1, expected true or false";
    QTest::newRow("corpus") << "{\"corpus\": \"demo\"}"
                            << "c.json: corpus is \"demo\", expected a list of texts";
    QTest::newRow("in corpus") << "{\"corpus\": [\"demo\", 2]}"
                               << "c.json: corpus[1] is 2, expected a text";
    QTest::newRow("granularity") << "{\"granularity\": \"head\"}"
                                 << "c.json: granularity: \"head\" is not";
    QTest::newRow("type") << "{\"dataType\": \"float16\"}"
                          << "c.json: dataType: \"float16\" is not";
}

void TrainingConfigTest::refusesJson() {
    QFETCH(QString, text);
    QFETCH(QString, message);
    const QString actual = messageOf([&] { static_cast<void>(trainingConfigFromJson(text.toStdString(), "c.json")); });
    QVERIFY2(actual.startsWith(message), qPrintable("said: " + actual));
}

void TrainingConfigTest::refusesValues_data() {
    QTest::addColumn<Change>("change");
    QTest::addColumn<QString>("message");
    const auto add = [](const char* message, Change change) { QTest::newRow(message) << change << QString(message); };
    add("--target 1.5 must lie between 0 and 1", [](TrainingConfig& c) { c.target = 1.5; });
    add("--target -0.1 must lie between 0 and 1", [](TrainingConfig& c) { c.target = -0.1; });
    add("--target nan must lie", [](TrainingConfig& c) { c.target = std::nan(""); });
    add("--window 4096 must be smaller than --context 4096", [](TrainingConfig& c) { c.windowTokens = 4096; });
    add("--window 0 must be at least 1", [](TrainingConfig& c) { c.windowTokens = 0; });
    add("--sinks -1 must be at least 0", [](TrainingConfig& c) { c.sinkTokens = -1; });
    add("--sinks 4096 must be smaller than --context 4096", [](TrainingConfig& c) { c.sinkTokens = 4096; });
    add("--lr nan must be greater than 0", [](TrainingConfig& c) { c.gateLearningRate = std::nan(""); });
    add("--lr inf must be greater than 0", [](TrainingConfig& c) { c.gateLearningRate = HUGE_VAL; });
    add("--context 1 must be at least 2", [](TrainingConfig& c) { c.contextTokens = 1; });
    add("--batch 0 must be at least 1", [](TrainingConfig& c) { c.batchSize = 0; });
    add("--steps 0 must be at least 1", [](TrainingConfig& c) { c.stepCount = 0; });
    add("--ramp -1 must be at least 0", [](TrainingConfig& c) { c.rampSteps = -1; });
    add("--lr 0.0 must be greater than 0", [](TrainingConfig& c) { c.gateLearningRate = 0; });
    add("--model is empty", [](TrainingConfig& c) { c.model.clear(); });
    add("--field is empty", [](TrainingConfig& c) { c.text.jsonField.clear(); });
    add("--corpus is empty", [](TrainingConfig& c) { c.corpus.clear(); });
    add("--warmup-share 2.0 must lie", [](TrainingConfig& c) { c.warmupShare = 2; });
    add("gateBeta2 1.0 must lie", [](TrainingConfig& c) { c.gateBeta2 = 1; });
    add("initialLogAlpha 9.0 must lie within", [](TrainingConfig& c) { c.initialLogAlpha = 9; });
    add("--hold-share 1.5 must lie", [](TrainingConfig& c) { c.holdShare = 1.5; });
    add("--scope per-layer needs", [](TrainingConfig& c) {
        c.scope = Scope::PerLayer;
        c.granularity = Granularity::Layer;
    });
    add("--method ranked learns gates alone", [](TrainingConfig& c) {
        c.method = GateMethod::Ranked;
        c.mode = LearningMode::Recover;
    });
    add("--weight-lr 0.0 must be greater", [](TrainingConfig& c) { c.weightLearningRate = 0; });
    add("--quadratic-weight -1.0 must be at least", [](TrainingConfig& c) { c.quadraticWeight = -1; });
}

void TrainingConfigTest::refusesValues() {
    QFETCH(Change, change);
    QFETCH(QString, message);
    TrainingConfig config;
    change(config);
    const QString actual = messageOf([&] { requireValid(config); });
    QVERIFY2(actual.startsWith(message), qPrintable("said: " + actual));
}

void TrainingConfigTest::contextMustFitTheModel() {
    TrainingConfig config;
    requireValid(config, 4096);
    const QString message = messageOf([&] { requireValid(config, 2048); });
    QVERIFY2(message.contains("--context 4096") && message.contains("2048"), qPrintable(message));
}

void TrainingConfigTest::dataTypesGoBothWays() {
    for (const DataType type : {DataType::Auto, DataType::Float32, DataType::BFloat16}) {
        QVERIFY(dataTypeFromString(toString(type)) == type);
    }
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(dataTypeFromString("half")), Error);
}

QTEST_APPLESS_MAIN(TrainingConfigTest)
#include "tst_training_config.moc"
