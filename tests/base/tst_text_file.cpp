// Tests reading files in pieces: gzip and zstd, what is cut off or damaged, other kinds, and bombs.
#include "core/text/document_reader.h"
#include "core/text/text_file.h"
#include "core/text/text_format.h"
#include "tests/support/expect_error.h"
#include "tests/support/packed_text.h"

#include <QTemporaryDir>
#include <QTest>

#include <fstream>

using namespace consa;
namespace fs = std::filesystem;

namespace {

/// `printf 'caf\303\251\n' | gzip -n` and `printf 'caf\303\251\n' | zstd`, byte by byte as the programs wrote them.
constexpr std::string_view kGzipProgram(
    "\037\213\010\000\000\000\000\000\000\003\113\116\114\073\274\222\013\000\322\354\104\211\006\000\000\000", 26);
constexpr std::string_view kZstdProgram("\050\265\057\375\004\130\061\000\000\143\141\146\303\251\012\164\170\341\066",
                                        19);

/// Text that does not pack well, some blocks long.
std::string longText() {
    std::string text;
    std::uint32_t state = 1;
    while (text.size() < 900000) {
        state = state * 1664525U + 1013904223U;
        text += static_cast<char>('a' + (state >> 24U) % 26);
        if ((state >> 16U) % 50 == 0) text += '\n';
    }
    return text;
}

}  // namespace

class TestTextFile : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsWhatTheProgramsWrite();
    void readsLongFiles_data();
    void readsLongFiles();
    void readsLines();
    void readsSeveralMembers();
    void refusesEveryCut();
    void refusesDamage();
    void refusesWrongNames();
    void refusesOtherKinds_data();
    void refusesOtherKinds();
    void takesOddText();
    void boundsBombs();
    void boundsDocuments();
    void refusesWideWindows();
    void hashesTheFileItself();
    void reportsWhatCannotBeOpened();

private:
    std::string write(const char* name, std::string_view bytes) const {
        const fs::path path = fs::path(m_folder.path().toStdString()) / name;
        std::ofstream(path, std::ios::binary) << bytes;
        return path.string();
    }
    static std::string read(const std::string& path, const TextLimits& limits = {}) {
        TextFile file(path, limits);
        return readWholeText(file);
    }

    QTemporaryDir m_folder;
};

void TestTextFile::readsWhatTheProgramsWrite() {
    QCOMPARE(read(write("a.gz", kGzipProgram)), std::string("caf\303\251\n"));
    QCOMPARE(read(write("a.zst", kZstdProgram)), std::string("caf\303\251\n"));
    // By the bytes alone, too.
    QCOMPARE(read(write("gzip.txt", kGzipProgram)), std::string("caf\303\251\n"));
    QCOMPARE(read(write("zstd", kZstdProgram)), std::string("caf\303\251\n"));
    QCOMPARE(read(write("plain.txt", "caf\303\251\n")), std::string("caf\303\251\n"));
}

void TestTextFile::readsLongFiles_data() {
    QTest::addColumn<QString>("name");
    for (const char* name : {"long.txt", "long.gz", "long.zst"}) QTest::newRow(name) << QString(name);
}

void TestTextFile::readsLongFiles() {
    QFETCH(QString, name);
    const std::string text = longText();
    const std::string bytes = name.endsWith(".gz")    ? test::gzipped(text)
                              : name.endsWith(".zst") ? test::zstdPacked(text)
                                                      : text;
    const std::string path = write(name.toUtf8(), bytes);
    QVERIFY(read(path) == text);
    TextFile file(path);
    std::size_t most = 0;
    for (std::string_view piece = file.next(); !piece.empty(); piece = file.next()) most = std::max(most, piece.size());
    QVERIFY(most <= (1U << 18U));
    QCOMPARE(file.bytesRead(), std::uint64_t{bytes.size()});
}

void TestTextFile::readsLines() {
    const auto linesOf = [this](std::string_view text) {
        TextFile file(write("lines.txt", text));
        LineReader reader(file);
        std::vector<std::string> lines;
        std::string line;
        while (reader.next(line)) lines.push_back(line);
        if (reader.lineNumber() != lines.size()) lines.emplace_back("wrong number");
        return lines;
    };
    using Lines = std::vector<std::string>;
    QCOMPARE(linesOf(""), Lines{});
    QCOMPARE(linesOf("\n"), Lines{""});
    QCOMPARE(linesOf("a\nb"), (Lines{"a", "b"}));
    QCOMPARE(linesOf("a\r\n\r\nb\n"), (Lines{"a", "", "b"}));
    QCOMPARE(linesOf("\xef\xbb\xbf"
                     "a\n"),
             Lines{"a"});
    QCOMPARE(linesOf("\xef\xbb\xbf"), Lines{});
    // A line over several blocks, and a line end that is a block's last byte.
    const std::string wide((1U << 18U) - 1, 'x');
    QCOMPARE(linesOf(wide + "\nb\n"), (Lines{wide, "b"}));
    QCOMPARE(linesOf(wide + wide + "\r\nb"), (Lines{wide + wide, "b"}));
}

