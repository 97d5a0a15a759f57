// Tests what a tokenizer that is damaged, hostile or not supported is told to the user, each case in its own words.
#include "core/base/file_io.h"
#include "core/checkpoint/gguf_file.h"
#include "core/checkpoint/gguf_tokenizer.h"
#include "core/text/tokenizer.h"
#include "core/text/utf8.h"
#include "tests/support/expect_error.h"
#include "tests/support/gguf_builder.h"
#include "tests/support/small_tokenizer.h"

#include <QTest>

#include <cmath>
#include <random>

using namespace consa;
using nlohmann::json;

namespace {

const std::string kFile = "folder/tokenizer.json";

/// The error for the small tokenizer with `value` at `place`.
std::string errorWith(const char* place, const json& value) {
    json description = test::smallTokenizer();
    description[json::json_pointer(place)] = value;
    return test::errorOf([&] { static_cast<void>(makeTokenizer(description.dump(), kFile)); });
}

test::GgufBuilder ggufTokenizer(const char* model, const std::vector<std::string>& tokens) {
    test::GgufBuilder builder;
    builder.add("tokenizer.ggml.model", model);
    builder.add("tokenizer.ggml.pre", "gpt-2");
    builder.add("tokenizer.ggml.tokens", tokens);
    return builder;
}

void addScores(test::GgufBuilder& builder, const std::vector<float>& scores) {
    std::string packed =
        test::GgufBuilder::pack(std::uint32_t{6}) + test::GgufBuilder::pack(static_cast<std::uint64_t>(scores.size()));
    for (const float score : scores) test::append(packed, score);
    builder.addRaw("tokenizer.ggml.scores", 9, packed);
}

std::string ggufError(const test::GgufBuilder& builder) {
    const std::string bytes = builder.bytes();
    return test::errorOf(
        [&] { static_cast<void>(makeTokenizer(tokenizerJsonFromGguf(GgufFile(bytes, "model.gguf")), "model.gguf")); });
}

}  // namespace

/// Verifies that an error says all of `...`.
#define VERIFY_SAYS(error, ...)                                                                          \
    do {                                                                                                 \
        const std::string sentence = error;                                                              \
        for (const char* words : {__VA_ARGS__}) {                                                        \
            QVERIFY2(sentence.find(words) != std::string::npos, ("the error was: " + sentence).c_str()); \
        }                                                                                                \
        QVERIFY2(sentence.find("(another") == std::string::npos, sentence.c_str());                      \
    } while (false)

class TestTokenizerErrors : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void namesUnsupportedTypes();
    void namesBrokenSteps();
    void namesMissingMerges();
    void namesBrokenVocabulary();
    void namesBrokenAddedTokens();
    void refusesPatternsItWouldMisread();
    void survivesDeepNesting();
    void survivesBrokenFiles();
    void survivesRandomDamage();
    void namesWhatGgufLacks();
    void survivesHostileGguf();
};

void TestTokenizerErrors::namesUnsupportedTypes() {
    const json lowercase = {{"type", "Lowercase"}};
    VERIFY_SAYS(errorWith("/normalizer", lowercase), "normalizer Lowercase", "supported are", "NFC", "Prepend",
                kFile.c_str());
    const json nested = {{"type", "Sequence"}, {"normalizers", json::array({{{"type", "NFC"}}, lowercase})}};
    VERIFY_SAYS(errorWith("/normalizer", nested), "normalizer Lowercase", kFile.c_str());
    VERIFY_SAYS(errorWith("/pre_tokenizer", {{"type", "Whitespace"}}), "pre_tokenizer Whitespace", "supported are",
                "ByteLevel", "Metaspace", kFile.c_str());
    VERIFY_SAYS(errorWith("/decoder", {{"type", "WordPiece"}}), "decoder WordPiece", "supported are", "ByteFallback",
                kFile.c_str());
    VERIFY_SAYS(errorWith("/model/type", "Unigram"), "model is Unigram", "only BPE", kFile.c_str());
    VERIFY_SAYS(errorWith("/model", nullptr), "model is missing", kFile.c_str());
    VERIFY_SAYS(errorWith("/model/end_of_word_suffix", "</w>"), "end_of_word_suffix", kFile.c_str());
    VERIFY_SAYS(errorWith("/model/dropout", 0.1), "dropout", kFile.c_str());
    VERIFY_SAYS(errorWith("/model/byte_fallback", "yes"), "byte_fallback", "true or false", kFile.c_str());
    VERIFY_SAYS(errorWith("/normalizer", json::object()), "normalizer has no type", kFile.c_str());
}

