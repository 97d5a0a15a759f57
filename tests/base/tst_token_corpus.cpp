// Tests corpora: splits, windows, the readers of text, POD and JSONL, and what they refuse.
#include "core/base/file_io.h"
#include "core/text/token_corpus.h"
#include "tests/support/expect_error.h"

#include <QTemporaryDir>
#include <QTest>

#include <map>
#include <numeric>

using namespace consa;
namespace fs = std::filesystem;

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

}  // namespace

class TestTokenCorpus : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void splitsTenDocuments();
    void splitsFewDocumentsInside();
    void cutsWindows();
    void explainsMissingWindows();
    void changesFingerprintWithContent();
    void spellsSplits();
    void readsFoldersInNameOrder();
    void readsJsonLines();
    void refusesUnreadableText();
    void generatesDemoText();
    void reportsProgressAndCanBeCancelled();
    void stripsPod_data();
    void stripsPod();
    void readsInstalledText();

private:
    void write(const char* name, std::string_view text) const { writeFileAtomically(path(name), text); }
    [[nodiscard]] std::string path(const char* name) const {
        return (fs::path(m_folder.path().toStdString()) / name).string();
    }
    [[nodiscard]] std::string textOf(const Document& document) const { return m_bytes->decode(document.tokens); }

    QTemporaryDir m_folder;
    std::unique_ptr<Tokenizer> m_bytes = makeTokenizer("", "bytes");
};

void TestTokenCorpus::splitsTenDocuments() {
    const TokenCorpus corpus("c", documentsOfLength(20, 10));
    std::string splits;
    for (const Document& document : corpus.documents()) splits += toString(document.split)[1];
    // The second letters: train, dEv, tEst; positions 5, 10, 15, 20 are test, 8 and 18 dev.
    QCOMPARE(splits, std::string("rrrrerrererrrrerrere"));
    QVERIFY(corpus.documents()[4].split == Split::Test && corpus.documents()[7].split == Split::Dev);
    QVERIFY(corpus.documents()[9].split == Split::Test && corpus.documents()[17].split == Split::Dev);
    QCOMPARE(corpus.tokenCount(Split::Train), std::int64_t{140});
    QCOMPARE(corpus.tokenCount(Split::Dev), std::int64_t{20});
    QCOMPARE(corpus.tokenCount(Split::Test), std::int64_t{40});
    QCOMPARE(corpus.tokenCount(Split::All), std::int64_t{200});
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
}

void TestTokenCorpus::explainsMissingWindows() {
    const TokenCorpus corpus("perl", documentsOfLength(10, 21));
    VERIFY_ERROR(corpus.windows(Split::Dev, 21), "the dev part of perl");
    VERIFY_ERROR(corpus.windows(Split::Dev, 21), "the longest has 21");
    VERIFY_ERROR(corpus.windows(Split::Dev, 0), "context");
    VERIFY_ERROR(TokenCorpus("six", documentsOfLength(6, 30)).windows(Split::Dev, 5), "no text");
}

void TestTokenCorpus::changesFingerprintWithContent() {
    auto documents = documentsOfLength(10, 20);
    const TokenCorpus corpus("c", documents);
    QCOMPARE(TokenCorpus("another name", documents).fingerprint(), corpus.fingerprint());
    QVERIFY(TokenCorpus("c", documents, false).fingerprint() != corpus.fingerprint());
    documents[3].tokens[7] += 1;
    QVERIFY(TokenCorpus("c", documents).fingerprint() != corpus.fingerprint());
    QCOMPARE(corpus.fingerprint().size(), std::size_t{16});
}

void TestTokenCorpus::spellsSplits() {
    for (const Split split : {Split::Train, Split::Dev, Split::Test, Split::All}) {
        QVERIFY(splitFromString(toString(split)) == split);
    }
    VERIFY_ERROR(splitFromString("validation"), "validation");
}

