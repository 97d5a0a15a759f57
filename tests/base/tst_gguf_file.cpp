// Tests GGUF reading: values against the gguf package's, broken files, and the default model's tensors.
#include "core/base/file_io.h"
#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/gguf_file.h"
#include "tests/support/expect_error.h"
#include "tests/support/gguf_builder.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

using namespace consa;
using consa::test::GgufBuilder;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

std::string fixture(const std::string& name) {
    return std::string(CONSA_FIXTURES) + "/" + name;
}

json readJson(const std::string& name) {
    return json::parse(readFile(fixture(name)));
}

/// The weights of a small llama under GGUF's names, row r of every matrix filled with r.
GgufBuilder smallLlama(const std::string& architecture = "llama") {
    GgufBuilder file;
    const auto key = [&](const char* name) { return architecture + "." + name; };
    file.add("general.architecture", architecture.c_str());
    file.add(key("block_count"), 1U);
    file.add(key("embedding_length"), 16U);
    file.add(key("feed_forward_length"), 24U);
    file.add(key("context_length"), 64U);
    file.add(key("attention.head_count"), 2U);
    file.add(key("attention.head_count_kv"), 1U);
    file.add(key("attention.layer_norm_rms_epsilon"), 1e-5F);
    const auto matrix = [&](const char* name, std::int64_t rows, std::int64_t columns) {
        std::vector<float> values;
        for (std::int64_t i = 0; i < rows * columns; ++i) values.push_back(static_cast<float>(i / columns));
        file.addFloats(name, {rows, columns}, values);
    };
    const auto vector = [&](const char* name, std::size_t size) {
        file.addFloats(name, {static_cast<std::int64_t>(size)}, std::vector<float>(size, 1.0F));
    };
    matrix("token_embd.weight", 10, 16);
    vector("blk.0.attn_norm.weight", 16);
    matrix("blk.0.attn_q.weight", 16, 16);
    matrix("blk.0.attn_k.weight", 8, 16);
    matrix("blk.0.attn_v.weight", 8, 16);
    matrix("blk.0.attn_output.weight", 16, 16);
    vector("blk.0.ffn_norm.weight", 16);
    matrix("blk.0.ffn_gate.weight", 24, 16);
    matrix("blk.0.ffn_up.weight", 24, 16);
    matrix("blk.0.ffn_down.weight", 16, 24);
    vector("output_norm.weight", 16);
    if (architecture == "qwen3") {
        vector("blk.0.attn_q_norm.weight", 8);
        vector("blk.0.attn_k_norm.weight", 8);
    }
    return file;
}

std::vector<float> firstColumn(const std::vector<float>& values, std::size_t columns) {
    std::vector<float> column;
    for (std::size_t i = 0; i < values.size(); i += columns) column.push_back(values[i]);
    return column;
}

}  // namespace

class TestGgufFile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsEveryMetadataType();
    void dequantisesLikeGgufPackage();
    void roundsBfloatToEven();
    void refusesEveryPrefix();
    void survivesFlippedBytes();
    void refusesHostileCounts();
    void namesWhatIsWrong();
    void namesUnsupportedTensorType();
    void opensLlamaAndUndoesRotaryOrder();
    void opensQwen3();
    void namesUnsupportedFeatures();
    void buildsTokenizerJson();
    void readsDefaultModel();

private:
    [[nodiscard]] std::unique_ptr<Checkpoint> open(const GgufBuilder& file) const {
        const fs::path path = fs::path(m_folder.path().toStdString()) / "small-model.Q8_0.gguf";
        writeFileAtomically(path, file.bytes());
        return openCheckpoint(path.string());
    }

    QTemporaryDir m_folder;
};

void TestGgufFile::readsEveryMetadataType() {
    const std::string bytes = readFile(fixture("golden/types.gguf"));
    const GgufFile file(bytes, "types.gguf");
    QCOMPARE(file.integer("t.uint8").value(), std::int64_t{200});
    QCOMPARE(file.integer("t.int8").value(), std::int64_t{-100});
    QCOMPARE(file.integer("t.uint16").value(), std::int64_t{60000});
    QCOMPARE(file.integer("t.int16").value(), std::int64_t{-30000});
    QCOMPARE(file.integer("t.uint32").value(), std::int64_t{4000000000});
    QCOMPARE(file.integer("t.int32").value(), std::int64_t{-2000000000});
    QCOMPARE(file.integer("t.uint64").value(), std::int64_t{1} << 40);
    QCOMPARE(file.integer("t.int64").value(), -(std::int64_t{1} << 40));
    QCOMPARE(file.number("t.float32").value(), static_cast<double>(0.1F));
    QCOMPARE(file.number("t.float64").value(), 0.1);
    QCOMPARE(file.boolean("t.bool").value(), true);
    QCOMPARE(file.text("t.string").value(), std::string("na\xc3\xafve"));
    QCOMPARE(file.texts("t.strings"), (std::vector<std::string_view>{"one", "", "drei"}));
    QCOMPARE(file.integers("t.integers"), (std::vector<std::int64_t>{1, -2, 3}));
    QVERIFY(!file.integer("t.absent"));
    VERIFY_ERROR(file.integer("t.string"), "t.string");
    VERIFY_ERROR(file.texts("t.integers"), "t.integers");
}