void TestTokenizerErrors::namesBrokenSteps() {
    const auto metaspace = [](const json& changes) {
        json step = {{"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", "first"}};
        step.update(changes);
        return step;
    };
    VERIFY_SAYS(errorWith("/pre_tokenizer", metaspace({{"replacement", "__"}})), "replacement", "one character");
    VERIFY_SAYS(errorWith("/pre_tokenizer", metaspace({{"prepend_scheme", "often"}})), "often",
                "first, never and always");
    VERIFY_SAYS(errorWith("/pre_tokenizer", metaspace({{"split", 1}})), "split", "true or false");
    const json split = {{"type", "Split"}, {"behavior", "Dropped"}, {"pattern", {{"String", "x"}}}};
    VERIFY_SAYS(errorWith("/pre_tokenizer", split), "Dropped", "Isolated");
    VERIFY_SAYS(errorWith("/pre_tokenizer", {{"type", "Split"}, {"behavior", "Isolated"}}), "Split has no pattern");
    VERIFY_SAYS(errorWith("/pre_tokenizer", {{"type", "Sequence"}}), "no pretokenizers");
    const json late = {{"type", "Sequence"}, {"pretokenizers", {{{"type", "ByteLevel"}}, {{"type", "Digits"}}}}};
    VERIFY_SAYS(errorWith("/pre_tokenizer", late), "Digits after ByteLevel");
    VERIFY_SAYS(errorWith("/normalizer", {{"type", "Replace"}, {"content", "x"}}), "Replace has no pattern");
    VERIFY_SAYS(errorWith("/normalizer", {{"type", "Replace"}, {"pattern", {{"String", "x"}}}}), "no content");
    VERIFY_SAYS(errorWith("/decoder", {{"type", "Strip"}, {"content", " "}, {"start", -1}, {"stop", 0}}), "start",
                "count");
}

void TestTokenizerErrors::namesMissingMerges() {
    json description = test::smallTokenizer();
    description["model"].erase("merges");
    VERIFY_ERROR(makeTokenizer(description.dump(), kFile), "has no merges");
    VERIFY_SAYS(errorWith("/model/merges", nullptr), "has no merges", kFile.c_str());
    VERIFY_SAYS(errorWith("/model/merges/0", "x y"), "merge 0 (x y)", "not in its vocabulary", kFile.c_str());
    VERIFY_SAYS(errorWith("/model/merges/1", json::array({"b", "b"})), "merge 1 (b b)", "not in its vocabulary");
    for (const json& merge : {json("ab"), json("a b a"), json(3), json::array({"a"}), json::array({"a", 1})}) {
        VERIFY_SAYS(errorWith("/model/merges/0", merge), "merge 0 is not a pair", kFile.c_str());
    }
}

void TestTokenizerErrors::namesBrokenVocabulary() {
    for (const json& vocabulary : {json(), json::object(), json::array({"a", "b"}), json("a")}) {
        VERIFY_SAYS(errorWith("/model/vocab", vocabulary), "no vocab", kFile.c_str());
    }
    for (const json& id :
         {json(-3), json(1.5), json("1"), json(), json(1LL << 40), json(1 << 21), json(18446744073709551615ULL)}) {
        const std::string shown = "its vocab gives a the id " + id.dump();
        VERIFY_SAYS(errorWith("/model/vocab/a", id), shown.c_str(), kFile.c_str());
    }
    VERIFY_SAYS(errorWith("/model/unk_token", "absent"), "absent", "not in its vocabulary");
}

