// Texts with a hidden key, read back as text, and the report over hand-made answers.
#include "core/evaluation/passkey_report.h"
#include "tests/support/expect_error.h"

#include <QTest>
#include <algorithm>
#include <nlohmann/json.hpp>
#include <set>

using namespace consa;

namespace {

constexpr int kContext = 600;

const Tokenizer& bytes() {
    static const auto tokenizer = makeTokenizer("", "the byte tokenizer");
    return *tokenizer;
}

/// No digits, so that the key's are the only ones.
std::vector<std::int32_t> filler(std::size_t count) {
    std::vector<std::int32_t> ids;
    for (std::size_t i = 0; i < count; ++i) ids.push_back('a' + static_cast<std::int32_t>(i % 26));
    return ids;
}

std::string textOf(const PasskeyText& text) {
    return bytes().decode(text.ids);
}

/// Two texts at .1 and one at .9, with five answer tokens each.
std::vector<PasskeyText> threeTexts() {
    std::vector<PasskeyText> texts(3);
    for (PasskeyText& text : texts) text.answerEnd = 5;
    texts[0].depth = texts[2].depth = .1;
    texts[1].depth = .9;
    return texts;
}

}  // namespace

class TestPasskey : public QObject {
    Q_OBJECT

private slots:
    void theAnswerEndsTheText() {
        const PasskeyText text = makePasskeyText(bytes(), filler(2000), kContext, .3, 7);
        QCOMPARE(text.ids.size(), std::size_t{kContext + 1});
        QCOMPARE(text.answerEnd, kContext + 1);
        QCOMPARE(text.answerEnd - text.answerBegin, 5);
        const auto answer = std::span(text.ids).subspan(static_cast<std::size_t>(text.answerBegin));
        QCOMPARE(bytes().decode(answer), text.key);
        QVERIFY(textOf(text).ends_with("What is the pass key? The pass key is " + text.key));
    }

    void theKeyLiesAtItsDepth() {
        for (const double depth : kPasskeyDepths) {
            const PasskeyText text = makePasskeyText(bytes(), filler(2000), kContext, depth, 1);
            const std::string words = textOf(text);
            const std::string hidden =
                "\nThe pass key is " + text.key + ". Remember it. " + text.key + " is the pass key.\n";
            const auto place = words.find(hidden);
            QVERIFY(place != std::string::npos);
            const auto around = words.rfind("\nWhat is the pass key?") - hidden.size();
            QVERIFY(std::abs(static_cast<double>(place) - depth * static_cast<double>(around)) <= 1);
        }
    }

    void textsOfASeedDifferInDepthOnly() {
        std::set<std::string> remains;
        for (const double depth : kPasskeyDepths) {
            const PasskeyText text = makePasskeyText(bytes(), filler(3000), kContext, depth, 5);
            std::string words = textOf(text);
            const auto begin = words.find("\nThe pass key is "), end = words.find("is the pass key.\n") + 17;
            remains.insert(words.erase(begin, end - begin));
        }
        QCOMPARE(remains.size(), std::size_t{1});
    }

    void seedsGiveDifferentKeysAndPlaces() {
        std::set<std::string> keys, texts;
        for (std::uint64_t seed = 0; seed < 300; ++seed) {
            const PasskeyText text = makePasskeyText(bytes(), filler(20000), kContext, .5, seed);
            QCOMPARE(text.key.size(), std::size_t{5});
            keys.insert(text.key);
            texts.insert(textOf(text).substr(0, 100));
        }
        QCOMPARE(keys.size(), std::size_t{300});
        QCOMPARE(texts.size(), std::size_t{26});  // every place in the alphabet
        QCOMPARE(makePasskeyText(bytes(), filler(2000), kContext, .5, 8),
                 makePasskeyText(bytes(), filler(2000), kContext, .5, 8));
    }

    void everySeedIsAskedAtEveryDepth() {
        const std::vector<PasskeyText> texts = makePasskeyTexts(bytes(), filler(2000), kContext, 3);
        QCOMPARE(texts.size(), std::size_t{15});
        QCOMPARE(texts[0].depth, .1);
        QCOMPARE(texts[5].depth, .3);
        QCOMPARE(texts[5].seed, std::uint64_t{2});
    }

    void refusesWhatCannotHoldAKey() {
        VERIFY_ERROR(makePasskeyText(bytes(), filler(100), kContext, .5, 0), "a smaller --context");
        VERIFY_ERROR(makePasskeyText(bytes(), {}, kContext, .5, 0), "longer document");
        VERIFY_ERROR(makePasskeyText(bytes(), filler(2000), 50, .5, 0), "a larger --context");
        VERIFY_ERROR(makePasskeyText(bytes(), filler(2000), kContext, 1.0, 0), "between 0 and 1");
    }

    void reportsWhereAllFullPasses() {
        const PasskeyAnswers full{"all full", {{1.0, true}, {25.0, false}, {2.0, true}}};
        const std::vector<PasskeyAnswers> evaluated{{"sliding", {{10.0, false}, {11.0, false}, {14.0, true}}}};
        const PasskeyReport report = passkeyReport(threeTexts(), full, evaluated);
        QCOMPARE(report.layouts, std::vector<std::string>{"sliding"});
        QCOMPARE(report.depths.size(), std::size_t{2});
        const PasskeyDepth& near = report.depths[0];
        QCOMPARE(near.texts, 2);
        QVERIFY(near.isReported);
        QCOMPARE(near.full, (PasskeyScore{.3, 1.0}));
        QCOMPARE(near.layouts, (std::vector<PasskeyScore>{{2.4, .5}}));
        const PasskeyDepth& far = report.depths[1];  // 5 nats a token: all full doesn't know either
        QVERIFY(!far.isReported && far.layouts.empty());
        QCOMPARE(far.full, (PasskeyScore{5.0, 0.0}));
    }

    void writesReports() {
        const PasskeyAnswers full{"all full", {{1.0, {}}, {25.0, {}}, {2.0, {}}}};
        const PasskeyReport report = passkeyReport(
            threeTexts(), full, std::vector<PasskeyAnswers>{{"learned", {{2.5, {}}, {3, {}}, {2.5, {}}}}});
        const auto json = nlohmann::json::parse(toJson(report));
        QCOMPARE(json["passNll"].get<double>(), kPasskeyPassNll);
        QVERIFY(json["depths"][0]["layouts"][0]["layout"] == "learned");
        QCOMPARE(json["depths"][0]["layouts"][0]["nll"].get<double>(), .5);
        QVERIFY(json["depths"][0]["layouts"][0]["rightShare"].is_null());
        QVERIFY(json["depths"][1]["layouts"].is_null());
        QCOMPARE(json["depths"][1]["full"]["nll"].get<double>(), 5.0);
        const QStringList lines = QString::fromStdString(toTable(report)).split('\n');
        QVERIFY(lines[0].contains("0.1") && lines[0].contains("0.9"));
        QVERIFY(lines[2].startsWith("learned") && lines[2].contains("0.500") && lines[2].endsWith("-"));
    }

    void refusesMissingAnswers() {
        const PasskeyAnswers whole{"all full", {{}, {}, {}}}, part{"sliding", {{}, {}}};
        VERIFY_ERROR(passkeyReport(threeTexts(), part, {}), "sliding answered 2 of 3");
        VERIFY_ERROR(passkeyReport(threeTexts(), whole, std::vector{part}), "sliding answered 2 of 3");
    }
};

QTEST_APPLESS_MAIN(TestPasskey)
#include "tst_passkey.moc"