void TestGgufFile::dequantisesLikeGgufPackage() {
    const std::string bytes = readFile(fixture("golden/types.gguf"));
    const GgufFile file(bytes, "types.gguf");
    const json golden = readJson("golden/types.json");
    QCOMPARE(file.tensors().size(), std::size_t{6});
    for (const GgufTensor& tensor : file.tensors()) {
        QCOMPARE(tensor.shape, (std::vector<std::int64_t>{3, 64}));
        std::vector<float> values(3 * 64);
        dequantise(tensor.type, tensor.bytes, values.data());
        const auto expected = golden.at(tensor.name).get<std::vector<double>>();
        for (std::size_t i = 0; i < values.size(); ++i) {
            QVERIFY2(std::abs(values[i] - expected[i]) <= 1e-6 * (1 + std::abs(expected[i])), tensor.name.c_str());
        }
    }
}

void TestGgufFile::roundsBfloatToEven() {
    QCOMPARE(bfloatFromFloat(1.0F), std::uint16_t{0x3f80});
    QCOMPARE(bfloatFromFloat(1.00390625F), std::uint16_t{0x3f80});  // half way: to the even neighbour below
    QCOMPARE(bfloatFromFloat(1.01171875F), std::uint16_t{0x3f82});  // half way: to the even neighbour above
    QCOMPARE(bfloatFromFloat(-2.5F), std::uint16_t{0xc020});
    QVERIFY(std::isnan(floatFromBfloat(bfloatFromFloat(std::nanf("")))));
    QCOMPARE(floatFromHalf(0x3c00), 1.0F);
    QCOMPARE(floatFromHalf(0x0001), std::ldexp(1.0F, -24));
    QCOMPARE(floatFromHalf(0xfbff), -65504.0F);
    QVERIFY(std::isinf(floatFromHalf(0x7c00)));
    QVERIFY(std::isnan(floatFromHalf(0x7e00)));
}

void TestGgufFile::refusesEveryPrefix() {
    const std::string types = readFile(fixture("golden/types.gguf"));
    const GgufFile whole(types, "whole");
    const GgufTensor& last = whole.tensors().back();
    const std::string_view kept(types.data(),
                                static_cast<std::size_t>(last.bytes.data() - types.data()) + last.bytes.size());
    static_cast<void>(GgufFile(kept, "without the padding at its end"));
    for (std::size_t length = 0; length < kept.size(); ++length) {
        // A copy of exactly this length, so that sanitizers see any read past its end.
        const std::vector<char> prefix(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(length));
        const std::string sentence = test::errorOf([&] {
            static_cast<void>(GgufFile({prefix.data(), prefix.size()}, "cut.gguf"));
        });
        QVERIFY2(sentence.find("cut.gguf") != std::string::npos, qPrintable(QString::number(length)));
    }
}

void TestGgufFile::survivesFlippedBytes() {
    const std::string original = smallLlama().bytes();
    std::mt19937_64 generator(1);
    int refused = 0;
    for (int round = 0; round < 2000; ++round) {
        std::string bytes = original;
        const std::size_t headEnd = 1200;
        for (int flips = 0; flips < 3; ++flips) bytes[generator() % headEnd] = static_cast<char>(generator());
        const std::string sentence = test::errorOf([&] { static_cast<void>(GgufFile(bytes, "flipped.gguf")); });
        QVERIFY2(sentence.find("(another") == std::string::npos, sentence.c_str());
        refused += sentence.empty() ? 0 : 1;
    }
    QVERIFY(refused > 500);
}

