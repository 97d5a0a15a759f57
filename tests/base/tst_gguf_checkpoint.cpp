// Tests what becomes of a GGUF model's metadata and tensor names, and which models are refused.
#include "core/base/file_io.h"
#include "core/checkpoint/checkpoint.h"
#include "tests/support/expect_error.h"
#include "tests/support/small_gguf.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>
#include <random>

using namespace consa;
using consa::test::GgufBuilder;
using consa::test::smallGguf;
namespace fs = std::filesystem;

namespace {

std::vector<float> firstColumn(const std::vector<float>& values, std::size_t columns) {
    std::vector<float> column;
    for (std::size_t i = 0; i < values.size(); i += columns) column.push_back(values[i]);
    return column;
}

/// A small model with one more piece of metadata.
template <typename Value>
GgufBuilder with(const char* key, const Value& value, const std::string& architecture = "llama") {
    GgufBuilder file = smallGguf(architecture);
    file.add(architecture + "." + key, value);
    return file;
}

}  // namespace

class TestGgufCheckpoint : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void opensLlamaAndUndoesRotaryOrder();
    void opensQwen3();
    void opensQwen2WithBiases();
    void undoesRotaryOrderOfBiases();
    void readsRotaryScaling();
    void readsRotaryDivisors();
    void readsNativeWindow();
    void takesListsOfEqualSizes();
    void namesUnsupportedMetadata_data();
    void namesUnsupportedMetadata();
    void namesForeignTensors();
    void namesMissingTensors();
    void knowsTokensWithAMeaning();
    void namesMissingFiles();
    void survivesFlippedBytes();

private:
    [[nodiscard]] std::unique_ptr<Checkpoint> open(const GgufBuilder& file) const {
        const fs::path path = fs::path(m_folder.path().toStdString()) / "small-model.Q8_0.gguf";
        writeFileAtomically(path, file.bytes());
        return openCheckpoint(path.string());
    }

    QTemporaryDir m_folder;
};

void TestGgufCheckpoint::opensLlamaAndUndoesRotaryOrder() {
    const auto checkpoint = open(smallGguf());
    const ModelConfig& config = checkpoint->config();
    QCOMPARE(config.name, std::string("small-model"));
    QCOMPARE(config.headDim, 8);
    QCOMPARE(config.vocabularySize, 10);
    QCOMPARE(config.ropeTheta, 10000.0);
    QCOMPARE(config.rmsNormEpsilon, 1e-5);
    QVERIFY(config.tiedEmbeddings);
    QVERIFY(!config.hasQkNorm);
    QCOMPARE(checkpoint->format(), std::string("gguf"));
    QVERIFY(checkpoint->contains("model.layers.0.mlp.down_proj.weight"));
    QVERIFY(!checkpoint->contains("lm_head.weight"));
    const auto query = firstColumn(checkpoint->readFloat32("model.layers.0.self_attn.q_proj.weight"), 16);
    QCOMPARE(query, (std::vector<float>{0, 2, 4, 6, 1, 3, 5, 7, 8, 10, 12, 14, 9, 11, 13, 15}));
    const auto value = firstColumn(checkpoint->readFloat32("model.layers.0.self_attn.v_proj.weight"), 16);
    QCOMPARE(value, (std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7}));
    VERIFY_ERROR(checkpoint->readFloat32("model.layers.7.mlp.up_proj.weight"), "model.layers.7.mlp.up_proj.weight");
    // 10x16 embeddings, three norms of 16, attention 16x(16+8+8+16), feed-forward 3x24x16.
    QCOMPARE(config.parameterCount(), std::int64_t{160 + 48 + 768 + 1152});
    QCOMPARE(config.kvBytesPerToken(), std::int64_t{32});
}

void TestGgufCheckpoint::opensQwen3() {
    const auto checkpoint = open(smallGguf("qwen3"));
    QVERIFY(checkpoint->config().hasQkNorm);
    QVERIFY(checkpoint->contains("model.layers.0.self_attn.q_norm.weight"));
    const auto query = firstColumn(checkpoint->readFloat32("model.layers.0.self_attn.q_proj.weight"), 16);
    QCOMPARE(query[1], 1.0F);
    QVERIFY(checkpoint->fingerprint() != open(smallGguf())->fingerprint());
}

