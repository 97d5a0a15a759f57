// Tests the cache of encoded texts: found again, never wrong, shared, bounded, and done without where it can't be.
#include "core/base/file_io.h"
#include "core/text/corpus_cache.h"
#include "tests/support/expect_error.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTemporaryDir>
#include <QTest>

#include <array>
#include <atomic>
#include <chrono>
#include <csignal>
#include <fstream>
#include <thread>

using namespace consa;
namespace fs = std::filesystem;

namespace {

/// An id for every four bytes, and a count of the texts encoded.
class CountingTokenizer final : public Tokenizer {
public:
    explicit CountingTokenizer(std::int32_t shift = 0) : m_shift(shift) {}

    [[nodiscard]] std::vector<std::int32_t> encode(std::string_view text) const override {
        ++m_count;
        std::vector<std::int32_t> ids;
        for (std::size_t i = 0; i < text.size(); i += 4) ids.push_back(static_cast<unsigned char>(text[i]) + m_shift);
        if (m_delay.count() > 0) std::this_thread::sleep_for(m_delay);
        return ids;
    }
    [[nodiscard]] std::string decode(std::span<const std::int32_t>) const override { return ""; }
    [[nodiscard]] int vocabularySize() const override { return 300; }

    [[nodiscard]] int count() const { return m_count; }
    void setDelay(std::chrono::milliseconds delay) { m_delay = delay; }

private:
    std::int32_t m_shift;
    std::chrono::milliseconds m_delay{0};
    mutable std::atomic<int> m_count = 0;
};

/// Runs `work` in a process of its own; its exit code, or minus the signal that ended it.
template <typename Work>
int inChild(Work&& work) {
    const pid_t child = ::fork();
    if (child == 0) {
        int code = 99;
        try {
            code = work();
        } catch (...) {
        }
        ::_exit(code);
    }
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

/// A figure of /proc/self/status in KiB, such as VmHWM or RssAnon.
long memoryFigure(const std::string& name) {
    std::ifstream file("/proc/self/status");
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with(name + ":")) return std::stol(line.substr(name.size() + 1));
    }
    return -1;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kIsSanitized = true;
#else
constexpr bool kIsSanitized = false;
#endif

}  // namespace

class TestCorpusCache : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init();
    void encodesOnce();
    void keysByContentAndTokenizer();
    void namesTokenizers();
    void rebuildsDamagedFiles();
    void refusesChangedFilesMeanwhile();
    void encodesOnceForTwoThreads();
    void encodesOnceForTwoProcesses();
    void canGiveUpWaiting();
    void trustsNothingOfAKilledProcess();
    void leavesNothingAfterAnError();
    void goesOnWithoutSpace();
    void goesOnWithoutFolder();
    void writesNothingWhenNotWanted();
    void makesRoom();
    void holdsOneDocumentInMemory();