void TestGgufFile::refusesHostileCounts() {
    const std::string counts = GgufBuilder::pack(std::uint64_t{1} << 60);
    std::string header = "GGUF" + GgufBuilder::pack(std::uint32_t{3});
    VERIFY_ERROR(GgufFile(header + counts + GgufBuilder::pack(std::uint64_t{0}) + std::string(100, '\0'), "f"),
                 "claims");
    VERIFY_ERROR(GgufFile(header + GgufBuilder::pack(std::uint64_t{0}) + counts + std::string(100, '\0'), "f"),
                 "claims");
    for (const std::uint32_t type : {0U, 8U, 9U, 10U}) {
        GgufBuilder file;
        file.addRaw("list", 9, GgufBuilder::pack(type) + counts);
        VERIFY_ERROR(GgufFile(file.bytes(), "f"), "array elements");
    }
    GgufBuilder string;
    string.addRaw("text", 8, GgufBuilder::pack(~std::uint64_t{0}));
    VERIFY_ERROR(GgufFile(string.bytes(), "f"), "ends inside");
    GgufBuilder nested;
    std::string value;
    for (int i = 0; i < 50; ++i) value += GgufBuilder::pack(std::uint32_t{9}) + GgufBuilder::pack(std::uint64_t{1});
    nested.addRaw("deep", 9, value);
    VERIFY_ERROR(GgufFile(nested.bytes(), "f"), "nested");
    for (const std::vector<std::int64_t>& shape : std::vector<std::vector<std::int64_t>>{
             {std::int64_t{1} << 40, std::int64_t{1} << 40}, {0, 4}, {-4}, {1, 1, 1, 1, 1}, {std::int64_t{1} << 50}}) {
        GgufBuilder file;
        file.addTensor("t", shape, 0, std::string(64, '\0'));
        VERIFY_ERROR(GgufFile(file.bytes(), "f"), "tensor t");
    }
}

void TestGgufFile::namesWhatIsWrong() {
    GgufBuilder magic;
    magic.magic = "GGML";
    VERIFY_ERROR(GgufFile(magic.bytes(), "m.gguf"), "not a GGUF file");
    GgufBuilder version;
    version.version = 1;
    VERIFY_ERROR(GgufFile(version.bytes(), "m.gguf"), "version 1");
    GgufBuilder twice;
    twice.add("a", 1U);
    twice.add("a", 2U);
    VERIFY_ERROR(GgufFile(twice.bytes(), "m.gguf"), "twice");
    GgufBuilder alignment;
    alignment.add("general.alignment", 24U);
    VERIFY_ERROR(GgufFile(alignment.bytes(), "m.gguf"), "alignment");
    GgufBuilder unknown;
    unknown.addRaw("a", 77, "x");
    VERIFY_ERROR(GgufFile(unknown.bytes(), "m.gguf"), "type 77");
    QCOMPARE(GgufFile(GgufBuilder().bytes(), "empty").tensors().size(), std::size_t{0});
}

void TestGgufFile::namesUnsupportedTensorType() {
    for (const auto& [number, name] :
         std::vector<std::pair<std::uint32_t, std::string>>{{12, "Q4_K"}, {14, "Q6_K"}, {2000, "number 2000"}}) {
        GgufBuilder file;
        file.addTensor("blk.0.attn_q.weight", {2, 256}, number, std::string(400, '\0'));
        VERIFY_ERROR(GgufFile(file.bytes(), "k.gguf"), name);
        VERIFY_ERROR(GgufFile(file.bytes(), "k.gguf"), "blk.0.attn_q.weight");
        VERIFY_ERROR(GgufFile(file.bytes(), "k.gguf"), "Q4_1");
    }
}

void TestGgufFile::opensLlamaAndUndoesRotaryOrder() {
    const auto checkpoint = open(smallLlama());
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
    QCOMPARE(config.kvBytesPerToken(), std::int64_t{2 * 8 * 2});
}

void TestGgufFile::opensQwen3() {
    const auto checkpoint = open(smallLlama("qwen3"));
    QVERIFY(checkpoint->config().hasQkNorm);
    QVERIFY(checkpoint->contains("model.layers.0.self_attn.q_norm.weight"));
    const auto query = firstColumn(checkpoint->readFloat32("model.layers.0.self_attn.q_proj.weight"), 16);
    QCOMPARE(query[1], 1.0F);
    QVERIFY(checkpoint->fingerprint() != open(smallLlama())->fingerprint());
}

