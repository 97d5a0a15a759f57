// Tests the cache under threads, processes, kills, a full disk and little memory.
#include "core/text/corpus_cache.h"
#include "tests/support/cached_text.h"
#include "tests/support/expect_error.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <QTest>

#include <array>
#include <chrono>
#include <csignal>
#include <fstream>
#include <memory>
#include <thread>

using namespace consa;
using consa::test::CountingTokenizer;
namespace fs = std::filesystem;

namespace {

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

class TestSharedCache : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void init() { m_text = std::make_unique<test::CachedText>(); }
    void cleanup() { m_text.reset(); }
    void encodesOnceForTwoThreads();
    void encodesOnceForTwoProcesses();
    void canGiveUpWaiting();
    void trustsNothingOfAKilledProcess();
    void goesOnWithoutSpace();
    void holdsOneDocumentInMemory();

private:
    std::unique_ptr<test::CachedText> m_text;
};

void TestSharedCache::encodesOnceForTwoThreads() {
    CountingTokenizer tokenizer;
    tokenizer.setDelay(std::chrono::milliseconds(20));
    std::vector<std::string> fingerprints(4);
    std::vector<std::thread> threads;
    for (std::string& fingerprint : fingerprints) {
        threads.emplace_back([&] { fingerprint = m_text->load(tokenizer).fingerprint(); });
    }
    for (std::thread& thread : threads) thread.join();
    QCOMPARE(tokenizer.count(), 20);
    QCOMPARE(fingerprints, std::vector<std::string>(4, m_text->load(tokenizer, "").fingerprint()));
    QCOMPARE(m_text->filesIn(m_text->root() / "cache" / "tokens").size(), std::size_t{1});
}

void TestSharedCache::encodesOnceForTwoProcesses() {
    CountingTokenizer tokenizer;
    tokenizer.setDelay(std::chrono::milliseconds(30));
    std::array<int, 2> started{};
    QCOMPARE(::pipe(started.data()), 0);
    const pid_t child = ::fork();
    if (child == 0) {
        bool isTold = false;
        static_cast<void>(m_text->load(tokenizer, "tokenizer", {}, [&](double, const std::string& what) {
            if (what.starts_with("Encoding") && !std::exchange(isTold, true)) {
                static_cast<void>(!::write(started[1], "x", 1));
            }
        }));
        ::_exit(tokenizer.count());
    }
    char letter = 0;
    QCOMPARE(::read(started[0], &letter, 1), ssize_t{1});
    bool hasWaited = false;
    const TokenCorpus corpus = m_text->load(tokenizer, "tokenizer", {}, [&](double, const std::string& what) {
        hasWaited = hasWaited || what.starts_with("Waiting");
    });
    int status = 0;
    ::waitpid(child, &status, 0);
    QCOMPARE(WEXITSTATUS(status), 20);
    QVERIFY(hasWaited);
    QCOMPARE(tokenizer.count(), 0);
    QCOMPARE(corpus.fingerprint(), m_text->load(tokenizer, "").fingerprint());
}

void TestSharedCache::canGiveUpWaiting() {
    const CorpusCache cache(m_text->root() / "tokens");
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

void TestSharedCache::trustsNothingOfAKilledProcess() {
    // Killed at every document, and after the ids but before the name.
    const CountingTokenizer tokenizer;
    for (int last = 0; last < 20; last += 6) {
        const int code = inChild([&] {
            int count = 0;
            const CorpusCache cache(m_text->root() / "cache" / "tokens");
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
        QCOMPARE(m_text->filesIn(m_text->root() / "cache" / "tokens"),
                 std::vector<std::string>{std::string(32, 'b') + ".tokens.part"});
    }
    // The part is taken over by who asks for the same, or cleared away by who finishes another.
    const CorpusCache cache(m_text->root() / "cache" / "tokens");
    const auto fill = [](TokenFileWriter& writer) { writer.add("d", std::vector<std::int32_t>{1}); };
    QCOMPARE(cache.documents(std::string(32, 'c'), fill, [] {}).size(), std::size_t{1});
    QCOMPARE(m_text->filesIn(m_text->root() / "cache" / "tokens"),
             std::vector<std::string>{std::string(32, 'c') + ".tokens"});
}

void TestSharedCache::goesOnWithoutSpace() {
    std::signal(SIGXFSZ, SIG_IGN);
    m_text->writeText(2000, std::string(4000, 'x'));
    const CountingTokenizer tokenizer;
    const std::string expected = m_text->load(tokenizer, "").fingerprint();
    const int code = inChild([&] {
        const rlimit limit{1 << 20U, 1 << 20U};  // a write past it fails as one to a full disk does
        if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return 1;
        const TokenCorpus corpus = m_text->load(tokenizer);
        if (corpus.fingerprint() != expected) return 2;
        if (corpus.warning().find("cannot be kept in") == std::string::npos) return 3;
        return corpus.warning().find("File too large") == std::string::npos ? 4 : 0;
    });
    QCOMPARE(code, 0);
    QVERIFY(m_text->filesIn(m_text->root() / "cache" / "tokens").empty());
    QCOMPARE(m_text->load(tokenizer).warning(), std::string());
}

void TestSharedCache::holdsOneDocumentInMemory() {
    if (kIsSanitized) QSKIP("sanitizers take more memory than the test allows");
    // 300 MB of text within 48 MB of heap; CONSA_LONG_TESTS=1 takes 3 GB.
    constexpr int kDocuments = 30000;
    const std::size_t length = qEnvironmentVariableIntValue("CONSA_LONG_TESTS") > 0 ? 100000 : 10000;
    {
        std::ofstream file(m_text->root() / "text.jsonl");
        const std::string line = "{\"text\":\"" + std::string(length, 'x') + "\"}\n";
        for (int i = 0; i < kDocuments; ++i) file << line;
    }
    const CountingTokenizer tokenizer;
    std::array<int, 2> figures{};
    QCOMPARE(::pipe(figures.data()), 0);
    const auto begin = std::chrono::steady_clock::now();
    const int code = inChild([&] {
        constexpr rlim_t kBudget = rlim_t{48} << 20U;
        const rlimit limit{kBudget, kBudget};
        if (::setrlimit(RLIMIT_DATA, &limit) != 0) return 1;
        const TokenCorpus corpus = m_text->load(tokenizer);
        const long anonymous = memoryFigure("RssAnon");
        static_cast<void>(!::write(figures[1], &anonymous, sizeof(anonymous)));
        if (!corpus.warning().empty()) return 2;
        return corpus.tokenCount(Split::All) == static_cast<std::int64_t>(length / 4 * kDocuments) ? 0 : 3;
    });
    QCOMPARE(code, 0);
    long anonymous = 0;
    QCOMPARE(::read(figures[0], &anonymous, sizeof(anonymous)), ssize_t{sizeof(anonymous)});
    const std::chrono::duration<double> passed = std::chrono::steady_clock::now() - begin;
    qInfo("%d MB of text in %.1f s, %ld MiB of memory of its own at the end",
          static_cast<int>(kDocuments * length / 1000000), passed.count(), anonymous / 1024);
}

QTEST_APPLESS_MAIN(TestSharedCache)
#include "tst_shared_cache.moc"
