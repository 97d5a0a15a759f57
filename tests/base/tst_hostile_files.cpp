// Tests the ways in which model files have broken other readers: each must end in a sentence, at once.
#include "core/base/file_io.h"
#include "core/checkpoint/checkpoint.h"
#include "core/checkpoint/gguf_file.h"
#include "core/checkpoint/safetensors_file.h"
#include "core/checkpoint/safetensors_index.h"
#include "core/text/tokenizer.h"
#include "core/text/utf8.h"
#include "tests/support/expect_error.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/small_tokenizer.h"

#include <QElapsedTimer>
#include <QTemporaryDir>
#include <QTest>

#include <cmath>
#include <limits>

using namespace consa;
using nlohmann::json;

namespace {

constexpr const char* kWrapping = "[4194305,4194305,211106198978564]";  // 4 in 64 bits
constexpr int kMany = 100'000;

std::string withHeader(const std::string& header, const std::string& data = {}) {
    return test::GgufBuilder::pack(std::uint64_t{header.size()}) + header + data;
}

std::string oneTensor(const std::string& shape, const std::string& offsets, std::size_t dataBytes) {
    return withHeader(R"({"t":{"dtype":"F32","shape":)" + shape + R"(,"data_offsets":)" + offsets + "}}",
                      std::string(dataBytes, '\0'));
}

/// Sequence of `count` equal steps.
json repeated(const char* field, const json& step, std::size_t count) {
    return {{"type", "Sequence"}, {field, std::vector<json>(count, step)}};
}

const json kDoubling = {{"type", "Replace"}, {"pattern", {{"String", "a"}}}, {"content", "aa"}};

}  // namespace

class TestHostileFiles : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void safetensorsShapesThatWrap();
    void safetensorsOffsetsThatLie();
    void safetensorsHeadersThatMislead();
    void safetensorsOfManyTensors();
    void safetensorsKeepNan();
    void indexesStayInTheirFolder();
    void picklesAreRefused();
    void sizesAreNotCut();
    void messagesAreReadable();
    void ggufShapesThatWrap();
    void ggufSumsThatWrap();
    void ggufOfManyTensors();
    void tokenizersThatGrow();
    void tokenizersThatCutCharacters();
    void tokenizersThatRunAway();

private:
    QTemporaryDir m_folder;
};

void TestHostileFiles::safetensorsShapesThatWrap() {
    VERIFY_ERROR(SafetensorsFile(oneTensor(kWrapping, "[0,16]", 16), "f"), "impossible shape");
    VERIFY_ERROR(SafetensorsFile(oneTensor("[4611686018427387904]", "[0,0]", 0), "f"), "impossible shape");
    VERIFY_ERROR(SafetensorsFile(oneTensor("[18446744073709551615]", "[0,4]", 4), "f"), "no whole number");
    VERIFY_ERROR(SafetensorsFile(oneTensor("[-1]", "[0,4]", 4), "f"), "no whole number");
    VERIFY_ERROR(SafetensorsFile(oneTensor("[1e0]", "[0,4]", 4), "f"), "no whole number");
}

void TestHostileFiles::safetensorsOffsetsThatLie() {
    VERIFY_ERROR(SafetensorsFile(oneTensor("[1000000]", "[0,8]", 8), "f"), "other bytes than its shape");
    VERIFY_ERROR(SafetensorsFile(oneTensor("[1]", "[0,18446744073709551615]", 4), "f"), "no whole number");
    VERIFY_ERROR(SafetensorsFile(oneTensor("[1]", "[9223372036854775807,9223372036854775807]", 4), "f"),
                 "past the end");
    // Tensors of no bytes may lie at any border, and nowhere else.
    const auto empty = [](const char* at) {
        return withHeader(std::string(R"({"a":{"dtype":"F32","shape":[0],"data_offsets":)") + at +
                              R"(},"b":{"dtype":"F32","shape":[0,3],"data_offsets":)" + at +
                              R"(},"c":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})",
                          std::string(8, '\0'));
    };
    QCOMPARE(SafetensorsFile(empty("[0,0]"), "f").tensors().size(), std::size_t{3});
    QCOMPARE(SafetensorsFile(empty("[8,8]"), "f").tensors().size(), std::size_t{3});
    VERIFY_ERROR(SafetensorsFile(empty("[4,4]"), "f"), "overlaps");
    VERIFY_ERROR(SafetensorsFile(empty("[9,9]"), "f"), "past the end");
}