void TestTextFile::readsSeveralMembers() {
    QCOMPARE(read(write("two.gz", test::gzipped("one ") + test::gzipped("") + test::gzipped("two"))),
             std::string("one two"));
    QCOMPARE(read(write("two.zst", test::zstdPacked("one ") + test::zstdPacked("") + test::zstdPacked("two"))),
             std::string("one two"));
    // A skippable frame of 4 bytes before the text, as pzstd writes.
    const std::string skippable("\x50\x2a\x4d\x18\x04\0\0\0abcd", 12);
    QCOMPARE(read(write("skip.zst", skippable + test::zstdPacked("text"))), std::string("text"));
    // A member that ends where a block of the file ends.
    std::string members;
    std::string text;
    while (members.size() < (1U << 19U)) {
        members += test::gzipped("abc");
        text += "abc";
    }
    QVERIFY(read(write("many.gz", members)) == text);
}

void TestTextFile::refusesEveryCut() {
    const std::string text = longText().substr(0, 300);
    for (const std::string& whole : {test::gzipped(text), test::zstdPacked(text)}) {
        for (std::size_t length = 4; length < whole.size(); ++length) {
            const std::string path = write("cut", whole.substr(0, length));
            VERIFY_ERROR(read(path), "cut off after " + std::to_string(length) + " packed bytes");
            VERIFY_ERROR(read(path), path);
        }
        QCOMPARE(read(write("cut", whole)), text);
    }
}

void TestTextFile::refusesDamage() {
    const std::string text = longText();
    std::string gzip = test::gzipped(text);
    gzip[gzip.size() - 6] = static_cast<char>(gzip[gzip.size() - 6] ^ 1);  // of the check sum
    VERIFY_ERROR(read(write("damaged.gz", gzip)), "gzip data are damaged");
    VERIFY_ERROR(read(write("behind.gz", test::gzipped("a") + "behind")), "gzip data are damaged");
    std::string zstd = test::zstdPacked(text);
    for (std::size_t i = 100; i < 200; ++i) zstd[i] = '\xff';
    VERIFY_ERROR(read(write("damaged.zst", zstd)), "damaged");
    VERIFY_ERROR(read(write("behind.zst", test::zstdPacked("a") + "behind")), "zstd data are damaged");
}

void TestTextFile::refusesWrongNames() {
    VERIFY_ERROR(read(write("plain.gz", "text")), "is named .gz but is not packed so");
    VERIFY_ERROR(read(write("plain.txt.zst", "text")), "is named .zst but is not packed so");
    VERIFY_ERROR(read(write("nothing.gz", "")), "nothing.gz");
}

void TestTextFile::refusesOtherKinds_data() {
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char* name, const QByteArray& bytes, const char* reason) {
        QTest::newRow(name) << bytes << QString(reason);
    };
    row("parquet", "PAR1\x15\x04", "python3 -c");
    row("pickle 2", "\x80\x02}q", "unpickling can run any program");
    row("pickle 5", "\x80\x05\x95", "unpickling can run any program");
    row("zip", "PK\x03\x04\x14", "zip archive");
    row("PDF", "%PDF-1.4\n", "pdftotext");
    row("PNG", "\x89PNG\r\n", "picture");
    row("program",
        "\x7f"
        "ELF\x02",
        "program");
    row("model", "GGUF\x03", "--model");
    row("xz",
        "\xfd"
        "7zXZ",
        "unxz");
    row("UTF-16",
        QByteArray("\xff\xfe"
                   "a\0",
                   4),
        "iconv -f UTF-16");
    row("zero byte", QByteArray("ab\0cd", 5), "byte 2 is zero");
    row("KOI8", QByteArray("\xf0\xd2\xc9\xd7\xc5\xd4 \xcd\xc9\xd2 ").repeated(10), "not UTF-8");
}