void TestGgufCheckpoint::opensQwen2WithBiases() {
    const auto checkpoint = open(smallGguf("qwen2"));
    QVERIFY(checkpoint->config().hasQkvBias);
    QVERIFY(!checkpoint->config().hasQkNorm);
    const std::vector<float> bias = checkpoint->readFloat32("model.layers.0.self_attn.k_proj.bias");
    QCOMPARE(bias, (std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7}));
    const auto query = firstColumn(checkpoint->readFloat32("model.layers.0.self_attn.q_proj.weight"), 16);
    QCOMPARE(query[1], 1.0F);
    GgufBuilder without;
    test::addSmallMetadata(without, "qwen2");
    test::addSmallTensors(without, "llama");
    VERIFY_ERROR(open(without), "self_attn.q_proj.bias");
}

void TestGgufCheckpoint::undoesRotaryOrderOfBiases() {
    GgufBuilder file;
    test::addSmallMetadata(file, "llama");
    test::addSmallTensors(file, "qwen2");
    const auto checkpoint = open(file);
    QVERIFY(checkpoint->config().hasQkvBias);
    QCOMPARE(checkpoint->readFloat32("model.layers.0.self_attn.k_proj.bias"),
             (std::vector<float>{0, 2, 4, 6, 1, 3, 5, 7}));
    QCOMPARE(checkpoint->readFloat32("model.layers.0.self_attn.v_proj.bias"),
             (std::vector<float>{0, 1, 2, 3, 4, 5, 6, 7}));
}

void TestGgufCheckpoint::readsRotaryScaling() {
    const auto scaling = [&](const GgufBuilder& file) { return open(file)->config().ropeScaling; };
    QCOMPARE(scaling(with("rope.scaling.type", "none")), RopeScaling());
    QCOMPARE(scaling(with("rope.scaling.type", "linear")), RopeScaling());
    QCOMPARE(scaling(with("rope.scale_linear", 1.0F)), RopeScaling());
    RopeScaling fourfold;
    fourfold.form = RopeForm::Linear;
    fourfold.factor = 4;
    QCOMPARE(scaling(with("rope.scale_linear", 4.0F)), fourfold);
    QCOMPARE(scaling(with("rope.scaling.factor", 4.0F)), fourfold);
    GgufBuilder named = with("rope.scaling.type", "linear", "qwen2");
    named.add("qwen2.rope.scaling.factor", 4.0F);
    named.add("qwen2.rope.scale_linear", 8.0F);
    QCOMPARE(scaling(named), fourfold);
    GgufBuilder off = with("rope.scaling.type", "none");
    off.add("llama.rope.scaling.factor", 4.0F);
    QCOMPARE(scaling(off), RopeScaling());
    VERIFY_ERROR(open(with("rope.scaling.factor", 0.5F)), "factor");
}

void TestGgufCheckpoint::readsRotaryDivisors() {
    GgufBuilder file = smallGguf();
    file.addFloats("rope_freqs.weight", {4}, {1, 1, 4, 8});
    const auto checkpoint = open(file);
    QVERIFY(checkpoint->config().ropeScaling.form == RopeForm::Divisors);
    QCOMPARE(checkpoint->config().ropeScaling.divisors, (std::vector<double>{1, 1, 4, 8}));
    QVERIFY(!checkpoint->contains("rope_freqs.weight"));
    QVERIFY(checkpoint->fingerprint() != open(smallGguf())->fingerprint());
    file.add("llama.rope.scaling.factor", 2.0F);
    QCOMPARE(open(file)->config().ropeScaling.divisors, (std::vector<double>{2, 2, 8, 16}));
    GgufBuilder wrong = smallGguf();
    wrong.addFloats("rope_freqs.weight", {3}, {1, 1, 4});
    VERIFY_ERROR(open(wrong), "3 divisors");
    GgufBuilder zero = smallGguf();
    zero.addFloats("rope_freqs.weight", {4}, {1, 0, 4, 8});
    VERIFY_ERROR(open(zero), "divisor");
    GgufBuilder half = smallGguf();
    half.addTensor("rope_freqs.weight", {4}, 1, std::string(8, '\x3c'));
    VERIFY_ERROR(open(half), "rope_freqs.weight is not one row of F32");
    GgufBuilder foreign = smallGguf("qwen2");
    foreign.addFloats("rope_freqs.weight", {4}, {1, 1, 4, 8});
    VERIFY_ERROR(open(foreign), "rope_freqs.weight");
}

