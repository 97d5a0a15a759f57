// Tests what loadCorpus() reads: folders, formats and words, and what it refuses.
#include "core/base/file_io.h"
#include "core/text/token_corpus.h"
#include "tests/support/expect_error.h"
#include "tests/support/packed_text.h"

#include <QTemporaryDir>
#include <QTest>

#include <map>

using namespace consa;
namespace fs = std::filesystem;

class TestLoadCorpus : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsFoldersInNameOrder();
    void readsEveryFormatPacked();
    void readsJsonLines();
    void readsANamedField();
    void refusesBrokenJsonLines_data();
    void refusesBrokenJsonLines();
    void refusesUnreadableText();
    void refusesOtherKindsByName();
    void refusesParquetWithTheConversion();
    void splitsAndPacksAsAsked();
    void generatesDemoText();
    void reportsProgressAndCanBeCancelled();
    void readsInstalledText();

private:
    void write(const char* name, std::string_view text) const { writeFileAtomically(path(name), text); }
    [[nodiscard]] std::string path(const char* name) const {
        return (fs::path(m_folder.path().toStdString()) / name).string();
    }
    [[nodiscard]] std::string textOf(const Document& document) const { return m_bytes->decode(document.tokens); }
    [[nodiscard]] std::vector<std::string> textsOf(const TokenCorpus& corpus) const {
        std::vector<std::string> texts;
        for (const Document& document : corpus.documents()) texts.push_back(textOf(document));
        return texts;
    }

    QTemporaryDir m_folder;
    std::unique_ptr<Tokenizer> m_bytes = makeTokenizer("", "bytes");
};

void TestLoadCorpus::readsFoldersInNameOrder() {
    write("texts/b.txt", "second");
    write("texts/a.md",
          "\xef\xbb\xbf"
          "first");
    write("texts/c", "third");
    write("texts/d/e.rst", "fourth");
    write("texts/empty.txt", "");
    write("texts/picture.png", "not text");
    write("texts/.hidden.txt", "hidden");
    write("texts/.git/f.txt", "hidden");
    write("texts/z.pod", "=head1 Title\n\nB<bold> words\n\n=cut\n");
    const TokenCorpus corpus = loadCorpus({path("texts")}, *m_bytes);
    QCOMPARE(corpus.name(), std::string("texts"));
    QCOMPARE(corpus.origin(), path("texts"));
    QCOMPARE(corpus.documents().size(), std::size_t{5});
    QCOMPARE(textOf(corpus.documents()[0]), std::string("first"));
    QCOMPARE(textOf(corpus.documents()[1]), std::string("second"));
    QCOMPARE(textOf(corpus.documents()[2]), std::string("third"));
    QCOMPARE(textOf(corpus.documents()[3]), std::string("fourth"));
    QCOMPARE(textOf(corpus.documents()[4]), std::string("Title\n\nbold words\n"));
    const TokenCorpus both = loadCorpus({path("texts"), path("texts/b.txt")}, *m_bytes);
    QCOMPARE(both.name(), std::string("texts + b.txt"));
    QCOMPARE(both.documents().size(), std::size_t{6});
}

void TestLoadCorpus::readsEveryFormatPacked() {
    const std::string pod = "=head1 Title\n";
    const std::string html = "<p>Para</p>";
    const std::string lines = "{\"text\":\"one\"}\n{\"text\":\"two\"}\n";
    write("packed/a.TXT.gz", test::gzipped("plain"));
    write("packed/b.txt.zst", test::zstdPacked("plain too"));
    write("packed/c.pod.gz", test::gzipped(pod));
    write("packed/d.html.zst", test::zstdPacked(html));
    write("packed/e.htm", html);
    write("packed/f.jsonl.gz", test::gzipped(lines));
    write("packed/g.ndjson.zst", test::zstdPacked(lines));
    write("packed/h.markdown", "# Kept *as it is*");
    write("packed/i.tar.gz", test::gzipped("passed over"));
    const TokenCorpus corpus = loadCorpus({path("packed")}, *m_bytes);
    QCOMPARE(textsOf(corpus), (std::vector<std::string>{"plain", "plain too", "Title\n", "Para\n", "Para\n", "one",
                                                        "two", "one", "two", "# Kept *as it is*"}));
    QCOMPARE(corpus.documents()[6].name, std::string("f.jsonl.gz:2"));
}

void TestLoadCorpus::readsJsonLines() {
    write("good.jsonl",
          "{\"text\":\"one\"}\n\n{\"id\":2,\"text\":\"t\\u0077o\"}\r\n{\"text\":\"\"}\n{\"text\":\"three\"}");
    const TokenCorpus corpus = loadCorpus({path("good.jsonl"), path("good.jsonl")}, *m_bytes);
    QCOMPARE(corpus.documents().size(), std::size_t{6});
    QCOMPARE(textOf(corpus.documents()[1]), std::string("two"));
    QCOMPARE(corpus.documents()[1].name, std::string("good.jsonl:3"));
}