void TestTextFile::refusesOtherKinds() {
    QFETCH(QByteArray, bytes);
    QFETCH(QString, reason);
    const std::string raw = bytes.toStdString();
    VERIFY_ERROR(read(write("kind.txt", raw)), reason.toStdString());
    VERIFY_ERROR(read(write("kind.txt.gz", test::gzipped(raw))), reason.toStdString());
    VERIFY_ERROR(read(write("kind.txt.zst", test::zstdPacked(raw))), "kind.txt.zst");
    VERIFY_ERROR(readDocuments(*std::make_unique<TextFile>(write("kind.jsonl", raw)), "text", {}),
                 reason.toStdString());
}

void TestTextFile::takesOddText() {
    // Zero bytes far behind are found, a few stray bytes and characters cut by a block are no other kind.
    std::string text = longText();
    text[700000] = '\0';
    VERIFY_ERROR(read(write("far.txt", text)), "byte 700000 is zero");
    std::string letters;
    while (letters.size() < 600000) letters += "\xe2\x82\xac ";
    QVERIFY(read(write("euro.txt", letters + "\xe9")) == letters + "\xe9");
    QCOMPARE(read(write("latin.txt", "caf\xe9")), std::string("caf\xe9"));
    QCOMPARE(read(write("empty.txt", "")), std::string());
}

void TestTextFile::boundsBombs() {
    const std::string bomb(std::size_t{100} << 20U, 'a');
    for (const std::string& path :
         {write("bomb.gz", test::gzipped(bomb, 1)), write("bomb.zst", test::zstdPacked(bomb, 1))}) {
        VERIFY_ERROR(read(path), "unpacks to more than 200 times its size");
        VERIFY_ERROR(read(path), path);
    }
    TextLimits limits;
    limits.freeBytes = bomb.size();
    QVERIFY(read(write("trusted.zst", test::zstdPacked(bomb, 1)), limits) == bomb);
}

void TestTextFile::boundsDocuments() {
    TextLimits limits;
    limits.documentBytes = 1000;
    QCOMPARE(read(write("fits.txt", std::string(1000, 'a')), limits).size(), std::size_t{1000});
    VERIFY_ERROR(read(write("long.txt", std::string(1001, 'a')), limits), "longer than 1000 bytes");
    TextFile file(write("long.jsonl", "{}\n\n" + std::string(1001, 'a') + "\n"), limits);
    LineReader lines(file);
    std::string line;
    QVERIFY(lines.next(line) && lines.next(line));
    VERIFY_ERROR(lines.next(line), "long.jsonl:3: it is longer than 1000 bytes");
}

void TestTextFile::refusesWideWindows() {
    // What `zstd --long=31` writes; unpacking it would take 2 GiB of memory.
    ZSTD_CCtx* context = ZSTD_createCCtx();
    ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, 31);
    ZSTD_CCtx_setParameter(context, ZSTD_c_contentSizeFlag, 0);
    std::string packed(1000, 0);
    ZSTD_inBuffer in{"text", 4, 0};
    ZSTD_outBuffer out{packed.data(), packed.size(), 0};
    ZSTD_compressStream2(context, &out, &in, ZSTD_e_flush);
    ZSTD_compressStream2(context, &out, &in, ZSTD_e_end);
    ZSTD_freeCCtx(context);
    VERIFY_ERROR(read(write("wide.zst", packed.substr(0, out.pos))), "without --long");
}

void TestTextFile::hashesTheFileItself() {
    const std::string packed = test::gzipped(longText());
    const std::string path = write("hash.gz", packed);
    std::uint64_t bytes = 0;
    const std::string hash = hashFile(path, [&](std::uint64_t count) { bytes += count; });
    QCOMPARE(bytes, std::uint64_t{packed.size()});
    TextFile file(path);
    QVERIFY(!readWholeText(file).empty());
    QCOMPARE(file.contentHash(), hash);
    ContentHash expected;
    expected.add(packed);
    QCOMPARE(hash, expected.hex());
    // `printf abc | xxhsum -H2`, the reference program.
    ContentHash known;
    known.add("a");
    known.add("bc");
    QCOMPARE(known.hex(), std::string("06b05ab6733a618578af5f94892f3950"));
    ContentHash one, two;
    one.addField("ab");
    one.addField("c");
    two.addField("a");
    two.addField("bc");
    QVERIFY(one.hex() != two.hex());
}

void TestTextFile::reportsWhatCannotBeOpened() {
    VERIFY_ERROR(read("/nowhere/a.txt"), "cannot read /nowhere/a.txt: ");
    VERIFY_ERROR(read(m_folder.path().toStdString()), "Is a directory");
}

QTEST_APPLESS_MAIN(TestTextFile)
#include "tst_text_file.moc"