void TestTokenizerErrors::namesBrokenAddedTokens() {
    VERIFY_SAYS(errorWith("/added_tokens", 3), "added_tokens is no list", kFile.c_str());
    const auto with = [](const json& token) { return errorWith("/added_tokens", json::array({token})); };
    VERIFY_SAYS(with({{"id", 1}}), "added_tokens has no id or content");
    VERIFY_SAYS(with({{"id", -1}, {"content", "x"}}), "added_tokens has no id or content");
    VERIFY_SAYS(with({{"id", 1LL << 40}, {"content", "x"}}), "added_tokens has no id or content");
    VERIFY_SAYS(with({{"id", 7}, {"content", "x"}, {"lstrip", 1}}), "\"x\"", "lstrip");
}

void TestTokenizerErrors::refusesPatternsItWouldMisread() {
    const auto with = [](const char* pattern) {
        const json split = {{"type", "Split"}, {"behavior", "Isolated"}, {"pattern", {{"Regex", pattern}}}};
        return errorWith("/pre_tokenizer", split);
    };
    VERIFY_SAYS(with("(("), "its pattern", "not understood", kFile.c_str());
    VERIFY_SAYS(with("[a-z&&[^b]]"), "combines character classes", kFile.c_str());
    VERIFY_SAYS(with("[a[bc]]"), "combines character classes", kFile.c_str());
}

void TestTokenizerErrors::survivesDeepNesting() {
    const std::string deep = std::string(200000, '[') + std::string(200000, ']');
    VERIFY_ERROR(makeTokenizer("{\"normalizer\":" + deep + "}", kFile), "nested deeper than");
    VERIFY_ERROR(makeTokenizer("{\"normalizer\":{\"type\":" + deep + "}}", kFile), "nested deeper than");
    json description = test::smallTokenizer();
    description["model"]["vocab"]["[[[[{\"\\"] = 5;  // brackets in texts don't count
    QCOMPARE(makeTokenizer(description.dump(), kFile)->encode("ab"), (std::vector<std::int32_t>{2}));
}

void TestTokenizerErrors::survivesBrokenFiles() {
    const std::string whole = readFile(std::string(CONSA_FIXTURES) + "/golden/tokenizer_llama3.json");
    for (std::size_t length = 1; length + 2 < whole.size(); length += 173) {
        VERIFY_ERROR(makeTokenizer(whole.substr(0, length), "cut.json"), "cut.json");
    }
    for (const char* text : {"[]", "{}", "null", "3", R"({"model":[]})", R"({"pre_tokenizer":[],"model":{}})"}) {
        VERIFY_ERROR(makeTokenizer(text, "odd.json"), "odd.json");
    }
}