void TestLoadCorpus::readsANamedField() {
    write("field.jsonl",
          "{\"body\":\"b1\",\"text\":\"t1\",\"meta\":{\"body\":\"no\"},\"tags\":[\"body\",{\"body\":\"no\"}]}\n"
          "{\"meta\":{\"body\":\"no\",\"deep\":{}},\"body\":\"b2\",\"n\":1.5e3,\"none\":null,\"yes\":true}\n");
    CorpusOptions options;
    options.jsonField = "body";
    const TokenCorpus corpus =
        loadCorpus({path("field.jsonl"), path("field.jsonl"), path("field.jsonl")}, *m_bytes, {}, options);
    QCOMPARE(textOf(corpus.documents()[0]), std::string("b1"));
    QCOMPARE(textOf(corpus.documents()[1]), std::string("b2"));
    VERIFY_ERROR(loadCorpus({path("field.jsonl")}, *m_bytes), "field.jsonl:2: the line has no field \"text\"");
    VERIFY_ERROR(loadCorpus({path("field.jsonl")}, *m_bytes), "\"meta\", \"body\", \"n\"");
    VERIFY_ERROR(loadCorpus({path("field.jsonl")}, *m_bytes), "--field");
}

void TestLoadCorpus::refusesBrokenJsonLines_data() {
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<QString>("reason");
    const auto row = [](const char* name, const QByteArray& line, const char* reason) {
        QTest::newRow(name) << line << QString(reason);
    };
    row("cut", "{\"text\":", "the JSON is broken at byte");
    row("two on a line", "{\"text\":\"a\"}{\"text\":\"b\"}", "the JSON is broken at byte 13");
    row("list", "[{\"text\":\"a\"}]", "not a JSON object");
    row("string", "\"text\"", "not a JSON object");
    row("number", "1", "not a JSON object");
    row("word", "text", "the JSON is broken");
    row("missing field", "{\"txt\":\"a\"}", "no field \"text\" (it has \"txt\")");
    row("empty object", "{}", "no field \"text\"; name");
    row("no string", "{\"text\":[\"a\"]}", "the field \"text\" is not a string");
    row("null", "{\"text\":null}", "the field \"text\" is not a string");
    row("no UTF-8", "{\"text\":\"\xff\"}", "the JSON is broken at byte 10");
    row("deep lists", "{\"a\":" + QByteArray(100000, '[') + QByteArray(100000, ']') + ",\"text\":\"a\"}",
        "nested deeper than 256");
    row("deep objects", QByteArray("{\"a\":").repeated(300) + "1" + QByteArray(300, '}'), "nested deeper than 256");
    row("deep and broken", QByteArray(1000000, '['), "not a JSON object");
}

void TestLoadCorpus::refusesBrokenJsonLines() {
    QFETCH(QByteArray, line);
    QFETCH(QString, reason);
    write("broken.jsonl", "{\"text\":\"one\"}\n\n" + line.toStdString() + "\n{\"text\":\"four\"}\n");
    VERIFY_ERROR(loadCorpus({path("broken.jsonl")}, *m_bytes), "broken.jsonl:3: ");
    VERIFY_ERROR(loadCorpus({path("broken.jsonl")}, *m_bytes), reason.toStdString());
}

void TestLoadCorpus::refusesUnreadableText() {
    VERIFY_ERROR(loadCorpus({}, *m_bytes), "no text is named");
    VERIFY_ERROR(loadCorpus({path("absent.txt")}, *m_bytes), "absent.txt");
    write("empty/a.txt", "");
    VERIFY_ERROR(loadCorpus({path("empty")}, *m_bytes), "empty");
    write("pictures/a.png", "x");
    VERIFY_ERROR(loadCorpus({path("pictures")}, *m_bytes), ".jsonl");
    VERIFY_ERROR(loadCorpus({path("pictures/a.png")}, *m_bytes), ".png");
    write("binary.txt", std::string_view("ab\0cd", 5));
    VERIFY_ERROR(loadCorpus({path("binary.txt")}, *m_bytes), "byte 2");
    VERIFY_ERROR(loadCorpus({"generated:x"}, *m_bytes), "generated:x");
    const QByteArray chosen = qgetenv("CONSA_DATA_DIR");
    qputenv("CONSA_DATA_DIR", "/nowhere");
    VERIFY_ERROR(loadCorpus({"default"}, *m_bytes), "app/run");
    chosen.isNull() ? qunsetenv("CONSA_DATA_DIR") : qputenv("CONSA_DATA_DIR", chosen);
}

