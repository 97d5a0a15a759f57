// The ledger of test openings: counted by corpus, across damage, threads and folders that can't be written.
#include "core/base/file_io.h"
#include "core/session/test_seal.h"

#include <QTemporaryDir>
#include <QTest>
#include <nlohmann/json.hpp>
#include <sstream>
#include <thread>

using namespace consa;
namespace fs = std::filesystem;

class TestTestSeal : public QObject {
    Q_OBJECT

private slots:
    void init() {
        m_folder = std::make_unique<QTemporaryDir>();
        qputenv("CONSA_DATA_DIR", m_folder->filePath("data").toUtf8());
    }

    void theLedgerLiesInTheDataFolder() {
        QCOMPARE(testLedgerPath(), fs::path(m_folder->path().toStdString()) / "data" / "test_openings.jsonl");
    }

    void countsTheOpeningsOfACorpus() {
        QCOMPARE(recordTestOpening(opening("corpus a", "full")), std::optional<int>(1));
        QCOMPARE(recordTestOpening(opening("corpus a", "learned")), std::optional<int>(2));
        QCOMPARE(recordTestOpening(opening("corpus b", "full")), std::optional<int>(1));
        QCOMPARE(recordTestOpening(opening("corpus a", "sliding")), std::optional<int>(3));
    }

    void linesSayWhatWasOpened() {
        (void)recordTestOpening(opening("f0", "learned"));
        const auto json = nlohmann::json::parse(readFile(testLedgerPath()));
        QVERIFY(json["corpus"]["fingerprint"] == "f0" && json["corpus"]["origin"] == "texts");
        QVERIFY(json["modelFingerprint"] == "m0" && json["layouts"] == nlohmann::json::array({"learned"}));
        QVERIFY(json["time"].get<std::string>().ends_with("Z") && json["version"].is_string());
    }

    void copiedLinesCountOnce() {
        (void)recordTestOpening(opening("a", "full"));
        const std::string line = readFile(testLedgerPath());
        writeFileAtomically(testLedgerPath(), line + line);
        QCOMPARE(recordTestOpening(opening("a", "learned")), std::optional<int>(2));
    }

    void survivesDamagedLines() {
        (void)recordTestOpening(opening("a", "full"));
        const std::string whole = readFile(testLedgerPath());
        writeFileAtomically(testLedgerPath(), "[]\n{\"corpus\": 3}\n" + whole + whole.substr(0, whole.size() / 2));
        QCOMPARE(recordTestOpening(opening("a", "learned")), std::optional<int>(2));
        const std::string after = readFile(testLedgerPath());
        QVERIFY(after.starts_with("[]\n{\"corpus\": 3}\n" + whole) && after.ends_with("}\n"));
    }

    void threadsWriteWholeLines() {
        std::vector<std::thread> threads;
        for (int thread = 0; thread < 4; ++thread) {
            threads.emplace_back([thread] {
                for (int i = 0; i < 25; ++i)
                    (void)recordTestOpening(opening("a", std::to_string(thread) + "/" + std::to_string(i)));
            });
        }
        for (std::thread& thread : threads) thread.join();
        std::istringstream lines(readFile(testLedgerPath()));
        int count = 0;
        for (std::string line; std::getline(lines, line);) {
            if (line.empty()) continue;  // where a line was taken for one that a crash cut off
            QVERIFY2(nlohmann::json::accept(line), line.c_str());
            ++count;
        }
        QCOMPARE(count, 100);
        QCOMPARE(recordTestOpening(opening("a", "last")), std::optional<int>(101));
    }

    void whatCannotBeKeptIsNotCounted() {
        const fs::path file = fs::path(m_folder->path().toStdString()) / "file";
        writeFileAtomically(file, "no folder");
        QCOMPARE(recordTestOpening(opening("a", "full"), file / "ledger"), std::optional<int>());
    }

    void onlySplitsWithTestDocumentsAreOpened() {
        std::vector<Document> documents;
        for (int i = 0; i < 10; ++i)
            documents.push_back({std::to_string(i), TokenIds({i, i + 1, i + 2}), Split::Train});
        TokenCorpus corpus("texts", documents);
        corpus.setOrigin("from here");
        for (const Split split : {Split::Train, Split::Dev})
            QCOMPARE(countTestOpening(corpus, split, "m0", {"full"}), std::optional<int>(0));
        QVERIFY(!fs::exists(testLedgerPath()));
        QCOMPARE(countTestOpening(corpus, Split::Test, "m0", {"full", "learned"}), std::optional<int>(1));
        const auto json = nlohmann::json::parse(readFile(testLedgerPath()));
        QVERIFY(json["corpus"]["fingerprint"] == corpus.fingerprint() && json["corpus"]["origin"] == "from here");
        QVERIFY(json["layouts"] == nlohmann::json::array({"full", "learned"}));
        QCOMPARE(countTestOpening(corpus, Split::All, "m0", {"full"}), std::optional<int>(2));
    }

private:
    static TestOpening opening(const std::string& corpus, const std::string& layout) {
        return {corpus, "texts", "m0", {layout}};
    }

    std::unique_ptr<QTemporaryDir> m_folder;
};

QTEST_APPLESS_MAIN(TestTestSeal)
#include "tst_test_seal.moc"