void TestGgufCheckpoint::readsNativeWindow() {
    QVERIFY(open(smallGguf())->config().nativeWindows.empty());
    QVERIFY(open(with("attention.sliding_window", 0U))->config().nativeWindows.empty());
    QCOMPARE(open(with("attention.sliding_window", 48U))->config().nativeWindows, (std::vector<int>{48}));
    VERIFY_ERROR(open(with("attention.sliding_window", 0xffffffffU)), "attention.sliding_window");
}

void TestGgufCheckpoint::takesListsOfEqualSizes() {
    const auto sized = [](const std::vector<std::int32_t>& sizes) {
        GgufBuilder file;
        file.add("general.architecture", "llama");
        file.add("llama.block_count", 1U);
        file.add("llama.embedding_length", 16U);
        file.add("llama.feed_forward_length", sizes);
        file.add("llama.context_length", 64U);
        file.add("llama.attention.head_count", std::vector<std::int32_t>{2, 2});
        file.add("llama.attention.head_count_kv", 1U);
        file.add("llama.attention.layer_norm_rms_epsilon", 1e-5F);
        test::addSmallTensors(file, "llama");
        return file;
    };
    QCOMPARE(open(sized({24, 24}))->config().feedForwardSize, 24);
    VERIFY_ERROR(open(sized({24, 32})), "differ from layer to layer (llama.feed_forward_length)");
    VERIFY_ERROR(open(sized({})), "has no llama.feed_forward_length");
}

void TestGgufCheckpoint::namesUnsupportedMetadata_data() {
    QTest::addColumn<QString>("key");
    QTest::addColumn<QString>("word");   // the value, when it is a string
    QTest::addColumn<double>("number");  // the value otherwise
    QTest::addColumn<QString>("message");
    const auto row = [](const char* key, const char* word, double number, const char* message) {
        QTest::newRow(key) << QString(key) << QString(word) << number << QString(message);
    };
    row("rope.scaling.type", "yarn", 0, "the rule yarn (llama.rope.scaling.type)");
    row("rope.scaling.attn_factor", "", 0.5, "llama.rope.scaling.attn_factor");
    row("expert_count", "", 8, "a mixture of experts (llama.expert_count)");
    row("attention.sliding_window_pattern", "", 2, "llama.attention.sliding_window_pattern");
    row("rope.dimension_count", "", 4, "a part of each head (llama.rope.dimension_count)");
    row("attention.value_length", "", 4, "llama.attention.value_length");
    row("attention.clamp_kqv", "", 8, "llama.attention.clamp_kqv");
    row("attention.max_alibi_bias", "", 8, "ALiBi");
    row("attn_logit_softcapping", "", 50, "llama.attn_logit_softcapping");
    row("final_logit_softcapping", "", 30, "llama.final_logit_softcapping");
    row("logit_scale", "", 16, "llama.logit_scale");
    row("residual_scale", "", 0.22, "llama.residual_scale");
    row("embedding_scale", "", 12, "llama.embedding_scale");
    row("nextn_predict_layers", "", 1, "llama.nextn_predict_layers");
}

void TestGgufCheckpoint::namesUnsupportedMetadata() {
    QFETCH(QString, key);
    QFETCH(QString, word);
    QFETCH(double, number);
    QFETCH(QString, message);
    const std::string name = key.toStdString();
    const bool isWhole = number == static_cast<double>(static_cast<unsigned>(number));
    const GgufBuilder file = !word.isEmpty() ? with(name.c_str(), word.toStdString().c_str())
                             : isWhole       ? with(name.c_str(), static_cast<std::uint32_t>(number))
                                             : with(name.c_str(), static_cast<float>(number));
    VERIFY_ERROR(open(file), message.toStdString());
    VERIFY_ERROR(open(file), "small-model.Q8_0.gguf");
}