void TestTokenizerErrors::survivesRandomDamage() {
    json spaced = test::smallTokenizer();
    spaced["normalizer"] = {{"type", "Sequence"},
                            {"normalizers", {{{"type", "NFC"}}, {{"type", "Prepend"}, {"prepend", "_"}}}}};
    spaced["pre_tokenizer"] = {
        {"type", "Metaspace"}, {"replacement", "_"}, {"prepend_scheme", "first"}, {"split", true}};
    spaced["decoder"] = {{"type", "Sequence"},
                         {"decoders",
                          {{{"type", "Replace"}, {"pattern", {{"String", "_"}}}, {"content", " "}},
                           {{"type", "ByteFallback"}},
                           {{"type", "Fuse"}},
                           {{"type", "Strip"}, {"content", " "}, {"start", 1}, {"stop", 1}}}}};
    spaced["added_tokens"] = json::array({{{"id", 9}, {"content", "<x>"}, {"lstrip", true}, {"rstrip", true}}});
    std::mt19937_64 generator(11);
    int usableCount = 0;
    for (int round = 0; round < 6000; ++round) {
        std::string damaged = (round % 3 == 0 ? test::smallTokenizer() : spaced).dump();
        for (auto count = generator() % 3 + 1; count > 0; --count) {
            damaged[generator() % damaged.size()] = "{}[]\",:0123456789-abc\\ e\x80"[generator() % 25];
        }
        try {
            const auto tokenizer = makeTokenizer(damaged, "damaged.json");
            const std::vector<std::int32_t> ids = tokenizer->encode("abab <x> ba <unk>\xff");
            for (const std::int32_t id : ids) QVERIFY(id >= 0 && id < tokenizer->vocabularySize());
            QVERIFY(isValidUtf8(tokenizer->decode(ids)));
            ++usableCount;
        } catch (const Error& error) {
            QVERIFY2(std::string(error.what()).find("damaged.json") != std::string::npos, error.what());
        }
    }
    QVERIFY(usableCount > 100 && usableCount < 5900);
}

void TestTokenizerErrors::namesWhatGgufLacks() {
    VERIFY_SAYS(ggufError(ggufTokenizer("bert", {"a"})), "tokenizer.ggml.model", "bert", "gpt2", "llama", "model.gguf");
    VERIFY_SAYS(ggufError(ggufTokenizer("gpt2", {})), "no vocabulary", "tokenizer.ggml.tokens", "model.gguf");
    VERIFY_SAYS(ggufError(ggufTokenizer("gpt2", {"a"})), "no merges", "tokenizer.ggml.merges", "model.gguf");
    VERIFY_SAYS(ggufError(ggufTokenizer("llama", {"a"})), "tokenizer.ggml.scores", "model.gguf");
    test::GgufBuilder fewScores = ggufTokenizer("llama", {"a", "b"});
    addScores(fewScores, {0});
    VERIFY_SAYS(ggufError(fewScores), "tokenizer.ggml.scores", "2 tokens", "model.gguf");
    test::GgufBuilder unknown;
    unknown.add("tokenizer.ggml.model", "gpt2");
    unknown.add("tokenizer.ggml.pre", "klingon");
    unknown.add("tokenizer.ggml.tokens", std::vector<std::string>{"a"});
    VERIFY_SAYS(ggufError(unknown), "tokenizer.ggml.pre", "klingon", "llama-bpe", "qwen2", "model.gguf");
}

void TestTokenizerErrors::survivesHostileGguf() {
    test::GgufBuilder longToken = ggufTokenizer("llama", {"a", std::string(100000, 'a')});
    addScores(longToken, {0, 0});
    VERIFY_SAYS(ggufError(longToken), "token 1 has 100000 bytes", "model.gguf");
    test::GgufBuilder invalid = ggufTokenizer("llama", {"a", "\xff"});
    addScores(invalid, {0, 0});
    VERIFY_SAYS(ggufError(invalid), "not UTF-8", "model.gguf");
    test::GgufBuilder odd = ggufTokenizer("llama", {"a", "a", "", "aa", "aaa"});
    addScores(odd, {std::nanf(""), 1, -INFINITY, INFINITY, std::nanf("")});
    odd.add("tokenizer.ggml.token_type", std::vector<std::int32_t>{2, 3, 4, -7});
    VERIFY_SAYS(ggufError(odd), "");
    test::GgufBuilder missing = ggufTokenizer("gpt2", {"a"});
    missing.add("tokenizer.ggml.merges", std::vector<std::string>{"a b"});
    VERIFY_SAYS(ggufError(missing), "merge 0 (a b)", "model.gguf");
}

QTEST_APPLESS_MAIN(TestTokenizerErrors)
#include "tst_tokenizer_errors.moc"