void TestGgufFile::namesUnsupportedFeatures() {
    GgufBuilder other;
    other.add("general.architecture", "gemma3");
    VERIFY_ERROR(open(other), "gemma3");
    GgufBuilder scaled = smallLlama();
    scaled.add("llama.rope.scaling.type", "yarn");
    VERIFY_ERROR(open(scaled), "yarn");
    GgufBuilder sliding = smallLlama();
    sliding.add("llama.attention.sliding_window", 4096U);
    VERIFY_ERROR(open(sliding), "sliding_window");
    GgufBuilder experts = smallLlama();
    experts.add("llama.expert_count", 8U);
    VERIFY_ERROR(open(experts), "expert_count");
    GgufBuilder biased = smallLlama();
    biased.addFloats("blk.0.attn_q.bias", {16}, std::vector<float>(16));
    VERIFY_ERROR(open(biased), "bias blk.0.attn_q.bias");
    GgufBuilder factors = smallLlama();
    factors.addFloats("rope_freqs.weight", {4}, std::vector<float>(4));
    VERIFY_ERROR(open(factors), "rope_freqs.weight");
    GgufBuilder doubled = smallLlama();
    doubled.add("llama.rope.dimension_count", 4U);
    VERIFY_ERROR(open(doubled), "rope.dimension_count");
    GgufBuilder layers = smallLlama("qwen3");
    layers.add("qwen3.attention.key_length", 16U);
    VERIFY_ERROR(open(layers), "shape");
    VERIFY_ERROR(openCheckpoint("/nowhere/model.gguf"), "/nowhere/model.gguf");
    const QByteArray chosen = qgetenv("CONSA_DATA_DIR");
    qputenv("CONSA_DATA_DIR", "/nowhere");
    VERIFY_ERROR(openCheckpoint("default"), "app/run");
    chosen.isNull() ? qunsetenv("CONSA_DATA_DIR") : qputenv("CONSA_DATA_DIR", chosen);
}

void TestGgufFile::buildsTokenizerJson() {
    const auto withPre = [](const char* pre) {
        GgufBuilder file = smallLlama();
        file.add("tokenizer.ggml.model", "gpt2");
        file.add("tokenizer.ggml.pre", pre);
        file.add("tokenizer.ggml.tokens", std::vector<std::string>{"<s>", "a", "b", "ab"});
        file.add("tokenizer.ggml.token_type", std::vector<std::int32_t>{3, 1, 1, 1});
        file.add("tokenizer.ggml.merges", std::vector<std::string>{"a b"});
        return file;
    };
    const json built = json::parse(open(withPre("smollm"))->tokenizerJson());
    QCOMPARE(built["model"]["vocab"]["ab"].get<int>(), 3);
    QCOMPARE(built["added_tokens"][0]["content"].get<std::string>(), std::string("<s>"));
    QCOMPARE(built["pre_tokenizer"]["pretokenizers"][0]["type"].get<std::string>(), std::string("Digits"));
    for (const auto& [pre, golden] : std::vector<std::pair<const char*, std::string>>{
             {"llama-bpe", "golden/tokenizer_llama3.json"}, {"qwen2", "golden/tokenizer_qwen2.json"}}) {
        const json made = json::parse(open(withPre(pre))->tokenizerJson());
        const json reference = readJson(golden);
        QVERIFY(made["pre_tokenizer"]["pretokenizers"][0]["pattern"] ==
                reference["pre_tokenizer"]["pretokenizers"][0]["pattern"]);
        QVERIFY(made["normalizer"] == reference["normalizer"]);
        QVERIFY(made["model"]["ignore_merges"] == reference["model"]["ignore_merges"]);
    }
    VERIFY_ERROR(open(withPre("viking"))->tokenizerJson(), "viking");
    VERIFY_ERROR(open(smallLlama())->tokenizerJson(), "tokenizer.ggml.model");
}

void TestGgufFile::readsDefaultModel() {
    if (!fs::exists(dataFolder() / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf")) {
        QSKIP("the default model is not installed (app/run fetches it)");
    }
    const auto checkpoint = openCheckpoint("default");
    QCOMPARE(checkpoint->config().name, std::string("SmolLM2-135M-Instruct"));
    QCOMPARE(checkpoint->config().parameterCount(), std::int64_t{134515008});
    QCOMPARE(checkpoint->config().contextTokens, 8192);
    QCOMPARE(checkpoint->config().ropeTheta, 100000.0);
    for (const json& sample : readJson("golden/default_tensors.json")) {
        const auto name = sample.at("name").get<std::string>();
        const std::vector<float> values = checkpoint->readFloat32(name);
        double sum = 0;
        for (const float value : values) sum += value;
        QVERIFY2(std::abs(sum - sample.at("sum").get<double>()) < 1e-3, name.c_str());
        for (std::size_t i = 0; i < sample.at("indices").size(); ++i) {
            const double expected = sample.at("values")[i].get<double>();
            const float value = values.at(sample.at("indices")[i].get<std::size_t>());
            QVERIFY2(std::abs(value - expected) <= 1e-6 * (1 + std::abs(expected)), name.c_str());
        }
    }
}

QTEST_APPLESS_MAIN(TestGgufFile)
#include "tst_gguf_file.moc"
