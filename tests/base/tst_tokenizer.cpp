// Tests tokenizers against ids from Hugging Face's tokenizers package, and on text that is broken.
#include "core/base/file_io.h"
#include "core/checkpoint/checkpoint.h"
#include "core/text/byte_alphabet.h"
#include "core/text/composed_form.h"
#include "core/text/tokenizer.h"
#include "core/text/utf8.h"
#include "tests/support/expect_error.h"
#include "tests/support/small_tokenizer.h"

#include <QTest>

#include <atomic>
#include <nlohmann/json.hpp>
#include <random>
#include <thread>

using namespace consa;
using nlohmann::json;
using test::smallTokenizer;
namespace fs = std::filesystem;

namespace {

using Ids = std::vector<std::int32_t>;

std::string fixture(const std::string& name) {
    return std::string(CONSA_FIXTURES) + "/golden/" + name;
}

json readJson(const std::string& name) {
    return json::parse(readFile(fixture(name)));
}

std::unique_ptr<Tokenizer> trained(const std::string& name) {
    return makeTokenizer(readFile(fixture("tokenizer_" + name + ".json")), name);
}

void compareWithGolden(const Tokenizer& tokenizer, const json& golden) {
    QVERIFY(!golden.empty());
    for (const json& row : golden) {
        const auto text = row.at("text").get<std::string>();
        const Ids ids = tokenizer.encode(text);
        QVERIFY2(ids == row.at("ids").get<Ids>(),
                 (text + "\n" + json(ids).dump() + "\n" + row.at("ids").dump()).c_str());
    }
}

}  // namespace

class TestTokenizer : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void keepsBytes();
    void matchesHuggingFace_data();
    void matchesHuggingFace();
    void matchesHuggingFaceOnDefaultModel();
    void givesTextBack();
    void mergesByRank();
    void toleratesMissingBytes();
    void toleratesInvalidText();
    void encodesLongRunsQuickly();
    void composesLikeUnicode();
    void mergesAcrossSpaces();
    void sharesItsCacheSafely();
    void mendsUtf8();
    void knowsByteAlphabet();
};

void TestTokenizer::keepsBytes() {
    const auto tokenizer = makeTokenizer("", "demo");
    QCOMPARE(tokenizer->vocabularySize(), 256);
    const std::string text("a\0\xff\n", 4);
    QCOMPARE(tokenizer->encode(text), (Ids{97, 0, 255, 10}));
    QCOMPARE(tokenizer->decode(Ids{97, 0, 255, 10}), text);
    VERIFY_ERROR(tokenizer->decode(Ids{256}), "256");
    VERIFY_ERROR(tokenizer->decode(Ids{-1}), "-1");
}

void TestTokenizer::matchesHuggingFace_data() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"llama3", "qwen2", "gpt2_prefix_space"}) QTest::newRow(name) << QString(name);
}

void TestTokenizer::matchesHuggingFace() {
    QFETCH(QString, name);
    compareWithGolden(*trained(name.toStdString()), readJson("tokenizer_" + name.toStdString() + "_ids.json"));
}

void TestTokenizer::matchesHuggingFaceOnDefaultModel() {
    if (!fs::exists(dataFolder() / "models" / "SmolLM2-135M-Instruct.Q4_1.gguf")) {
        QSKIP("the default model is not installed (app/run fetches it)");
    }
    const auto tokenizer = makeTokenizer(openCheckpoint("default")->tokenizerJson(), "default");
    QCOMPARE(tokenizer->vocabularySize(), 49152);
    compareWithGolden(*tokenizer, readJson("default_tokenizer.json"));
    const json model = readJson("default_model.json");
    QCOMPARE(tokenizer->encode(model.at("text").get<std::string>()), model.at("ids").get<Ids>());
    QCOMPARE(tokenizer->decode(model.at("ids").get<Ids>()), model.at("text").get<std::string>());
    // Bytes that this vocabulary lacks, in every place.
    for (int byte = 0; byte < 256; ++byte) {
        static_cast<void>(tokenizer->encode(std::string("a") + static_cast<char>(byte) + "b"));
    }
}

void TestTokenizer::givesTextBack() {
    for (const char* name : {"llama3", "qwen2"}) {
        const auto tokenizer = trained(name);
        for (const json& row : readJson(std::string("tokenizer_") + name + "_ids.json")) {
            const auto text = row.at("text").get<std::string>();
            const std::string decoded = tokenizer->decode(tokenizer->encode(text));
            const bool isKept = text.find("<tool>") == std::string::npos;
            if (isKept) QCOMPARE(decoded, std::string(name) == "qwen2" ? toComposedForm(text) : text);
        }
        VERIFY_ERROR(tokenizer->decode(Ids{tokenizer->vocabularySize()}), "tokenizer knows 0 to");
    }
}

void TestTokenizer::mergesByRank() {
    const auto tokenizer = makeTokenizer(smallTokenizer().dump(), "small");
    QCOMPARE(tokenizer->encode("ab"), (Ids{2}));
    QCOMPARE(tokenizer->encode("aba"), (Ids{3}));
    QCOMPARE(tokenizer->encode("abab"), (Ids{2, 2}));
    QCOMPARE(tokenizer->encode("ababa"), (Ids{2, 3}));
    QCOMPARE(tokenizer->encode("bb"), (Ids{1, 1}));
    QCOMPARE(tokenizer->encode(""), Ids{});
    QCOMPARE(tokenizer->decode(Ids{3, 1}), std::string("abab"));
}