void TestLoadCorpus::refusesOtherKindsByName() {
    for (const char* name : {"model.pt", "model.bin", "data.pkl", "data.pickle", "data.npy"}) {
        write(name, "x");
        VERIFY_ERROR(loadCorpus({path(name)}, *m_bytes), "unpickling can run any program");
        VERIFY_ERROR(loadCorpus({path(name)}, *m_bytes), name);
    }
    write("texts.tar.gz", test::gzipped("x"));
    VERIFY_ERROR(loadCorpus({path("texts.tar.gz")}, *m_bytes), "not known");
    VERIFY_ERROR(loadCorpus({path("texts.tar.gz")}, *m_bytes), ".zst");
}

void TestLoadCorpus::refusesParquetWithTheConversion() {
    const std::string command = "read_parquet(sys.argv[1]).to_json(sys.argv[2], orient='records', lines=True)\" '";
    write("set/README.md", "about the texts");
    write("set/it's.parquet", "PAR1....PAR1");
    const std::string words = command + path("set/it'\\''s.parquet") + "' '" + path("set/it'\\''s.parquet.jsonl") + "'";
    VERIFY_ERROR(loadCorpus({path("set/it's.parquet")}, *m_bytes), words);
    VERIFY_ERROR(loadCorpus({path("set")}, *m_bytes), words);
    write("named.txt", "PAR1....PAR1");
    VERIFY_ERROR(loadCorpus({path("named.txt")}, *m_bytes), command);
    // Once converted, the folder can be read.
    write("set/it's.parquet.jsonl", "{\"text\":\"one\"}\n");
    QVERIFY(!loadCorpus({path("set")}, *m_bytes).documents().empty());
}

void TestLoadCorpus::splitsAndPacksAsAsked() {
    std::string lines;
    for (int i = 0; i < 10; ++i) lines += "{\"text\":\"1234567\"}\n";
    write("ten.jsonl", lines);
    VERIFY_ERROR(loadCorpus({path("ten.jsonl")}, *m_bytes).windows(Split::Train, 10), "no document");
    CorpusOptions options;
    options.packsDocuments = true;
    options.splitSeed = 5;
    const TokenCorpus corpus = loadCorpus({path("ten.jsonl")}, *m_bytes, {}, options);
    QCOMPARE(corpus.windows(Split::Train, 10).size(), std::size_t{4});
    QVERIFY(corpus.fingerprint() != loadCorpus({path("ten.jsonl")}, *m_bytes).fingerprint());
}

void TestLoadCorpus::generatesDemoText() {
    const TokenCorpus demo = loadCorpus({"demo"}, *m_bytes);
    QCOMPARE(demo.documents().size(), std::size_t{240});
    QCOMPARE(demo.name(), std::string("demo"));
    QCOMPARE(loadCorpus({"generated:1"}, *m_bytes).fingerprint(), demo.fingerprint());
    QVERIFY(loadCorpus({"generated:0"}, *m_bytes).fingerprint() != demo.fingerprint());
    QVERIFY(!demo.windows(Split::Test, 1024).empty());
}

void TestLoadCorpus::reportsProgressAndCanBeCancelled() {
    double last = -1;
    const TokenCorpus corpus = loadCorpus({"generated:3"}, *m_bytes, [&](double share, const std::string& what) {
        QVERIFY(share >= last && share <= 1 && !what.empty());
        last = share;
    });
    QCOMPARE(last, 1.0);
    VERIFY_ERROR(loadCorpus({"generated:3"}, *m_bytes, [](double, const std::string&) { throw Error("cancelled"); }),
                 "cancelled");
}

void TestLoadCorpus::readsInstalledText() {
    if (!fs::exists(dataFolder() / "texts" / "perl-doc")) {
        QSKIP("the default text is not installed (app/run fetches it)");
    }
    const TokenCorpus corpus = loadCorpus({"default"}, *m_bytes);
    QCOMPARE(corpus.name(), std::string("perl-doc"));
    QVERIFY(corpus.origin().starts_with("perl-doc 5."));
    QVERIFY(corpus.documents().size() > 150);
    std::map<std::string, int> leftovers;
    for (const Document& document : corpus.documents()) {
        const std::string text = textOf(document);
        if (text.find("\n=head1") != std::string::npos) ++leftovers[document.name];
    }
    // Two manuals about POD itself show its commands as examples.
    QVERIFY(leftovers.size() <= 4);
}

QTEST_APPLESS_MAIN(TestLoadCorpus)
#include "tst_load_corpus.moc"