private:
    [[nodiscard]] fs::path root() const { return m_folder->path().toStdString(); }
    [[nodiscard]] std::vector<std::string> filesIn(const fs::path& folder) const {
        std::vector<std::string> names;
        std::error_code code;
        for (const auto& file : fs::directory_iterator(folder, code)) names.push_back(file.path().filename().string());
        return names;
    }
    [[nodiscard]] fs::path cached() const {
        return root() / "cache" / "tokens" / filesIn(root() / "cache" / "tokens").at(0);
    }
    void writeText(int documents, const std::string& text = "some words of text") const {
        std::string lines;
        for (int i = 0; i < documents; ++i) lines += "{\"text\":\"" + std::to_string(i) + text + "\"}\n";
        writeFileAtomically(root() / "text.jsonl", lines);
    }
    TokenCorpus load(const Tokenizer& tokenizer, const std::string& key = "tokenizer",
                     const CorpusOptions& options = {}, const ProgressCallback& progress = {}) const {
        return loadCorpus({(root() / "text.jsonl").string()}, tokenizer, progress, options, key);
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

void TestCorpusCache::init() {
    m_folder = std::make_unique<QTemporaryDir>();
    qputenv("CONSA_CACHE_DIR", QByteArray::fromStdString((root() / "cache").string()));
    std::signal(SIGXFSZ, SIG_IGN);
    writeText(20);
}

void TestCorpusCache::encodesOnce() {
    const CountingTokenizer tokenizer;
    const TokenCorpus plain = load(tokenizer, "");
    QCOMPARE(filesIn(root() / "cache").size(), std::size_t{0});
    const TokenCorpus first = load(tokenizer);
    QCOMPARE(tokenizer.count(), 40);
    double last = 0;
    const TokenCorpus second =
        load(tokenizer, "tokenizer", {}, [&](double share, const std::string&) { last = share; });
    QCOMPARE(tokenizer.count(), 40);
    QCOMPARE(last, 1.0);
    for (const TokenCorpus* corpus : {&first, &second}) {
        QCOMPARE(corpus->fingerprint(), plain.fingerprint());
        QCOMPARE(corpus->documents().size(), plain.documents().size());
        QCOMPARE(corpus->documents()[7].name, std::string("text.jsonl:8"));
        QCOMPARE(corpus->warning(), std::string());
    }
    QCOMPARE(filesIn(root() / "cache" / "tokens").size(), std::size_t{1});
    // Split and packing are no part of the file; the ids outlive it.
    CorpusOptions options;
    options.splitSeed = 9;
    options.packsDocuments = true;
    QVERIFY(load(tokenizer, "tokenizer", options).fingerprint() != plain.fingerprint());
    QCOMPARE(tokenizer.count(), 40);
    fs::remove_all(root() / "cache");
    QCOMPARE(second.fingerprint(), plain.fingerprint());
}

void TestCorpusCache::keysByContentAndTokenizer() {
    const CountingTokenizer tokenizer;
    int expected = 0;
    const auto encodesAgain = [&](const std::string& key, const CorpusOptions& options = {}) {
        const int before = tokenizer.count();
        static_cast<void>(load(tokenizer, key, options));
        return tokenizer.count() > before;
    };
    QVERIFY(encodesAgain("one"));
    QVERIFY(encodesAgain("two"));
    QVERIFY(!encodesAgain("one"));
    CorpusOptions options;
    options.jsonField = "title";
    std::string lines;
    for (int i = 0; i < 10; ++i) lines += "{\"text\":\"text\",\"title\":\"title\"}\n";
    writeFileAtomically(root() / "text.jsonl", lines);
    QVERIFY(encodesAgain("one"));
    QVERIFY(encodesAgain("one", options));
    QVERIFY(!encodesAgain("one", options));
    // The same size and time, another letter.
    const auto time = fs::last_write_time(root() / "text.jsonl");
    lines[10] = 'T';
    writeFileAtomically(root() / "text.jsonl", lines);
    fs::last_write_time(root() / "text.jsonl", time);
    QVERIFY(encodesAgain("one"));
    // The same content elsewhere is the same; under another name its documents are named otherwise.
    writeFileAtomically(root() / "other" / "text.jsonl", lines);
    expected = tokenizer.count();
    static_cast<void>(loadCorpus({(root() / "other").string()}, tokenizer, {}, {}, "one"));
    QCOMPARE(tokenizer.count(), expected);
    fs::rename(root() / "other" / "text.jsonl", root() / "other" / "name.jsonl");
    const TokenCorpus renamed = loadCorpus({(root() / "other").string()}, tokenizer, {}, {}, "one");
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
    const std::string fingerprint = load(tokenizer).fingerprint();
    const std::string whole = readFile(cached());
    const auto expectRebuilt = [&](const std::string& bytes, std::size_t place) {
        std::ofstream(cached(), std::ios::binary) << bytes;
        const int before = tokenizer.count();
        const TokenCorpus corpus = load(tokenizer);
        QVERIFY2(tokenizer.count() == before + 20, std::to_string(place).c_str());
        QCOMPARE(corpus.fingerprint(), fingerprint);
        QVERIFY(readFile(cached()) == whole);
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
        writeText(20, "changed");
    };
    VERIFY_ERROR(load(tokenizer, "tokenizer", {}, change), "changed while it was read");
    QVERIFY(filesIn(root() / "cache" / "tokens").empty());
}

void TestCorpusCache::encodesOnceForTwoThreads() {
    CountingTokenizer tokenizer;
    tokenizer.setDelay(std::chrono::milliseconds(20));
    std::vector<std::string> fingerprints(4);
    std::vector<std::thread> threads;
    for (std::string& fingerprint : fingerprints) {
        threads.emplace_back([&] { fingerprint = load(tokenizer).fingerprint(); });
    }
    for (std::thread& thread : threads) thread.join();
    QCOMPARE(tokenizer.count(), 20);
    QCOMPARE(fingerprints, std::vector<std::string>(4, load(tokenizer, "").fingerprint()));
    QCOMPARE(filesIn(root() / "cache" / "tokens").size(), std::size_t{1});
}

void TestCorpusCache::encodesOnceForTwoProcesses() {
    CountingTokenizer tokenizer;
    tokenizer.setDelay(std::chrono::milliseconds(30));
    std::array<int, 2> started{};
    QCOMPARE(::pipe(started.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        bool isTold = false;
        static_cast<void>(load(tokenizer, "tokenizer", {}, [&](double, const std::string& what) {
            if (what.starts_with("Encoding") && !std::exchange(isTold, true)) {
                static_cast<void>(!::write(started[1], "x", 1));
            }
        }));
        ::_exit(tokenizer.count());
    }
    char letter = 0;
    QCOMPARE(::read(started[0], &letter, 1), ssize_t{1});
    bool hasWaited = false;
    const TokenCorpus corpus = load(tokenizer, "tokenizer", {}, [&](double, const std::string& what) {
        hasWaited = hasWaited || what.starts_with("Waiting");
    });
    int status = 0;
    ::waitpid(child, &status, 0);
    QCOMPARE(WEXITSTATUS(status), 20);
    QVERIFY(hasWaited);
    QCOMPARE(tokenizer.count(), 0);
    QCOMPARE(corpus.fingerprint(), load(tokenizer, "").fingerprint());
}

void TestCorpusCache::canGiveUpWaiting() {
    const CorpusCache cache(root() / "tokens");
    const auto never = [](TokenFileWriter&) { throw Error("both are at it"); };
    const std::string key(32, 'a');
    std::string inner;
    const auto fill = [&](TokenFileWriter& writer) {
        inner = test::errorOf([&] { static_cast<void>(cache.documents(key, never, [] { throw Error("given up"); })); });
        writer.add("document", std::vector<std::int32_t>{1, 2, 3});
    };
    const std::vector<Document> documents = cache.documents(key, fill, [] {});
    QCOMPARE(inner, std::string("given up"));
    QCOMPARE(documents.size(), std::size_t{1});
    QCOMPARE(documents[0].tokens[2], 3);
}

void TestCorpusCache::trustsNothingOfAKilledProcess() {
    // Killed at every document, and after the ids but before the name.
    const CountingTokenizer tokenizer;
    for (int last = 0; last < 20; last += 6) {
        const int code = inChild([&] {
            int count = 0;
            const CorpusCache cache(root() / "cache" / "tokens");
            static_cast<void>(cache.documents(
                std::string(32, 'b'),
                [&](TokenFileWriter& writer) {
                    const std::vector<std::int32_t> ids(100000, 7);
                    for (; count < 20; ++count) {
                        writer.add("d", ids);
                        if (count == last) ::kill(::getpid(), SIGKILL);
                    }
                },
                [] {}));
            return 0;
        });
        QCOMPARE(code, -SIGKILL);
        QCOMPARE(filesIn(root() / "cache" / "tokens"), std::vector<std::string>{std::string(32, 'b') + ".tokens.part"});
    }
    // The part is taken over by who asks for the same, or cleared away by who finishes another.
    const CorpusCache cache(root() / "cache" / "tokens");
    const auto fill = [](TokenFileWriter& writer) { writer.add("d", std::vector<std::int32_t>{1}); };
    QCOMPARE(cache.documents(std::string(32, 'c'), fill, [] {}).size(), std::size_t{1});
    QCOMPARE(filesIn(root() / "cache" / "tokens"), std::vector<std::string>{std::string(32, 'c') + ".tokens"});
}

void TestCorpusCache::leavesNothingAfterAnError() {
    const CountingTokenizer tokenizer;
    writeFileAtomically(root() / "text.jsonl", "{\"text\":\"a\"}\n{\"text\":\n");
    VERIFY_ERROR(load(tokenizer), "text.jsonl:2");
    QVERIFY(filesIn(root() / "cache" / "tokens").empty());
    writeText(20);
    const auto cancel = [](double share, const std::string&) {
        if (share > 0.04) throw Error("cancelled");
    };
    VERIFY_ERROR(load(tokenizer, "tokenizer", {}, cancel), "cancelled");
    QVERIFY(filesIn(root() / "cache" / "tokens").empty());
}

void TestCorpusCache::goesOnWithoutSpace() {
    writeText(2000, std::string(4000, 'x'));
    const CountingTokenizer tokenizer;
    const std::string expected = load(tokenizer, "").fingerprint();
    const int code = inChild([&] {
        const rlimit limit{1 << 20U, 1 << 20U};  // a write past it fails as one to a full disk does
        if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
        const TokenCorpus corpus = load(tokenizer);
        if (corpus.fingerprint() != expected) return 2;
        if (corpus.warning().find("cannot be kept in") == std::string::npos) return 3;
        return corpus.warning().find("File too large") == std::string::npos ? 4 : 0;
    });
    QCOMPARE(code, 0);
    QVERIFY(filesIn(root() / "cache" / "tokens").empty());
    QCOMPARE(load(tokenizer).warning(), std::string());
}

void TestCorpusCache::goesOnWithoutFolder() {
    writeFileAtomically(root() / "file", "in the way");
    qputenv("CONSA_CACHE_DIR", QByteArray::fromStdString((root() / "file").string()));
    const CountingTokenizer tokenizer;
    const TokenCorpus corpus = load(tokenizer);
    QVERIFY(corpus.warning().find("Not a directory") != std::string::npos);
    QVERIFY(corpus.warning().find("CONSA_CACHE_DIR") != std::string::npos);
    QCOMPARE(corpus.fingerprint(), load(tokenizer, "").fingerprint());
}

void TestCorpusCache::writesNothingWhenNotWanted() {
    const CountingTokenizer tokenizer;
    qputenv("CONSA_CACHE_DIR", "");
    QVERIFY(cacheFolder().empty());
    QCOMPARE(load(tokenizer).warning(), std::string());
    QCOMPARE(load(tokenizer).documents().size(), std::size_t{20});
    QCOMPARE(tokenizer.count(), 40);
    qputenv("CONSA_CACHE_DIR", QByteArray::fromStdString((root() / "cache").string()));
    static_cast<void>(loadCorpus({"generated:3"}, tokenizer, {}, {}, "tokenizer"));
    QVERIFY(!fs::exists(root() / "cache"));
    // A pipe is read once, and as text without a cache.
    const std::string pipe = (root() / "pipe").string();
    QCOMPARE(::mkfifo(pipe.c_str(), 0600), 0);
    std::thread writer([&] { std::ofstream(pipe) << "words through a pipe"; });
    const TokenCorpus corpus = loadCorpus({pipe}, tokenizer, {}, {}, "tokenizer");
    writer.join();
    QCOMPARE(corpus.tokenCount(Split::All), std::int64_t{5});
    QVERIFY(!fs::exists(root() / "cache"));
}

void TestCorpusCache::makesRoom() {
    const fs::path folder = root() / "tokens";
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

void TestCorpusCache::holdsOneDocumentInMemory() {
    if (kIsSanitized) QSKIP("sanitizers take more memory than the test allows");
    // 300 MB of text within 48 MB of heap; CONSA_LONG_TESTS=1 takes 3 GB.
    const int documents = qEnvironmentVariableIntValue("CONSA_LONG_TESTS") > 0 ? 300000 : 30000;
    {
        std::ofstream file(root() / "text.jsonl");
        const std::string line = "{\"text\":\"" + std::string(10000, 'x') + "\"}\n";
        for (int i = 0; i < documents; ++i) file << line;
    }
    const CountingTokenizer tokenizer;
    std::array<int, 2> figures{};
    QCOMPARE(::pipe(figures.data()), 0);
    const auto begin = std::chrono::steady_clock::now();
    const int code = inChild([&] {
        constexpr rlim_t kBudget = rlim_t{48} << 20U;
        const rlimit limit{kBudget, kBudget};
        if (::setrlimit(RLIMIT_DATA, &limit) != 0) return 1;
        const TokenCorpus corpus = load(tokenizer);
        const long anonymous = memoryFigure("RssAnon");
        static_cast<void>(!::write(figures[1], &anonymous, sizeof(anonymous)));
        if (!corpus.warning().empty()) return 2;
        return corpus.tokenCount(Split::All) == std::int64_t{2500} * documents ? 0 : 3;
    });
    QCOMPARE(code, 0);
    long anonymous = 0;
    QCOMPARE(::read(figures[0], &anonymous, sizeof(anonymous)), ssize_t{sizeof(anonymous)});
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
    qInfo("%d MB of text in %.1f s, %ld MiB of memory of its own at the end", documents / 100, passed.count(),
          anonymous / 1024);
}

QTEST_APPLESS_MAIN(TestCorpusCache)
#include "tst_corpus_cache.moc"