void TestHostileFiles::safetensorsHeadersThatMislead() {
    const std::string tensor = R"("a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]})";
    VERIFY_ERROR(SafetensorsFile(withHeader("{" + tensor + "," + tensor + "}", "x"), "f"), "\"a\" twice");
    VERIFY_ERROR(SafetensorsFile(withHeader(std::string("{}\0{}", 5)), "f"), "is zero");
    VERIFY_ERROR(SafetensorsFile(withHeader("\xef\xbb\xbf{}"), "f"), "not JSON");
    VERIFY_ERROR(SafetensorsFile(withHeader(" {}"), "f"), "not JSON");
    VERIFY_ERROR(SafetensorsFile(withHeader("{\"\xff\":1}"), "f"), "not JSON");
    VERIFY_ERROR(SafetensorsFile(withHeader("{\"a\":" + std::string(200'000, '[')), "f"), "nested deeper");
    // 8 + this length is 0 in 64 bits.
    VERIFY_ERROR(SafetensorsFile(test::GgufBuilder::pack(~std::uint64_t{7}) + "{}", "f"), "longer than the file");
}

void TestHostileFiles::safetensorsOfManyTensors() {
    std::string header = "{";
    for (int i = 0; i < kMany; ++i)
        header += (i == 0 ? "\"" : ",\"") + std::to_string(i) + R"(":{"dtype":"U8","shape":[0],"data_offsets":[0,0]})";
    QElapsedTimer timer;
    timer.start();
    QCOMPARE(SafetensorsFile(withHeader(header + "}"), "f").tensors().size(), std::size_t{kMany});
    QVERIFY2(timer.elapsed() < 20'000, std::to_string(timer.elapsed()).c_str());
}

void TestHostileFiles::safetensorsKeepNan() {
    std::string bytes = oneTensor("[2]", "[0,8]", 8);
    const std::string values = test::GgufBuilder::pack(std::nanf("")) + test::GgufBuilder::pack(-INFINITY);
    bytes.replace(bytes.size() - 8, 8, values);
    const std::vector<float> read = SafetensorsFile(bytes, "f").readFloat32("t");
    QVERIFY(std::isnan(read[0]) && read[1] == -INFINITY);
}

void TestHostileFiles::indexesStayInTheirFolder() {
    const auto index = [](const json& name) { return json{{"weight_map", {{"t", name}}}}.dump(); };
    for (const char* name : {"../a.safetensors", "/etc/a.safetensors", "sub/a.safetensors", "..", ".", "",
                             "a.safetensors/", "..\\a.safetensors"})
        VERIFY_ERROR(shardNames(index(name), "i"), "not in a file beside the index");
    VERIFY_ERROR(shardNames(index(std::string("a\0.safetensors", 14)), "i"), "not in a file beside the index");
    VERIFY_ERROR(shardNames(index(std::string(300, 'x') + ".safetensors"), "i"), "not in a file beside the index");
    VERIFY_ERROR(shardNames(index(7), "i"), "not in a file beside the index");
    VERIFY_ERROR(shardNames(R"({"weight_map":{"t":"a.safetensors","t":"b.safetensors"}})", "i"), "twice");
    VERIFY_ERROR(shardNames("{}", "i"), "no weight_map");
    QCOMPARE(shardNames(index("a b.safetensors"), "i"), std::set<std::string>{"a b.safetensors"});
}

void TestHostileFiles::picklesAreRefused() {
    VERIFY_ERROR(shardNames(R"({"weight_map":{"t":"pytorch_model.bin"}})", "i"), "no safetensors file");
    const std::filesystem::path folder = m_folder.path().toStdString();
    writeFileAtomically(folder / "config.json", readFile(std::string(CONSA_FIXTURES) + "/tiny_llama/config.json"));
    writeFileAtomically(folder / "pytorch_model.bin", "\x80\x02}q\x01.");
    VERIFY_ERROR(openCheckpoint(folder.string()), "is a pickle, which can run code");
    VERIFY_ERROR(openCheckpoint((folder / "pytorch_model.bin").string()), "not a GGUF file");
}

/// 2^32 + 2 layers are not 2.
void TestHostileFiles::sizesAreNotCut() {
    ModelConfig config;
    config.architecture = "llama";
    config.layerCount = config.queryHeadCount = config.kvHeadCount = config.headDim = 2;
    config.hiddenSize = config.feedForwardSize = config.vocabularySize = config.contextTokens = 4;
    json object = json::parse(toJson(config));
    QVERIFY(modelConfigFromJson(object.dump(), "m") == config);
    for (const json& size : {json(4294967298), json(-1), json(2.0), json(1e300), json("2")}) {
        json changed = object;
        changed["layerCount"] = size;
        VERIFY_ERROR(modelConfigFromJson(changed.dump(), "m"), "layerCount");
        changed = object;
        changed["nativeWindows"] = json::array({0, size});
        VERIFY_ERROR(modelConfigFromJson(changed.dump(), "m"), size == -1 ? "window" : "nativeWindows");
    }
}

/// Names that would move a terminal's cursor, or fill its screen.
void TestHostileFiles::messagesAreReadable() {
    const auto named = [](const std::string& name) {
        const std::string header = json{{name, 3}}.dump();
        return test::errorOf([&] { static_cast<void>(SafetensorsFile(withHeader(header), "f")); });
    };
    QCOMPARE(named("a\x1b[31m\x07\r\x7f\xc2\x9b"
                   "\xc3\xa9"),
             std::string("cannot read f: the header's entry a?[31m?????\xc3\xa9 is no object; it is damaged"));
    const std::string sentence = named(std::string(100'000, 'a') + "é");
    QVERIFY(sentence.size() < 4100 && sentence.starts_with("cannot read f") && sentence.ends_with("it is damaged"));
    const std::string cut = readableMessage(std::string(1999, 'a') + "éé" + std::string(5000, 'b') + "éé");
    QVERIFY(isValidUtf8(cut));
}

void TestHostileFiles::ggufShapesThatWrap() {
    const auto file = [](const std::vector<std::int64_t>& shape, std::uint32_t type = 0) {
        test::GgufBuilder builder;
        builder.addTensor("t", shape, type, std::string(64, '\0'));
        return builder.bytes();
    };
    VERIFY_ERROR(GgufFile(file({211106198978564, 4194305, 4194305}), "f"), "impossible shape");
    VERIFY_ERROR(GgufFile(file({1LL << 62, 4}), "f"), "impossible shape");
    VERIFY_ERROR(GgufFile(file({std::numeric_limits<std::int64_t>::max()}), "f"), "impossible shape");
    VERIFY_ERROR(GgufFile(file({-2}), "f"), "impossible shape");
    VERIFY_ERROR(GgufFile(file({0, 4}), "f"), "impossible shape");
    VERIFY_ERROR(GgufFile(file({4, 31}, 8), "f"), "not whole blocks");
    VERIFY_ERROR(GgufFile(file({1'000'000}), "f"), "past the end");
}

/// Offsets and sizes whose sum is small in 64 bits.
void TestHostileFiles::ggufSumsThatWrap() {
    test::GgufBuilder offset;
    offset.addRow("t", {16}, 0, ~std::uint64_t{0} - 63);
    VERIFY_ERROR(GgufFile(offset.bytes(), "f"), "past the end");
    test::GgufBuilder two;
    two.addTensor("a", {16}, 0, std::string(64, '\0'));
    two.addRow("b", {16}, 0, 32);
    VERIFY_ERROR(GgufFile(two.bytes() + std::string(64, '\0'), "f"), "overlap");
    test::GgufBuilder text;
    text.addRaw("k", 8, test::GgufBuilder::pack(~std::uint64_t{7}) + "abc");
    VERIFY_ERROR(GgufFile(text.bytes(), "f"), "ends inside");
    test::GgufBuilder list;
    list.addRaw("k", 9, test::GgufBuilder::pack(std::uint32_t{10}) + test::GgufBuilder::pack(std::uint64_t{1} << 61U));
    VERIFY_ERROR(GgufFile(list.bytes(), "f"), "more than it can hold");
}

void TestHostileFiles::ggufOfManyTensors() {
    test::GgufBuilder builder;
    for (int i = 0; i < kMany; ++i) builder.addTensor(std::to_string(i), {1}, 0, std::string(4, '\0'));
    const std::string bytes = builder.bytes();
    QElapsedTimer timer;
    timer.start();
    QCOMPARE(GgufFile(bytes, "f").tensors().size(), std::size_t{kMany});
    QVERIFY2(timer.elapsed() < 20'000, std::to_string(timer.elapsed()).c_str());
}

/// Each step doubles what the one before made: sixty would fill any memory.
void TestHostileFiles::tokenizersThatGrow() {
    json normalizing = test::smallTokenizer();
    normalizing["normalizer"] = repeated("normalizers", kDoubling, 60);
    VERIFY_ERROR(makeTokenizer(normalizing.dump(), "t")->encode("aaaa"), "64 times as long");
    json one = test::smallTokenizer();
    one["normalizer"] = kDoubling;
    one["normalizer"]["content"] = std::string(1 << 20, 'a');
    VERIFY_ERROR(makeTokenizer(one.dump(), "t")->encode(std::string(1 << 16, 'a')), "64 times as long");
    json decoding = test::smallTokenizer();
    decoding["decoder"] = repeated("decoders", kDoubling, 60);
    VERIFY_ERROR(makeTokenizer(decoding.dump(), "t")->decode(std::vector<std::int32_t>{0, 3, 0}), "64 times as long");
    // A mark is put before each piece that does not begin with it: two marks in turns double the pieces.
    const auto mark = [](const char* letter) {
        return json{{"type", "Metaspace"}, {"replacement", letter}, {"prepend_scheme", "always"}};
    };
    const json each = {{"type", "Split"}, {"pattern", {{"Regex", "."}}}, {"behavior", "Isolated"}, {"invert", false}};
    std::vector<json> steps;
    for (int i = 0; i < 40; ++i) steps.insert(steps.end(), {mark("_"), each, mark("x"), each});
    json cutting = test::smallTokenizer();
    cutting["pre_tokenizer"] = {{"type", "Sequence"}, {"pretokenizers", steps}};
    VERIFY_ERROR(makeTokenizer(cutting.dump(), "t")->encode("aaaa"), "64 times as long");
    json sparse = test::smallTokenizer();
    sparse["model"]["vocab"]["a"] = 2097151;  // a table of two million tokens for a file of some hundred bytes
    VERIFY_ERROR(makeTokenizer(sparse.dump(), "t"), "ids of 5 tokens are whole numbers from 0 to 65535");
    json added = test::smallTokenizer();
    added["added_tokens"] = {{{"id", 9}, {"content", std::string(100'000, 'a')}}};
    VERIFY_ERROR(makeTokenizer(added.dump(), "t"), "100000 bytes");
}

/// \C is one byte of a character: what is left of it is no UTF-8, which the next pattern would take for granted.
void TestHostileFiles::tokenizersThatCutCharacters() {
    json halves = test::smallTokenizer();
    halves["pre_tokenizer"] = {
        {"type", "Split"}, {"pattern", {{"Regex", R"(\C)"}}}, {"behavior", "Isolated"}, {"invert", false}};
    VERIFY_ERROR(makeTokenizer(halves.dump(), "t"), R"(\C)");
}

/// Patterns that try exponentially many ways, or recurse, give up instead.
void TestHostileFiles::tokenizersThatRunAway() {
    for (const char* pattern : {"(a+)+$", "(a|aa)+$", "((a*)*)*b", "(a(?1)?b?)+$", "^(a(?1)?){1,9}$"}) {
        json hostile = test::smallTokenizer();
        hostile["pre_tokenizer"] = {
            {"type", "Split"}, {"pattern", {{"Regex", pattern}}}, {"behavior", "Isolated"}, {"invert", false}};
        const auto tokenizer = makeTokenizer(hostile.dump(), "t");
        QElapsedTimer timer;
        timer.start();
        const std::string sentence = test::errorOf([&] {
            static_cast<void>(tokenizer->encode(std::string(40, 'a') + "!"));
            static_cast<void>(tokenizer->encode(std::string(300'000, 'a') + "!"));  // as deep as the text is long
        });
        QVERIFY2(sentence.empty() || sentence.find("takes too long") != std::string::npos, sentence.c_str());
        QVERIFY2(timer.elapsed() < 20'000, pattern);
    }
}

QTEST_APPLESS_MAIN(TestHostileFiles)
#include "tst_hostile_files.moc"
