// One string out of a line of JSON: escapes, surrogates, and lines that have none.
#include "core/text/json_field.h"
#include "tests/support/expect_error.h"

#include <QTest>

using namespace consa;

class TestJsonField : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsEscapes_data() {
        QTest::addColumn<QByteArray>("json");
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("plain") << QByteArray(R"(a b)") << QByteArray("a b");
        QTest::newRow("pair") << QByteArray(R"(\ud83d\ude00)") << QByteArray("\xf0\x9f\x98\x80");
        QTest::newRow("lone high") << QByteArray(R"(\ud800 abc)") << QByteArray("\xef\xbf\xbd abc");
        QTest::newRow("lone low") << QByteArray(R"(x\uDC00)") << QByteArray("x\xef\xbf\xbd");
        QTest::newRow("high before a pair")
            << QByteArray(R"(\ud800\ud83d\ude00)") << QByteArray("\xef\xbf\xbd\xf0\x9f\x98\x80");
        QTest::newRow("swapped halves") << QByteArray(R"(\ude00\ud83d)") << QByteArray("\xef\xbf\xbd\xef\xbf\xbd");
        QTest::newRow("an escaped backslash before it") << QByteArray(R"(\\ud800)") << QByteArray("\\ud800");
        QTest::newRow("just above the halves")
            << QByteArray(R"(\ud7ff\ue000)") << QByteArray("\xed\x9f\xbf\xee\x80\x80");
    }

    void readsEscapes() {
        QFETCH(QByteArray, json);
        QFETCH(QByteArray, text);
        QCOMPARE(textField("{\"text\":\"" + json.toStdString() + "\"}", "text", "f:1"), text.toStdString());
    }

    void namesPlaceAndReason() {
        VERIFY_ERROR(textField(R"({"text":"\ud8)", "text", "f:3"), "f:3");
        VERIFY_ERROR(textField(R"({"text":"\udzzz"})", "text", "f:3"), "broken");
        VERIFY_ERROR(textField(R"({"body":"\ud800"})", "text", "f:3"), "\"body\"");
        VERIFY_ERROR(textField(R"({"text":1})", "text", "f:3"), "not a string");
    }
};

QTEST_APPLESS_MAIN(TestJsonField)
#include "tst_json_field.moc"
