// Reading config.json: both spellings, each class's defaults, windows of the model's own, and what is refused.
#include "core/checkpoint/hf_config.h"
#include "tests/support/expect_error.h"

#include <QTest>

#include <nlohmann/json.hpp>

using namespace consa;
using nlohmann::json;

namespace {

/// A whole description of one class; no optional field.
json minimal(const char* modelType) {
    return {{"model_type", modelType}, {"num_hidden_layers", 4},    {"num_attention_heads", 32},
            {"hidden_size", 512},      {"intermediate_size", 1024}, {"vocab_size", 1000}};
}

ModelConfig read(const json& object) {
    return modelConfigFromHuggingFace(object.dump(), "config.json");
}

json with(json object, const char* field, const json& value) {
    object[field] = value;
    return object;
}

const std::vector<int> kNone;

}  // namespace

class TestHfConfig : public QObject {
    Q_OBJECT

private Q_SLOTS:
    /// The defaults of transformers 5.24's configuration classes.
    void missingFieldsHaveTheirClassesDefaults() {
        const ModelConfig llama = read(minimal("llama"));
        QCOMPARE(llama.kvHeadCount, 32);
        QCOMPARE(llama.headDim, 16);
        QCOMPARE(llama.contextTokens, 2048);
        QCOMPARE(llama.ropeTheta, 10000.0);
        QCOMPARE(llama.rmsNormEpsilon, 1e-6);
        QVERIFY(!llama.tiedEmbeddings && !llama.hasQkNorm && !llama.hasQkvBias);
        QCOMPARE(llama.nativeWindows, kNone);
        const ModelConfig mistral = read(minimal("mistral"));
        QCOMPARE(mistral.kvHeadCount, 8);
        QCOMPARE(mistral.contextTokens, 131072);
        QCOMPARE(mistral.nativeWindows, std::vector<int>(4, 4096));
        QCOMPARE(read(minimal("ministral")).nativeWindows, std::vector<int>(4, 4096));
        const ModelConfig qwen2 = read(minimal("qwen2"));
        QVERIFY(qwen2.hasQkvBias && !qwen2.hasQkNorm);
        QCOMPARE(qwen2.kvHeadCount, 32);
        QCOMPARE(qwen2.nativeWindows, kNone);
        const ModelConfig qwen3 = read(minimal("qwen3"));
        QVERIFY(qwen3.hasQkNorm && !qwen3.hasQkvBias);
        QCOMPARE(qwen3.headDim, 128);
        QCOMPARE(read(with(minimal("mistral"), "num_key_value_heads", nullptr)).kvHeadCount, 32);
        QCOMPARE(read(with(minimal("qwen3"), "head_dim", nullptr)).headDim, 16);
    }

    void readsBothSpellingsOfRotaryPositions() {
        const json llama3 = {{"rope_type", "llama3"},
                             {"factor", 8.0},
                             {"low_freq_factor", 1.0},
                             {"high_freq_factor", 4.0},
                             {"original_max_position_embeddings", 8192}};
        const RopeScaling expected{RopeForm::Llama3, 8, 1, 4, 8192, {}};
        const ModelConfig four = read(with(with(minimal("llama"), "rope_theta", 5e5), "rope_scaling", llama3));
        QCOMPARE(four.ropeTheta, 5e5);
        QVERIFY(four.ropeScaling == expected);
        const ModelConfig five = read(with(minimal("llama"), "rope_parameters", with(llama3, "rope_theta", 5e5)));
        QCOMPARE(five.ropeTheta, 5e5);
        QVERIFY(five.ropeScaling == expected);
        const ModelConfig old = read(with(minimal("llama"), "rope_scaling", {{"type", "linear"}, {"factor", 2}}));
        QVERIFY(old.ropeScaling == (RopeScaling{RopeForm::Linear, 2, 1, 4, 0, {}}));
        QCOMPARE(toHuggingFaceJson(five), toHuggingFaceJson(read(json::parse(toHuggingFaceJson(five)))));
        QVERIFY(read(json::parse(toHuggingFaceJson(five))).ropeScaling == expected);
    }

