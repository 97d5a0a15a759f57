// Tests corpora: splits, windows by document and packed, fingerprints.
#include "core/text/token_corpus.h"
#include "tests/support/expect_error.h"

#include <QTest>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

using namespace consa;

namespace {

std::vector<Document> documentsOfLength(int count, int length) {
    std::vector<Document> documents;
    for (int i = 0; i < count; ++i) {
        std::vector<std::int32_t> tokens(static_cast<std::size_t>(length));
        std::iota(tokens.begin(), tokens.end(), i * 1000);
        documents.push_back({"d" + std::to_string(i), tokens});
    }
    return documents;
}

/// A letter a document: . train, d dev, t test.
std::string splitsOf(const TokenCorpus& corpus) {
    std::string letters;
    for (const Document& document : corpus.documents()) {
        letters += document.split == Split::Train ? '.' : document.split == Split::Dev ? 'd' : 't';
    }
    return letters;
}

}  // namespace

class TestTokenCorpus : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void splitsTenDocuments();
    void splitsFiveDocumentsInThree();
    void splitsFewDocumentsInside();
    void splitsBySeed();
    void cutsWindows();
    void packsDocumentsOfASplit();
    void explainsMissingWindows();
    void changesFingerprintWithContent();
    void saysWhatIsHeldOut();
    void spellsSplits();
};

void TestTokenCorpus::splitsTenDocuments() {
    const TokenCorpus corpus("c", documentsOfLength(20, 10));
    QCOMPARE(splitsOf(corpus), std::string("....t..d.t....t..d.t"));
    QCOMPARE(corpus.tokenCount(Split::Train), std::int64_t{140});
    QCOMPARE(corpus.tokenCount(Split::Dev), std::int64_t{20});
    QCOMPARE(corpus.tokenCount(Split::Test), std::int64_t{40});
    QCOMPARE(corpus.tokenCount(Split::All), std::int64_t{200});
}

void TestTokenCorpus::splitsFiveDocumentsInThree() {
    const std::map<int, std::string> expected = {{5, "...dt"},    {6, "...dt."},    {7, "...dt.."},
                                                 {8, "....t..d"}, {9, "....t..d."}, {11, "....t..d.t."}};
    for (const auto& [count, splits] : expected) {
        QCOMPARE(splitsOf(TokenCorpus("c", documentsOfLength(count, 10))), splits);
    }
}

void TestTokenCorpus::splitsFewDocumentsInside() {
    const TokenCorpus corpus("c", documentsOfLength(2, 100));
    QCOMPARE(corpus.documents().size(), std::size_t{6});
    QCOMPARE(corpus.tokenCount(Split::Train), std::int64_t{160});
    QCOMPARE(corpus.tokenCount(Split::Dev), std::int64_t{20});
    QCOMPARE(corpus.tokenCount(Split::Test), std::int64_t{20});
    // Nothing is lost or doubled, and the held-out part is the end.
    QCOMPARE(corpus.documents()[4].tokens.front(), 1080);
    QCOMPARE(corpus.documents()[5].tokens.back(), 1099);
    const TokenCorpus single("c", documentsOfLength(1, 3));
    QCOMPARE(single.documents().size(), std::size_t{1});
    const TokenCorpus kept("c", documentsOfLength(1, 100), false);
    QCOMPARE(kept.tokenCount(Split::Train), std::int64_t{100});
}

void TestTokenCorpus::splitsBySeed() {
    const auto withSeed = [](int count, std::uint64_t seed) {
        CorpusOptions options;
        options.splitSeed = seed;
        return TokenCorpus("c", documentsOfLength(count, 10), true, options);
    };
    QCOMPARE(splitsOf(withSeed(40, 0)), splitsOf(TokenCorpus("c", documentsOfLength(40, 10))));
    std::set<std::string> seen;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const std::string splits = splitsOf(withSeed(40, seed));
        QCOMPARE(std::count(splits.begin(), splits.end(), 't'), 8);
        QCOMPARE(std::count(splits.begin(), splits.end(), 'd'), 4);
        QCOMPARE(splitsOf(withSeed(40, seed)), splits);
        seen.insert(splits);
        for (int count = 5; count < 8; ++count) {
            const std::string few = splitsOf(withSeed(count, seed));
            QVERIFY(few.find('t') != std::string::npos && few.find('d') != std::string::npos);
        }
    }
    QCOMPARE(seen.size(), std::size_t{20});
    // The order of documents stays, and runs of older versions find their split again only as long as this does.
    QCOMPARE(withSeed(40, 3).documents()[17].name, std::string("d17"));
    QCOMPARE(splitsOf(withSeed(10, 1)), std::string("..d.t...t."));
}

