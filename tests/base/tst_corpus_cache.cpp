// Tests the cache of encoded texts: found again, never wrong, bounded, and done without where it is not wanted.
#include "core/text/corpus_cache.h"
#include "tests/support/cached_text.h"
#include "tests/support/expect_error.h"

#include <sys/stat.h>

#include <QTest>

#include <fstream>
#include <memory>
#include <thread>

using namespace consa;
using consa::test::CountingTokenizer;
namespace fs = std::filesystem;

class TestCorpusCache : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_text = std::make_unique<test::CachedText>(); }
    void cleanup() { m_text.reset(); }
    void encodesOnce();
    void keysByContentAndTokenizer();
    void namesTokenizers();
    void rebuildsDamagedFiles();
    void refusesChangedFilesMeanwhile();
    void leavesNothingAfterAnError();
    void goesOnWithoutFolder();
    void writesNothingWhenNotWanted();
    void makesRoom();

private:
    std::unique_ptr<test::CachedText> m_text;
};

void TestCorpusCache::encodesOnce() {
    const CountingTokenizer tokenizer;
    const TokenCorpus plain = m_text->load(tokenizer, "");
    QCOMPARE(m_text->filesIn(m_text->root() / "cache").size(), std::size_t{0});
    const TokenCorpus first = m_text->load(tokenizer);
    QCOMPARE(tokenizer.count(), 40);
    double last = 0;
    const TokenCorpus second =
        m_text->load(tokenizer, "tokenizer", {}, [&](double share, const std::string&) { last = share; });
    QCOMPARE(tokenizer.count(), 40);
    QCOMPARE(last, 1.0);
    for (const TokenCorpus* corpus : {&first, &second}) {
        QCOMPARE(corpus->fingerprint(), plain.fingerprint());
        QCOMPARE(corpus->documents().size(), plain.documents().size());
        QCOMPARE(corpus->documents()[7].name, std::string("text.jsonl:8"));
        QCOMPARE(corpus->warning(), std::string());
    }
    QCOMPARE(m_text->filesIn(m_text->root() / "cache" / "tokens").size(), std::size_t{1});
    // Split and packing are no part of the file; the ids outlive it.
    CorpusOptions options;
    options.splitSeed = 9;
    options.packsDocuments = true;
    QVERIFY(m_text->load(tokenizer, "tokenizer", options).fingerprint() != plain.fingerprint());
    QCOMPARE(tokenizer.count(), 40);
    fs::remove_all(m_text->root() / "cache");
    QCOMPARE(second.fingerprint(), plain.fingerprint());
}

void TestCorpusCache::keysByContentAndTokenizer() {
    const CountingTokenizer tokenizer;
    int expected = 0;
    const auto encodesAgain = [&](const std::string& key, const CorpusOptions& options = {}) {
        const int before = tokenizer.count();
        static_cast<void>(m_text->load(tokenizer, key, options));
        return tokenizer.count() > before;
    };
    QVERIFY(encodesAgain("one"));
    QVERIFY(encodesAgain("two"));
    QVERIFY(!encodesAgain("one"));
    CorpusOptions options;
    options.jsonField = "title";
    std::string lines;
    for (int i = 0; i < 10; ++i) lines += "{\"text\":\"text\",\"title\":\"title\"}\n";
    writeFileAtomically(m_text->root() / "text.jsonl", lines);
    QVERIFY(encodesAgain("one"));
    QVERIFY(encodesAgain("one", options));
    QVERIFY(!encodesAgain("one", options));
    // The same size and time, another letter.
    const auto time = fs::last_write_time(m_text->root() / "text.jsonl");
    lines[10] = 'T';
    writeFileAtomically(m_text->root() / "text.jsonl", lines);
    fs::last_write_time(m_text->root() / "text.jsonl", time);
    QVERIFY(encodesAgain("one"));
    // The same content elsewhere is the same; under another name its documents are named otherwise.
    writeFileAtomically(m_text->root() / "other" / "text.jsonl", lines);
    expected = tokenizer.count();
    static_cast<void>(loadCorpus({(m_text->root() / "other").string()}, tokenizer, {}, {}, "one"));
    QCOMPARE(tokenizer.count(), expected);
    fs::rename(m_text->root() / "other" / "text.jsonl", m_text->root() / "other" / "name.jsonl");
    const TokenCorpus renamed = loadCorpus({(m_text->root() / "other").string()}, tokenizer, {}, {}, "one");
    QCOMPARE(renamed.documents()[0].name, std::string("name.jsonl:1"));
}

void TestCorpusCache::namesTokenizers() {
    const CountingTokenizer one, shifted(1);
    QCOMPARE(tokenizerKey("{}", one).size(), std::size_t{32});
    QCOMPARE(tokenizerKey("{}", one), tokenizerKey("{}", CountingTokenizer()));
    QVERIFY(tokenizerKey("{}", one) != tokenizerKey("{ }", one));
    QVERIFY(tokenizerKey("{}", one) != tokenizerKey("{}", shifted));
}

