// Tests the decoder's shape: JSON, counts, and the sizes that are refused.
#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/model_config.h"
#include "tests/support/expect_error.h"

#include <QTest>

#include <limits>
#include <nlohmann/json.hpp>

using namespace consa;
using nlohmann::json;

namespace {

/// The default model's shape, as its makers describe it.
ModelConfig smolLm() {
    return {"SmolLM2-135M", "llama", 30, 9, 3, 64, 576, 1536, 49152, 8192, 100000, 1e-5, true, false, false, {}, {}};
}

}  // namespace

class TestModelConfig : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void survivesJson();
    void namesBrokenFields();
    void countsWeights();
    void listsRequiredTensors();
    void refusesImpossibleSizes();
};

void TestModelConfig::survivesJson() {
    ModelConfig config = smolLm();
    QCOMPARE(modelConfigFromJson(toJson(config), "text"), config);
    config.hasQkNorm = true;
    config.architecture = "qwen3";
    config.rmsNormEpsilon = 1e-6;
    QCOMPARE(modelConfigFromJson(toJson(config), "text"), config);
    config.hasQkvBias = true;
    config.ropeScaling = {RopeForm::Llama3, 8, 1, 4, 2048, {}};
    config.nativeWindows.assign(30, 512);
    config.nativeWindows[3] = 0;
    QCOMPARE(modelConfigFromJson(toJson(config), "text"), config);
    config.ropeScaling = {RopeForm::Divisors, 1, 1, 4, 0, std::vector<double>(32, 2.5)};
    QCOMPARE(modelConfigFromJson(toJson(config), "text"), config);
}

void TestModelConfig::namesBrokenFields() {
    const json whole = json::parse(toJson(smolLm()));
    for (const auto& [field, value] : whole.items()) {
        json missing = whole;
        missing.erase(field);
        VERIFY_ERROR(modelConfigFromJson(missing.dump(), "there"), field);
        json wrong = whole;
        wrong[field] = json::array();
        VERIFY_ERROR(modelConfigFromJson(wrong.dump(), "there"), field);
    }
    VERIFY_ERROR(modelConfigFromJson("{", "there"), "there");
    VERIFY_ERROR(modelConfigFromJson("[]", "there"), "there");
}

void TestModelConfig::countsWeights() {
    QCOMPARE(smolLm().parameterCount(), std::int64_t{134515008});
    ModelConfig untied = smolLm();
    untied.tiedEmbeddings = false;
    QCOMPARE(untied.parameterCount(), std::int64_t{134515008} + 49152 * 576);
    QCOMPARE(smolLm().kvBytesPerToken(), std::int64_t{2 * 30 * 3 * 64 * 2});
    QCOMPARE(smolLm().kvBytesPerToken(4), std::int64_t{2 * 30 * 3 * 64 * 4});
    QCOMPARE(smolLm().grid(Granularity::KvHead).unitCount(), 90);
}

void TestModelConfig::listsRequiredTensors() {
    QCOMPARE(requiredTensors(smolLm()).size(), std::size_t{30 * 9 + 2});
    ModelConfig config = smolLm();
    config.hasQkNorm = true;
    config.tiedEmbeddings = false;
    const auto tensors = requiredTensors(config);
    QCOMPARE(tensors.size(), std::size_t{30 * 11 + 3});
    QCOMPARE(tensors.back().name, std::string("lm_head.weight"));
    QCOMPARE(tensors[2].name, std::string("model.layers.0.self_attn.q_proj.weight"));
    QCOMPARE(tensors[3].shape, (std::vector<std::int64_t>{192, 576}));
}

void TestModelConfig::refusesImpossibleSizes() {
    const auto refuses = [](auto ModelConfig::*field, auto value, const char* words) {
        ModelConfig config = smolLm();
        config.*field = value;
        VERIFY_ERROR(requireValid(config, "model.gguf"), words);
        VERIFY_ERROR(requireValid(config, "model.gguf"), "model.gguf");
    };
    requireValid(smolLm(), "model.gguf");
    refuses(&ModelConfig::layerCount, 0, "layerCount");
    refuses(&ModelConfig::hiddenSize, -1, "hiddenSize");
    refuses(&ModelConfig::vocabularySize, std::numeric_limits<int>::max(), "vocabularySize");
    refuses(&ModelConfig::contextTokens, 0, "contextTokens");
    refuses(&ModelConfig::kvHeadCount, 4, "9 query heads");
    refuses(&ModelConfig::headDim, 63, "even");
    refuses(&ModelConfig::ropeTheta, 0.0, "ropeTheta");
    refuses(&ModelConfig::ropeTheta, std::numeric_limits<double>::infinity(), "ropeTheta");
    refuses(&ModelConfig::rmsNormEpsilon, std::numeric_limits<double>::quiet_NaN(), "rmsNormEpsilon");
    refuses(&ModelConfig::architecture, std::string("gemma"), "gemma");
}

QTEST_APPLESS_MAIN(TestModelConfig)
#include "tst_model_config.moc"
