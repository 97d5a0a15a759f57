// Tests that POD and HTML come down to their words.
#include "core/base/file_io.h"
#include "core/text/character_names.h"
#include "core/text/character_references.h"
#include "core/text/markup.h"
#include "tests/support/references.h"

#include <QTest>

#include <nlohmann/json.hpp>
#include <sstream>

using namespace consa;

class TestMarkup : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void stripsPod_data();
    void stripsPod();
    void stripsHtml_data();
    void stripsHtml();
    void namesCharactersAsPython();
    void findsTheWordsThatPythonFinds();
    void takesAnyBytes();
    void takesHostileHtmlInLinearTime();
};

void TestMarkup::stripsPod_data() {
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

void TestMarkup::stripsPod() {
    QFETCH(QString, pod);
    QFETCH(QString, text);
    std::string expected = text.toStdString();
    if (!expected.empty() && expected.back() != '\n') expected += '\n';
    QCOMPARE(QString::fromStdString(stripPod(pod.toStdString())), QString::fromStdString(expected));
}

void TestMarkup::stripsHtml_data() {
    QTest::addColumn<QString>("html");
    QTest::addColumn<QString>("text");
    const auto row = [](const char* name, const char* html, const char* text) {
        QTest::newRow(name) << QString(html) << QString(text);
    };
    row("page",
        "<!DOCTYPE html>\n<html><head><meta charset=utf-8><title>A &amp; B</title>\n<style>p > a {}</style>"
        "<script>if (a < b) \"</p>\";</script></head>\n<body><h1>Head</h1><p>One\n  two <b>th</b>ree.</p><p>Four</p>"
        "</body></html>\n",
        "A & B\n\nHead\n\nOne two three.\n\nFour");
    row("spaces", "  a\n\t b <i> c</i><b>d </b> e", "a b cd e");
    row("breaks", "a<br>b<br/>c<BR /><br>d", "a\nb\nc\n\nd");
    row("lists", "<ul><li>one<li>two<ol><li>in</ol></ul>after", "one\ntwo\n\nin\n\nafter");
    row("divisions", "<div>a<div>b</div></div>c<section>d</section>", "a\nb\nc\nd");
    row("table", "<table><tr><th>a<th>b</tr><tr><td>1</td> <td>2</td></tr></table>x", "a\tb\n1\t2\n\nx");
    row("preformatted", "a<pre>\n  if (x)\n\n    y &lt; z;\n</pre>b  c", "a\n\n  if (x)\n\n    y < z;\n\nb c");
    row("comments", "a<!-- <p> -- > b -->c<!-->d<!doctype x>e<?php f ?>g<![CDATA[h]]>i", "acdegi");
    row("scripts", "a<script type='x'>b</scripty></SCRIPT >c<style>d</style/>e", "ace");
    row("unclosed script", "a<script>b", "a");
    row("unclosed comment", "a<!-- b", "a");
    row("title", "<title>1 <b>2</b></title>3", "1 <b>2</b>\n\n3");
    row("attributes", "<a href=\"x>y\" title='>' data-a=b>c</a><img alt = \"d>\">e", "ce");
    row("no tags", "1 < 2 && a<5 </ 3> <> x <", "1 < 2 && a<5 <> x <");
    row("entities", "&lt;&gt;&amp;&quot;&apos;&eacute;&mdash;&euro;&Omega;&omega;&rarr;&hearts;", "<>&\"'é—€Ωω→♥");
    row("numbers", "&#65;&#x41;&#X1F600;&#8212;&#150;&#65 &#;&#x;&#0;&#xD800;&#99999999999;",
        "AA\U0001f600—–A &#;&#x;\ufffd\ufffd\ufffd");
    row("no semicolon", "&ampx &copy 2 &notit &mdash &eacutex &ltp&gt", "&x © 2 ¬it &mdash éx <p>");
    row("no entity", "&unknown; AT&T &; & &é", "&unknown; AT&T &; & &é");
    row("once", "&amp;lt;", "&lt;");
    row("no-break space", "a&nbsp;&nbsp;b", "a\u00a0\u00a0b");
    row("empty", " <p> </p><br>\n", "");
    row("line ends", "<p>a\r\nb</p>\r\n<pre>c\r\nd</pre>", "a b\n\nc\nd");
}

void TestMarkup::stripsHtml() {
    QFETCH(QString, html);
    QFETCH(QString, text);
    if (!text.isEmpty()) text += '\n';
    QCOMPARE(QString::fromStdString(stripHtml(html.toStdString())), text);
}

void TestMarkup::namesCharactersAsPython() {
    REQUIRE_REFERENCES("texts");
    const auto texts = nlohmann::json::parse(readFile(test::referenceFolder("texts") / "texts.json"));
    QVERIFY(texts.at("names").size() > 250);
    for (const auto& [name, character] : texts.at("names").items()) {
        QCOMPARE(decodeReferences("&" + name + ";"), character.get<std::string>());
    }
    for (const auto& name : texts.at("old")) {
        QVERIFY2(isOldEntity(name.get<std::string>()), name.get<std::string>().c_str());
    }
}

void TestMarkup::findsTheWordsThatPythonFinds() {
    REQUIRE_REFERENCES("texts");
    const auto texts = nlohmann::json::parse(readFile(test::referenceFolder("texts") / "texts.json"));
    QCOMPARE(texts.at("pages").size(), std::size_t{300});
    for (const auto& page : texts.at("pages")) {
        std::istringstream stripped(stripHtml(page.at("html").get<std::string>()));
        std::vector<std::string> words;
        for (std::string word; stripped >> word;) words.push_back(word);
        QCOMPARE(words, page.at("words").get<std::vector<std::string>>());
    }
}

void TestMarkup::takesAnyBytes() {
    // Every prefix of a page that has everything, and every page of three signs out of these.
    const std::string page =
        "<!-- x --><title>a</title><pre>\r\n&#x41;&amp</pre><td a='b'c=\"d\"><script>s</script></p>";
    for (std::size_t length = 0; length <= page.size(); ++length) {
        QVERIFY(stripHtml(page.substr(0, length)).size() <= length + 1);
    }
    const std::string signs = "<>&#;/!-=\"'a \n\xff";
    for (const char a : signs)
        for (const char b : signs)
            for (const char c : signs) QVERIFY(stripHtml(std::string{a, b, c}).size() <= 4);
}

void TestMarkup::takesHostileHtmlInLinearTime() {
    // Quadratic work would take minutes on these.
    for (const char* part : {"<", "&", "<!", "</", "<a", "<a b=\"", "<script>", "<title></", "<!--", "<pre>", "&#1",
                             "&amp", "<td>", "<br>", "&aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"}) {
        std::string html;
        while (html.size() < 2000000) html += part;
        QVERIFY(stripHtml(html).size() <= 3 * html.size());
    }
}

QTEST_APPLESS_MAIN(TestMarkup)
#include "tst_markup.moc"