void TestTokenizer::toleratesMissingBytes() {
    json description = smallTokenizer();
    QCOMPARE(makeTokenizer(description.dump(), "small")->encode("axb"), (Ids{2}));
    description["model"]["unk_token"] = "<unk>";
    QCOMPARE(makeTokenizer(description.dump(), "small")->encode("axxb"), (Ids{0, 4, 4, 1}));
    description["model"]["fuse_unk"] = true;
    QCOMPARE(makeTokenizer(description.dump(), "small")->encode("axxb"), (Ids{0, 4, 1}));
}

void TestTokenizer::toleratesInvalidText() {
    const auto tokenizer = trained("llama3");
    const std::string replaced = "a\xef\xbf\xbd\xef\xbf\xbd z";
    QCOMPARE(tokenizer->encode("a\xc3\xff z"), tokenizer->encode(replaced));
    std::mt19937_64 generator(3);
    for (int round = 0; round < 300; ++round) {
        std::string noise(generator() % 60, '\0');
        for (char& byte : noise) byte = static_cast<char>(generator());
        for (const std::int32_t id : tokenizer->encode(noise)) QVERIFY(id >= 0 && id < tokenizer->vocabularySize());
    }
}

void TestTokenizer::encodesLongRunsQuickly() {
    const auto tokenizer = trained("llama3");
    for (const char byte : {' ', '-', 'e', '\n', '7'}) {
        const std::string run(400000, byte);
        QCOMPARE(tokenizer->decode(tokenizer->encode(run)), run);
    }
}

void TestTokenizer::composesLikeUnicode() {
    const json cases = readJson("composed_form.json");
    QVERIFY(cases.size() > 1000);
    for (const json& row : cases) {
        const auto text = row[0].get<std::string>();
        QVERIFY2(toComposedForm(text) == row[1].get<std::string>(), row.dump(-1, ' ', true).c_str());
        QVERIFY2(toComposedForm(row[1].get<std::string>()) == row[1].get<std::string>(), "composing twice");
    }
    const auto tokenizer = trained("qwen2");
    QCOMPARE(tokenizer->encode("cafe\xcc\x81"), tokenizer->encode("caf\xc3\xa9"));
}

void TestTokenizer::mergesAcrossSpaces() {
    // A vocabulary with a token across a space must see both words at once; the usual ones are cut for the cache.
    const std::string mark = "\xe2\x96\x81";
    json description = smallTokenizer();
    description["pre_tokenizer"] = {
        {"type", "Metaspace"}, {"replacement", mark}, {"prepend_scheme", "never"}, {"split", false}};
    description["model"]["vocab"] = {{"a", 0},    {"b", 1}, {mark, 2}, {mark + "b", 3}, {"a" + mark + "b", 4},
                                     {"<unk>", 5}};
    description["model"]["merges"] = json::array({json::array({mark, "b"})});
    const std::string text = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b";
    QCOMPARE(makeTokenizer(description.dump(), "small")->encode(text).back(), 3);
    description["model"]["merges"].push_back(json::array({"a", mark + "b"}));
    QCOMPARE(makeTokenizer(description.dump(), "small")->encode(text).back(), 4);
}

void TestTokenizer::sharesItsCacheSafely() {
    const auto first = trained("llama3");
    const auto second = trained("qwen2");
    const std::string text = "words of one tokenizer are not words of the other; words, words 12345 words";
    const Ids firstIds = first->encode(text);
    const Ids secondIds = second->encode(text);
    QVERIFY(firstIds != secondIds);
    std::vector<std::thread> threads;
    std::atomic<int> wrongCount = 0;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&] {
            for (int round = 0; round < 200; ++round) {
                if (first->encode(text) != firstIds || second->encode(text) != secondIds) ++wrongCount;
            }
        });
    }
    for (std::thread& thread : threads) thread.join();
    QCOMPARE(wrongCount.load(), 0);
    // Long words pass the cache by; at its edge nothing changes.
    for (std::size_t length = 20; length < 60; ++length) {
        QCOMPARE(first->decode(first->encode(std::string(length, 'w'))), std::string(length, 'w'));
    }
}

void TestTokenizer::mendsUtf8() {
    QVERIFY(isValidUtf8("plain \xc3\xa9 \xe4\xb8\xad \xf0\x9f\x98\x80"));
    for (const char* bad : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "\xff"}) {
        QVERIFY(!isValidUtf8(bad));
        QVERIFY(isValidUtf8(replaceInvalidUtf8(bad)));
    }
    QCOMPARE(replaceInvalidUtf8("a\xe4\xb8z"), std::string("a\xef\xbf\xbdz"));
    QCOMPARE(replaceInvalidUtf8("\xed\xa0\x80"), std::string("\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"));
    QCOMPARE(replaceInvalidUtf8("\xf0\x9f\x98"), std::string("\xef\xbf\xbd"));
}

void TestTokenizer::knowsByteAlphabet() {
    QCOMPARE(byteAlphabet()[' '], std::string("\xc4\xa0"));
    QCOMPARE(byteAlphabet()['\n'], std::string("\xc4\x8a"));
    QCOMPARE(byteAlphabet()['A'], std::string("A"));
    QCOMPARE(byteAlphabet()[0xad], std::string("\xc5\x83"));
    for (int byte = 0; byte < 256; ++byte) {
        QCOMPARE(bytesOfToken(byteAlphabet()[static_cast<std::size_t>(byte)]), std::string(1, static_cast<char>(byte)));
    }
}

QTEST_APPLESS_MAIN(TestTokenizer)
#include "tst_tokenizer.moc"