void TestCorpusCache::rebuildsDamagedFiles() {
    const CountingTokenizer tokenizer;
    const std::string fingerprint = m_text->load(tokenizer).fingerprint();
    const std::string whole = readFile(m_text->cached());
    const auto expectRebuilt = [&](const std::string& bytes, std::size_t place) {
        std::ofstream(m_text->cached(), std::ios::binary) << bytes;
        const int before = tokenizer.count();
        const TokenCorpus corpus = m_text->load(tokenizer);
        QVERIFY2(tokenizer.count() == before + 20, std::to_string(place).c_str());
        QCOMPARE(corpus.fingerprint(), fingerprint);
        QVERIFY(readFile(m_text->cached()) == whole);
    };
    for (std::size_t place = 0; place < whole.size(); place += place < 120 ? 1 : 97) {
        std::string damaged = whole;
        damaged[place] = static_cast<char>(damaged[place] ^ 0x40);
        expectRebuilt(damaged, place);
        expectRebuilt(whole.substr(0, place), place);
    }
    expectRebuilt(whole + "x", whole.size());
}

void TestCorpusCache::refusesChangedFilesMeanwhile() {
    const CountingTokenizer tokenizer;
    bool isChanged = false;
    const auto change = [&](double, const std::string& what) {
        if (!what.starts_with("Encoding") || std::exchange(isChanged, true)) return;
        m_text->writeText(20, "changed");
    };
    VERIFY_ERROR(m_text->load(tokenizer, "tokenizer", {}, change), "changed while it was read");
    QVERIFY(m_text->filesIn(m_text->root() / "cache" / "tokens").empty());
}

void TestCorpusCache::leavesNothingAfterAnError() {
    const CountingTokenizer tokenizer;
    writeFileAtomically(m_text->root() / "text.jsonl", "{\"text\":\"a\"}\n{\"text\":\n");
    VERIFY_ERROR(m_text->load(tokenizer), "text.jsonl:2");
    QVERIFY(m_text->filesIn(m_text->root() / "cache" / "tokens").empty());
    m_text->writeText(20);
    const auto cancel = [](double share, const std::string&) {
        if (share > 0.04) throw Error("cancelled");
    };
    VERIFY_ERROR(m_text->load(tokenizer, "tokenizer", {}, cancel), "cancelled");
    QVERIFY(m_text->filesIn(m_text->root() / "cache" / "tokens").empty());
}

void TestCorpusCache::goesOnWithoutFolder() {
    writeFileAtomically(m_text->root() / "file", "in the way");
    qputenv("CONSA_CACHE_DIR", QByteArray::fromStdString((m_text->root() / "file").string()));
    const CountingTokenizer tokenizer;
    const TokenCorpus corpus = m_text->load(tokenizer);
    QVERIFY(corpus.warning().find("Not a directory") != std::string::npos);
    QVERIFY(corpus.warning().find("CONSA_CACHE_DIR") != std::string::npos);
    QCOMPARE(corpus.fingerprint(), m_text->load(tokenizer, "").fingerprint());
}

void TestCorpusCache::writesNothingWhenNotWanted() {
    const CountingTokenizer tokenizer;
    qputenv("CONSA_CACHE_DIR", "");
    QVERIFY(cacheFolder().empty());
    QCOMPARE(m_text->load(tokenizer).warning(), std::string());
    QCOMPARE(m_text->load(tokenizer).documents().size(), std::size_t{20});
    QCOMPARE(tokenizer.count(), 40);
    qputenv("CONSA_CACHE_DIR", QByteArray::fromStdString((m_text->root() / "cache").string()));
    static_cast<void>(loadCorpus({"generated:3"}, tokenizer, {}, {}, "tokenizer"));
    QVERIFY(!fs::exists(m_text->root() / "cache"));
    // A pipe is read once, and as text without a cache.
    const std::string pipe = (m_text->root() / "pipe").string();
    QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
    std::thread writer([&] { std::ofstream(pipe) << "words through a pipe"; });
    const TokenCorpus corpus = loadCorpus({pipe}, tokenizer, {}, {}, "tokenizer");
    writer.join();
    QCOMPARE(corpus.tokenCount(Split::All), std::int64_t{5});
    QVERIFY(!fs::exists(m_text->root() / "cache"));
}

void TestCorpusCache::makesRoom() {
    const fs::path folder = m_text->root() / "tokens";
    const CorpusCache cache(folder, 10000);
    const auto add = [&cache](char key) {
        const auto fill = [](TokenFileWriter& writer) { writer.add("d", std::vector<std::int32_t>(900, 1)); };
        return cache.documents(std::string(32, key), fill, [] {});
    };
    const auto age = [&folder](char key, int hours) {
        const fs::path path = folder / (std::string(32, key) + ".tokens");
        fs::last_write_time(path, fs::file_time_type::clock::now() - std::chrono::hours(hours));
    };
    const auto has = [&folder](char key) { return fs::exists(folder / (std::string(32, key) + ".tokens")); };
    const std::vector<Document> kept = add('a');
    age('a', 3);
    static_cast<void>(add('b'));
    age('b', 2);
    static_cast<void>(add('a'));  // used again: b is the oldest now
    static_cast<void>(add('c'));
    QVERIFY(has('a') && !has('b') && has('c'));
    age('a', 1);
    static_cast<void>(add('d'));
    QVERIFY(!has('a') && has('c') && has('d'));
    QCOMPARE(kept[0].tokens[899], 1);
    // One that is larger than the limit alone still serves.
    const CorpusCache tiny(folder, 10);
    const auto fill = [](TokenFileWriter& writer) { writer.add("d", std::vector<std::int32_t>(900, 2)); };
    QCOMPARE(tiny.documents(std::string(32, 'e'), fill, [] {}).size(), std::size_t{1});
    QVERIFY(!has('c') && !has('d') && has('e'));
}

QTEST_APPLESS_MAIN(TestCorpusCache)
#include "tst_corpus_cache.moc"