    void readsWindowsAsEachClassDoes() {
        QCOMPARE(read(with(minimal("mistral"), "sliding_window", nullptr)).nativeWindows, kNone);
        QCOMPARE(read(with(minimal("mistral"), "sliding_window", 7)).nativeWindows, std::vector<int>(4, 7));
        json qwen = with(with(minimal("qwen2"), "sliding_window", 9), "max_window_layers", 3);
        QCOMPARE(read(qwen).nativeWindows, kNone);
        qwen["use_sliding_window"] = true;
        QCOMPARE(read(qwen).nativeWindows, (std::vector<int>{0, 0, 0, 9}));
        QCOMPARE(read(with(qwen, "max_window_layers", 28)).nativeWindows, kNone);
        const json types = {"sliding_attention", "full_attention", "full_attention", "sliding_attention"};
        QCOMPARE(read(with(qwen, "layer_types", types)).nativeWindows, (std::vector<int>{9, 0, 0, 9}));
        VERIFY_ERROR(read(with(with(qwen, "layer_types", types), "use_sliding_window", false)), "switched off");
        VERIFY_ERROR(read(with(minimal("llama"), "layer_types", types)), "never reads");
        VERIFY_ERROR(read(with(with(minimal("mistral"), "sliding_window", 9), "layer_types", types)), "never reads");
        QCOMPARE(read(with(minimal("llama"), "layer_types",
                           json::array({"full_attention", "full_attention", "full_attention", "full_attention"})))
                     .nativeWindows,
                 kNone);
    }

    void refusesByName() {
        VERIFY_ERROR(read(minimal("gemma3")), "gemma3");
        VERIFY_ERROR(read(minimal("gemma3")), "LlamaForCausalLM, MistralForCausalLM, MinistralForCausalLM");
        VERIFY_ERROR(read(with(minimal("llama"), "architectures", json::array({"LlamaModel"}))), "LlamaModel");
        VERIFY_ERROR(read(json::object()), "nothing");
        for (const char* field : {"rope_scaling", "rope_parameters"}) {
            VERIFY_ERROR(read(with(minimal("llama"), field, {{"rope_type", "yarn"}, {"factor", 4}})), "yarn");
            VERIFY_ERROR(read(with(minimal("llama"), field, {{"rope_type", "linear"}})), "factor");
            VERIFY_ERROR(read(with(minimal("llama"), field, {{"rope_type", "linear"}, {"factor", 0.5}})), "factor");
            VERIFY_ERROR(read(with(minimal("llama"), field, 3)), field);
            VERIFY_ERROR(read(with(minimal("llama"), field, {{"rope_type", "divisors"}})), "divisors");
        }
        VERIFY_ERROR(read(with(minimal("llama"), "attention_bias", true)), "attention_bias");
        VERIFY_ERROR(read(with(minimal("llama"), "num_hidden_layers", 4.5)), "num_hidden_layers");
        VERIFY_ERROR(read(with(minimal("llama"), "num_hidden_layers", 1e18)), "num_hidden_layers");
        VERIFY_ERROR(read(with(minimal("llama"), "num_hidden_layers", 3000000000U)), "num_hidden_layers");
        VERIFY_ERROR(read(with(minimal("llama"), "vocab_size", -3000000000)), "vocab_size");
        VERIFY_ERROR(read(with(minimal("qwen2"), "layer_types", json::array({"full_attention"}))), "list of 4");
        VERIFY_ERROR(
            read(with(minimal("qwen2"), "layer_types", json::array({"full_attention", "chunked_attention", "a", "b"}))),
            "chunked_attention");
        VERIFY_ERROR(read(with(minimal("mistral"), "sliding_window", -4)), "native sliding window");
        VERIFY_ERROR(modelConfigFromHuggingFace("[]", "config.json"), "not a JSON object");
        VERIFY_ERROR(modelConfigFromHuggingFace("{\n\"a\":,}", "config.json"), "line 2");
    }
};

QTEST_APPLESS_MAIN(TestHfConfig)
#include "tst_hf_config.moc"