void TestTokenCorpus::cutsWindows() {
    const TokenCorpus corpus("c", documentsOfLength(10, 21));
    const auto windows = corpus.windows(Split::Test, 10);
    QCOMPARE(windows, (std::vector<TokenWindow>{{4, 0}, {4, 10}, {9, 0}, {9, 10}}));
    const auto tokens = corpus.tokens(windows[1], 10);
    QCOMPARE(tokens.size(), std::size_t{11});
    QCOMPARE(tokens.front(), 4010);
    QCOMPARE(tokens.back(), 4020);
    QCOMPARE(corpus.windows(Split::All, 20).size(), std::size_t{10});
    QCOMPARE(corpus.windows(Split::All, 11).size(), std::size_t{10});
    VERIFY_ERROR(corpus.tokens({0, 11}, 10), "past the end");
    VERIFY_ERROR(corpus.tokens({0, 22}, 10), "past the end");
    VERIFY_ERROR(corpus.tokens({0, -1}, 10), "past the end");
}

void TestTokenCorpus::packsDocumentsOfASplit() {
    CorpusOptions options;
    options.packsDocuments = true;
    const TokenCorpus corpus("c", documentsOfLength(10, 7), true, options);
    // Seven train documents of 7 tokens are 49 in a row: windows of 10 + 1 at 0, 10, 20 and 30; the next would need 51.
    const auto train = corpus.windows(Split::Train, 10);
    QCOMPARE(train, (std::vector<TokenWindow>{{0, 0}, {1, 3}, {2, 6}, {5, 2}}));
    QCOMPARE(corpus.tokens(train[0], 10), (std::vector<std::int32_t>{0, 1, 2, 3, 4, 5, 6, 1000, 1001, 1002, 1003}));
    // Over documents 2 and 3 to the 6th: the 5th is test.
    QCOMPARE(corpus.tokens(train[2], 10),
             (std::vector<std::int32_t>{2006, 3000, 3001, 3002, 3003, 3004, 3005, 3006, 5000, 5001, 5002}));
    QCOMPARE(corpus.windows(Split::Test, 10), (std::vector<TokenWindow>{{4, 0}}));
    QCOMPARE(corpus.tokens({4, 0}, 10),
             (std::vector<std::int32_t>{4000, 4001, 4002, 4003, 4004, 4005, 4006, 9000, 9001, 9002, 9003}));
    QCOMPARE(corpus.windows(Split::Test, 13).size(), std::size_t{1});
    VERIFY_ERROR(corpus.windows(Split::Test, 14), "no more than 14 tokens");
    VERIFY_ERROR(corpus.tokens({9, 0}, 10), "past the end");
    // All is every split for itself: no window holds train and test.
    QCOMPARE(corpus.windows(Split::All, 10), (std::vector<TokenWindow>{{0, 0}, {1, 3}, {2, 6}, {5, 2}, {4, 0}}));
    // Without packing no window crosses a border.
    VERIFY_ERROR(TokenCorpus("c", documentsOfLength(10, 7)).windows(Split::Train, 10), "no document");
}

void TestTokenCorpus::explainsMissingWindows() {
    const TokenCorpus corpus("perl", documentsOfLength(10, 21));
    VERIFY_ERROR(corpus.windows(Split::Dev, 21), "the dev part of perl");
    VERIFY_ERROR(corpus.windows(Split::Dev, 21), "the longest has 21");
    VERIFY_ERROR(corpus.windows(Split::Dev, 0), "context");
    VERIFY_ERROR(TokenCorpus("tiny", documentsOfLength(1, 3)).windows(Split::Dev, 5), "no text");
}

void TestTokenCorpus::changesFingerprintWithContent() {
    auto documents = documentsOfLength(10, 20);
    const TokenCorpus corpus("c", documents);
    QCOMPARE(TokenCorpus("another name", documents).fingerprint(), corpus.fingerprint());
    QVERIFY(TokenCorpus("c", documents, false).fingerprint() != corpus.fingerprint());
    std::vector<std::int32_t> changed(documents[3].tokens.begin(), documents[3].tokens.end());
    changed[7] += 1;
    documents[3].tokens = changed;
    QVERIFY(TokenCorpus("c", documents).fingerprint() != corpus.fingerprint());
    QCOMPARE(corpus.fingerprint().size(), std::size_t{16});
}

void TestTokenCorpus::saysWhatIsHeldOut() {
    QCOMPARE(TokenCorpus("perl-doc", documentsOfLength(10, 175000)).summary(),
             std::string("perl-doc: 10 documents, 1.75 M tokens, held out 20 % test, 10 % dev"));
    QCOMPARE(TokenCorpus("c", documentsOfLength(5, 3)).summary(),
             std::string("c: 5 documents, 15 tokens, held out 20 % test, 20 % dev"));
}

void TestTokenCorpus::spellsSplits() {
    for (const Split split : {Split::Train, Split::Dev, Split::Test, Split::All}) {
        QVERIFY(splitFromString(toString(split)) == split);
    }
    VERIFY_ERROR(splitFromString("validation"), "validation");
}

QTEST_APPLESS_MAIN(TestTokenCorpus)
#include "tst_token_corpus.moc"
