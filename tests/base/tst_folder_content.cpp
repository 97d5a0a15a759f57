// Tests listing and clearing away folders.
#include "core/base/file_io.h"
#include "core/base/folder_content.h"
#include "core/base/whole_folder.h"

#include <QTemporaryDir>
#include <QTest>

using namespace consa;
namespace fs = std::filesystem;

class TestFolderContent : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void listsNamesInOrder();
    void saysWhyAFolderCannotBeRead();
    void removesAllButWhatLinksNameElsewhere();
    void removesMoreLevelsThanItHoldsOpen();
    void writesOverAnEmptyFolderOnly();

private:
    [[nodiscard]] fs::path path(const char* name) const { return fs::path(m_folder.path().toStdString()) / name; }

    QTemporaryDir m_folder;
};

void TestFolderContent::listsNamesInOrder() {
    for (const char* name : {"list/b", "list/.hidden", "list/a", "list/folder/inside"})
        writeFileAtomically(path(name), "");
    std::error_code code = std::make_error_code(std::errc::io_error);
    QCOMPARE(namesIn(path("list"), code), (std::vector<std::string>{".hidden", "a", "b", "folder"}));
    QVERIFY(!code);
}

void TestFolderContent::saysWhyAFolderCannotBeRead() {
    std::error_code code;
    QVERIFY(namesIn(path("absent"), code).empty());
    QVERIFY(code == std::errc::no_such_file_or_directory);
    writeFileAtomically(path("file"), "");
    QVERIFY(namesIn(path("file"), code).empty());
    QVERIFY(code == std::errc::not_a_directory);
}

void TestFolderContent::removesAllButWhatLinksNameElsewhere() {
    writeFileAtomically(path("kept/file"), "kept");
    writeFileAtomically(path("gone/inside/file"), "");
    fs::create_symlink(path("kept"), path("gone/link"));
    removeFolder(path("gone"));
    QVERIFY(!fs::exists(path("gone")));
    QCOMPARE(readFile(path("kept/file")), std::string("kept"));
    removeFolder(path("gone"));  // nothing to do
}

void TestFolderContent::removesMoreLevelsThanItHoldsOpen() {
    fs::path deep = path("deep");
    for (int i = 0; i < 60; ++i) deep /= "level";
    writeFileAtomically(deep / "file", "");
    removeFolder(path("deep"));
    QVERIFY(!fs::exists(path("deep")));
}

void TestFolderContent::writesOverAnEmptyFolderOnly() {
    fs::create_directories(path("target"));
    {
        WholeFolder folder(path("target"));
        writeFileAtomically(folder.path() / "inside" / "file", "x");
        folder.finish();
    }
    QCOMPARE(readFile(path("target/inside/file")), std::string("x"));
    QVERIFY_EXCEPTION_THROWN(WholeFolder(path("target")), std::exception);
    QCOMPARE(readFile(path("target/inside/file")), std::string("x"));
    QVERIFY(!fs::exists(path("target.part")));
}

QTEST_APPLESS_MAIN(TestFolderContent)
#include "tst_folder_content.moc"