void TestTokenCorpus::readsFoldersInNameOrder() {
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

void TestTokenCorpus::readsJsonLines() {
    write("good.jsonl",
          "{\"text\":\"one\"}\n\n{\"id\":2,\"text\":\"t\\u0077o\"}\r\n{\"text\":\"\"}\n{\"text\":\"three\"}");
    const TokenCorpus corpus = loadCorpus({path("good.jsonl"), path("good.jsonl")}, *m_bytes);
    QCOMPARE(corpus.documents().size(), std::size_t{6});
    QCOMPARE(textOf(corpus.documents()[1]), std::string("two"));
    QCOMPARE(corpus.documents()[1].name, std::string("good.jsonl:3"));
    write("bad.jsonl", "{\"text\":\"one\"}\n\n{\"text\":\n");
    VERIFY_ERROR(loadCorpus({path("bad.jsonl")}, *m_bytes), "bad.jsonl:3");
    write("field.jsonl", "{\"text\":\"one\"}\n{\"txt\":\"two\"}\n");
    VERIFY_ERROR(loadCorpus({path("field.jsonl")}, *m_bytes), "field.jsonl:2");
    write("list.jsonl", "[1]\n");
    VERIFY_ERROR(loadCorpus({path("list.jsonl")}, *m_bytes), "list.jsonl:1");
}

void TestTokenCorpus::refusesUnreadableText() {
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

void TestTokenCorpus::generatesDemoText() {
    const TokenCorpus demo = loadCorpus({"demo"}, *m_bytes);
    QCOMPARE(demo.documents().size(), std::size_t{240});
    QCOMPARE(demo.name(), std::string("demo"));
    QCOMPARE(loadCorpus({"generated:1"}, *m_bytes).fingerprint(), demo.fingerprint());
    QVERIFY(loadCorpus({"generated:0"}, *m_bytes).fingerprint() != demo.fingerprint());
    QVERIFY(!demo.windows(Split::Test, 1024).empty());
}

void TestTokenCorpus::reportsProgressAndCanBeCancelled() {
    double last = -1;
    const TokenCorpus corpus = loadCorpus({"generated:3"}, *m_bytes, [&](double share, const std::string& what) {
        QVERIFY(share >= last && share <= 1 && !what.empty());
        last = share;
    });
    QCOMPARE(last, 1.0);
    VERIFY_ERROR(loadCorpus({"generated:3"}, *m_bytes, [](double, const std::string&) { throw Error("cancelled"); }),
                 "cancelled");
}

void TestTokenCorpus::stripsPod_data() {
    QTest::addColumn<QString>("pod");
    QTest::addColumn<QString>("text");
    const auto row = [](const char* name, const char* pod, const char* text) {
        QTest::newRow(name) << QString(pod) << QString(text);
    };
    row("commands",
        "=encoding utf8\n\n=head1 NAME\n\nperl - a language\n\n=over 4\n\n=item * \n\nOne\n\n=item "
        "B<-x>\n\nTwo\n\n=back\n",
        "NAME\n\nperl - a language\n\nOne\n\n-x\n\nTwo\n");
    row("codes", "B<bold> I<it> C<code> F<file> S<no break> X<index>Z<>end", "bold it code file no break end");
    row("nested", "B<bold I<both>> C<< a->b >> C<<< x << y >>> C<$a-E<gt>b>", "bold both a->b x << y $a->b");
    row("entities", "E<lt>E<gt>E<amp>E<sol>E<verbar> E<eacute> E<0x41>E<66> E<unknown>", "<>&/| \303\251 AB unknown");
    row("links", "L<perlfunc> L<the page|perlvar/$_> L<perlop/\"Quote\"> L</Section> L<http://x.org/y>",
        "perlfunc the page \"Quote\" in perlop \"Section\" http://x.org/y");
    row("verbatim", "Text\n\n    my $x = B<kept>;\n\n    two();\n\nText",
        "Text\n\n    my $x = B<kept>;\n\n    two();\n\nText\n");
    row("formats",
        "=begin html\n\n<b>gone</b>\n\n=end html\n\n=for comment gone\n\nkept\n\n=begin :text\n\nalso\n\n=end\n",
        "kept\n\nalso\n");
    row("cut", "before\n\n=cut\n\nsub code {}\n\n=pod\n\nafter", "before\n\nafter\n");
    row("unfinished", "an open B<code that never ends", "an open code that never ends");
    row("empty", "", "");
    row("line ends", "=head1 A\r\n\r\nwords\r\n", "A\n\nwords\n");
    row("comparison", "if A<b or x<y", "if b or x<y");
}

void TestTokenCorpus::stripsPod() {
    QFETCH(QString, pod);
    QFETCH(QString, text);
    std::string expected = text.toStdString();
    if (!expected.empty() && expected.back() != '\n') expected += '\n';
    QCOMPARE(QString::fromStdString(stripPod(pod.toStdString())), QString::fromStdString(expected));
}

void TestTokenCorpus::readsInstalledText() {
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

QTEST_APPLESS_MAIN(TestTokenCorpus)
#include "tst_token_corpus.moc"
