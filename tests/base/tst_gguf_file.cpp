// Tests GGUF reading: values against the gguf package's, broken files, and the default model's tensors.
#include "core/base/file_io.h"
#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/gguf_file.h"
#include "tests/support/expect_error.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/small_gguf.h"

#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <nlohmann/json.hpp>
#include <random>

using namespace consa;
using consa::test::GgufBuilder;
using consa::test::smallGguf;
using nlohmann::json;
namespace fs = std::filesystem;

namespace {

std::string fixture(const std::string& name) {
    return std::string(CONSA_FIXTURES) + "/" + name;
}

json readJson(const std::string& name) {
    return json::parse(readFile(fixture(name)));
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
    void refusesImpossibleShapes();
    void refusesWrongPlaces();
    void namesWhatIsWrong();
    void keepsMessagesReadable();
    void namesUnsupportedTensorType();
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
    const std::string original = smallGguf().bytes();
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
    const std::string none = GgufBuilder::pack(std::uint64_t{0});
    const std::string header = "GGUF" + GgufBuilder::pack(std::uint32_t{3});
    VERIFY_ERROR(GgufFile(header + counts + none + std::string(100, '\0'), "f"), "tensors, more than it can hold");
    VERIFY_ERROR(GgufFile(header + none + counts + std::string(100, '\0'), "f"), "pairs, more than it can hold");
    const std::string many = GgufBuilder::pack(std::uint64_t{1} << 18U);
    const std::string room(std::size_t{9} << 20U, '\0');
    VERIFY_ERROR(GgufFile(header + many + none + room, "f"), "tensors, more than any model has");
    VERIFY_ERROR(GgufFile(header + none + many + room, "f"), "pairs, more than any model has");
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
}

void TestGgufFile::refusesImpossibleShapes() {
    using Shape = std::vector<std::int64_t>;
    for (const Shape& shape :
         {Shape{std::int64_t{1} << 40, std::int64_t{1} << 40}, Shape{0, 4}, Shape{-4},
          // 4 in 64 bits
          Shape{4194305, 4194305, 211106198978564}, Shape{std::int64_t{1} << 32, std::int64_t{1} << 32, 4}}) {
        GgufBuilder file;
        file.addTensor("t", shape, 0, std::string(64, '\0'));
        VERIFY_ERROR(GgufFile(file.bytes(), "f"), "tensor t has an impossible shape");
    }
    GgufBuilder deep;
    deep.addTensor("t", {1, 1, 1, 1, 1}, 0, std::string(64, '\0'));
    VERIFY_ERROR(GgufFile(deep.bytes(), "f"), "tensor t has 5 dimensions");
    GgufBuilder part;
    part.addTensor("t", {3, 48}, 8, std::string(320, '\0'));
    VERIFY_ERROR(GgufFile(part.bytes(), "f"), "rows of tensor t are not whole blocks of Q8_0");
    GgufBuilder large;
    large.addTensor("t", {3, 32}, 12, std::string(320, '\0'));
    VERIFY_ERROR(GgufFile(large.bytes(), "f"), "rows of tensor t are not whole blocks of Q4_K");
}

void TestGgufFile::refusesWrongPlaces() {
    const std::string data(256, '\0');
    GgufBuilder shortOfData;
    shortOfData.addTensor("t", {16, 16}, 0, data);
    VERIFY_ERROR(GgufFile(shortOfData.bytes(), "f"), "tensor t lies past the end");
    GgufBuilder huge;
    huge.addTensor("t", {std::int64_t{1} << 50}, 0, data);
    VERIFY_ERROR(GgufFile(huge.bytes(), "f"), "tensor t lies past the end");
    for (const std::uint64_t offset : {std::uint64_t{4096}, ~std::uint64_t{31}, std::uint64_t{1} << 63U}) {
        GgufBuilder far;
        far.addTensor("t", {64}, 0, data);
        far.addRow("u", {8}, 0, offset);
        VERIFY_ERROR(GgufFile(far.bytes(), "f"), "tensor u lies past the end");
    }
    GgufBuilder unaligned;
    unaligned.addTensor("t", {8}, 0, data);
    unaligned.addRow("u", {8}, 0, 48);
    VERIFY_ERROR(GgufFile(unaligned.bytes(), "f"), "tensor u is not aligned");
    for (const std::uint64_t offset : {0U, 32U, 96U}) {
        GgufBuilder overlapping;
        overlapping.addTensor("t", {32}, 0, data);
        overlapping.addRow("u", {8}, 0, offset);
        VERIFY_ERROR(GgufFile(overlapping.bytes(), "f"), "overlap");
    }
    GgufBuilder apart;
    apart.addTensor("t", {32}, 0, data);
    apart.addRow("u", {8}, 0, 128);
    QCOMPARE(GgufFile(apart.bytes(), "f").tensors().size(), std::size_t{2});
    GgufBuilder twice;
    twice.addTensor("t", {8}, 0, data);
    twice.addTensor("t", {8}, 0, data);
    VERIFY_ERROR(GgufFile(twice.bytes(), "f"), "tensor t appears twice");
}

void TestGgufFile::namesWhatIsWrong() {
    VERIFY_ERROR(GgufFile("PK\3\4", "model.bin"), "model.bin at byte 4: it is not a GGUF file");
    VERIFY_ERROR(GgufFile("G", "m.gguf"), "not a GGUF file");
    GgufBuilder magic;
    magic.magic = "GGML";
    VERIFY_ERROR(GgufFile(magic.bytes(), "m.gguf"), "not a GGUF file");
    GgufBuilder version;
    version.version = 1;
    VERIFY_ERROR(GgufFile(version.bytes(), "m.gguf"), "version 1; versions 2 and 3");
    GgufBuilder bigEndian;
    bigEndian.version = 0x03000000U;
    VERIFY_ERROR(GgufFile(bigEndian.bytes(), "m.gguf"), "big-endian; convert it with");
    GgufBuilder twice;
    twice.add("a", 1U);
    twice.add("a", 2U);
    VERIFY_ERROR(GgufFile(twice.bytes(), "m.gguf"), "key a appears twice");
    for (const std::uint32_t value : {0U, 24U, ~0U}) {
        GgufBuilder alignment;
        alignment.add("general.alignment", value);
        VERIFY_ERROR(GgufFile(alignment.bytes(), "m.gguf"), "alignment is not a power of two");
    }
    GgufBuilder signedAlignment;
    signedAlignment.addRaw("general.alignment", 11, GgufBuilder::pack(std::int64_t{1} << 62));
    VERIFY_ERROR(GgufFile(signedAlignment.bytes(), "m.gguf"), "alignment is not a power of two");
    GgufBuilder wordAlignment;
    wordAlignment.add("general.alignment", "32");
    VERIFY_ERROR(GgufFile(wordAlignment.bytes(), "m.gguf"), "general.alignment is not one whole number");
    GgufBuilder unknown;
    unknown.addRaw("a", 77, "x");
    VERIFY_ERROR(GgufFile(unknown.bytes(), "m.gguf"), "type 77");
    QCOMPARE(GgufFile(GgufBuilder().bytes(), "empty").tensors().size(), std::size_t{0});
}

void TestGgufFile::keepsMessagesReadable() {
    GgufBuilder file;
    file.addRow("line\nbreak\x1b" + std::string(100000, 'x'), {0}, 0, 0);
    const std::string sentence = test::errorOf([&] { static_cast<void>(GgufFile(file.bytes(), "f")); });
    QVERIFY(sentence.find("line?break?xxx") != std::string::npos);
    QVERIFY(sentence.size() < 300);
}

void TestGgufFile::namesUnsupportedTensorType() {
    for (const auto& [number, name] :
         std::vector<std::pair<std::uint32_t, std::string>>{{15, "Q8_K"}, {23, "IQ4_XS"}, {2000, "number 2000"}}) {
        GgufBuilder file;
        file.addTensor("blk.0.attn_q.weight", {2, 256}, number, std::string(400, '\0'));
        VERIFY_ERROR(GgufFile(file.bytes(), "k.gguf"), "tensor blk.0.attn_q.weight has type " + name);
        VERIFY_ERROR(GgufFile(file.bytes(), "k.gguf"), "Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K");
    }
}

void TestGgufFile::buildsTokenizerJson() {
    const auto withPre = [](const char* pre) {
        GgufBuilder file = smallGguf();
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
    VERIFY_ERROR(open(smallGguf())->tokenizerJson(), "tokenizer.ggml.model");
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
