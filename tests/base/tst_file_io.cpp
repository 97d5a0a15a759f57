// Tests whole-file reading, atomic writing, the data folder and fingerprints.
#include "core/base/file_io.h"
#include "tests/support/expect_error.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>

using namespace consa;
namespace fs = std::filesystem;

class TestFileIo : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsWhatWasWritten();
    void makesParentFolders();
    void leavesOldFileWhenWritingFails();
    void leavesNothingBehind();
    void namesUnreadablePaths();
    void appendsWholeLines();
    void findsDataFolder();
    void matchesPublishedFingerprints();
    void writesHex();

private:
    [[nodiscard]] fs::path path(const char* name) const { return fs::path(m_folder.path().toStdString()) / name; }

    QTemporaryDir m_folder;
};

void TestFileIo::readsWhatWasWritten() {
    std::string bytes;
    for (int i = 0; i < 200000; ++i) bytes.push_back(static_cast<char>(i * 7));
    writeFileAtomically(path("a"), bytes);
    QVERIFY(readFile(path("a")) == bytes);
    writeFileAtomically(path("a"), "short");
    QCOMPARE(readFile(path("a")), std::string("short"));
    writeFileAtomically(path("a"), "");
    QCOMPARE(readFile(path("a")), std::string());
}

void TestFileIo::makesParentFolders() {
    writeFileAtomically(path("x/y/z.json"), "{}");
    QCOMPARE(readFile(path("x/y/z.json")), std::string("{}"));
}

void TestFileIo::leavesOldFileWhenWritingFails() {
    writeFileAtomically(path("old"), "kept");
    VERIFY_ERROR(writeFileAtomically(path("old") / "below", "new"), "old");
    QCOMPARE(readFile(path("old")), std::string("kept"));
    fs::create_directories(path("folder/inside"));
    VERIFY_ERROR(writeFileAtomically(path("folder"), "new"), "cannot write");
    QVERIFY(fs::is_directory(path("folder/inside")));
}

void TestFileIo::leavesNothingBehind() {
    QTemporaryDir folder;
    const fs::path file = fs::path(folder.path().toStdString()) / "f";
    writeFileAtomically(file, "1");
    fs::create_directories(file.parent_path() / "g");
    VERIFY_ERROR(writeFileAtomically(file.parent_path() / "g", "1"), "cannot write");
    int count = 0;
    for (const auto& entry : fs::directory_iterator(file.parent_path())) count += entry.exists() ? 1 : 0;
    QCOMPARE(count, 2);
}

void TestFileIo::namesUnreadablePaths() {
    VERIFY_ERROR(readFile(path("absent")), "absent");
    VERIFY_ERROR(readFile(m_folder.path().toStdString()), "folder");
}

void TestFileIo::appendsWholeLines() {
    appendLine(path("new/lines"), "one");
    appendLine(path("new/lines"), "");
    appendLine(path("new/lines"), "two");
    QCOMPARE(readFile(path("new/lines")), std::string("one\n\ntwo\n"));
    writeFileAtomically(path("cut"), "whole\ncut o");
    appendLine(path("cut"), "next");
    QCOMPARE(readFile(path("cut")), std::string("whole\ncut o\nnext\n"));
    VERIFY_ERROR(appendLine(m_folder.path().toStdString(), "x"), "cannot write");
    VERIFY_ERROR(appendLine(path("cut") / "below", "x"), "cut");
}

void TestFileIo::findsDataFolder() {
    qputenv("HOME", "/home/someone");
    qunsetenv("XDG_DATA_HOME");
    qunsetenv("CONSA_DATA_DIR");
    QCOMPARE(dataFolder(), fs::path("/home/someone/.local/share/consa-explorer"));
    qputenv("XDG_DATA_HOME", "/data");
    QCOMPARE(dataFolder(), fs::path("/data/consa-explorer"));
    qputenv("CONSA_DATA_DIR", "/chosen");
    QCOMPARE(dataFolder(), fs::path("/chosen"));
}

void TestFileIo::matchesPublishedFingerprints() {
    // The FNV authors' test vectors for 64-bit FNV-1a.
    QCOMPARE(fingerprint(""), std::uint64_t{0xcbf29ce484222325ULL});
    QCOMPARE(fingerprint("a"), std::uint64_t{0xaf63dc4c8601ec8cULL});
    QCOMPARE(fingerprint("foobar"), std::uint64_t{0x85944171f73967e8ULL});
    QCOMPARE(fingerprint("bar", fingerprint("foo")), fingerprint("foobar"));
}

void TestFileIo::writesHex() {
    QCOMPARE(toHex(0), std::string("0000000000000000"));
    QCOMPARE(toHex(0x0123456789abcdefULL), std::string("0123456789abcdef"));
}

QTEST_APPLESS_MAIN(TestFileIo)
#include "tst_file_io.moc"