void TestGgufCheckpoint::namesForeignTensors() {
    for (const char* name : {"blk.0.attn_qkv.weight", "blk.0.ffn_gate_exps.weight", "blk.0.attn_output.bias",
                             "blk.0.attn_q_norm.weight", "blk.1.attn_norm.weight", "blk.00.attn_norm.weight",
                             "blk.0.post_attention_norm.weight", "rope_factors_long.weight", "output.bias", "x"}) {
        GgufBuilder file = smallGguf();
        file.addFloats(name, {4}, std::vector<float>(4));
        VERIFY_ERROR(open(file), std::string(name) + ", which a plain llama decoder of 1 layers does not have");
    }
    GgufBuilder other;
    other.add("general.architecture", "gemma3");
    VERIFY_ERROR(open(other), "gemma3; of GGUF files llama (Mistral is one), qwen2 and qwen3 are supported");
    VERIFY_ERROR(open(GgufBuilder()), "architecture is not named");
    GgufBuilder encoder = smallGguf();
    encoder.addRaw("llama.attention.causal", 7, std::string(1, '\0'));
    VERIFY_ERROR(open(encoder), "not causal");
}

void TestGgufCheckpoint::namesMissingTensors() {
    GgufBuilder none;
    test::addSmallMetadata(none, "llama");
    VERIFY_ERROR(open(none), "names 1 layers, but it has 0 tensors");
    none.addFloats("output_norm.weight", {16}, std::vector<float>(16));
    VERIFY_ERROR(open(none), "token_embd.weight");
    GgufBuilder shape = smallGguf("qwen3");
    shape.add("qwen3.attention.key_length", 16U);
    VERIFY_ERROR(open(shape), "model.layers.0.self_attn.q_proj.weight has shape [16, 16]");
}

void TestGgufCheckpoint::knowsTokensWithAMeaning() {
    auto file = smallGguf();
    QVERIFY(!open(file)->specialTokens().end);
    file.add("tokenizer.ggml.bos_token_id", 1U);
    file.add("tokenizer.ggml.eos_token_id", 2U);
    file.add("tokenizer.chat_template", "{{ messages }}");
    const SpecialTokens tokens = open(file)->specialTokens();
    QCOMPARE(tokens.begin.value_or(-1), std::int64_t{1});
    QCOMPARE(tokens.end.value_or(-1), std::int64_t{2});
    QVERIFY(!tokens.padding);
    QCOMPARE(tokens.chatTemplate, std::string("{{ messages }}"));
}

void TestGgufCheckpoint::namesMissingFiles() {
    VERIFY_ERROR(openCheckpoint("/nowhere/model.gguf"), "/nowhere/model.gguf");
    const QByteArray chosen = qgetenv("CONSA_DATA_DIR");
    qputenv("CONSA_DATA_DIR", "/nowhere");
    VERIFY_ERROR(openCheckpoint("default"), "app/run");
    chosen.isNull() ? qunsetenv("CONSA_DATA_DIR") : qputenv("CONSA_DATA_DIR", chosen);
}

void TestGgufCheckpoint::survivesFlippedBytes() {
    GgufBuilder file = smallGguf("qwen2");
    file.add("qwen2.rope.scaling.factor", 4.0F);
    file.add("qwen2.attention.sliding_window", 32U);
    const std::string original = file.bytes();
    const fs::path path = fs::path(m_folder.path().toStdString()) / "flipped.gguf";
    std::mt19937_64 generator(1);
    int refused = 0;
    constexpr int kRounds = 1000;
    for (int round = 0; round < kRounds; ++round) {
        std::string bytes = original;
        constexpr std::size_t kHeadEnd = 1500;
        for (int flips = 0; flips < 2; ++flips) bytes[generator() % kHeadEnd] = static_cast<char>(generator());
        std::ofstream(path, std::ios::binary) << bytes;
        const std::string sentence = test::errorOf([&] {
            const auto checkpoint = openCheckpoint(path.string());
            for (const TensorInfo& tensor : checkpoint->tensors())
                static_cast<void>(checkpoint->readFloat32(tensor.name));
        });
        QVERIFY2(sentence.find("(another") == std::string::npos, sentence.c_str());
        refused += sentence.empty() ? 0 : 1;
    }
    QVERIFY(refused > kRounds / 2 && refused < kRounds);
}

QTEST_APPLESS_MAIN(TestGgufCheckpoint)
#include "tst_gguf_checkpoint.moc"
