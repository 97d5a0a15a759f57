// Tests reading JSON that was made to exhaust or mislead its reader.
#include "core/base/json_text.h"
#include "tests/support/expect_error.h"

#include <QElapsedTimer>
#include <QTest>

using namespace consa;

class TestJsonText : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void readsWhatTheLibraryReads();
    void namesThePlace();
    void refusesDeepNesting();
    void refusesKeysThatStandTwice();
    void refusesZeroBytes();
    void takesTimeInProportion();
};

void TestJsonText::readsWhatTheLibraryReads() {
    for (const char* text :
         {"3", "-7", "18446744073709551615", "1.5e3", "true", "null", R"("é\n\ud83d\ude00")", "[]", "{}",
          R"([1,[2,{"a":[]},[[3]]],"x"])", R"({"b":{"c":[1,2,{"d":null}]},"a":"z","e":[[],{}]})"}) {
        QVERIFY2(parseJson(text, "a.json") == nlohmann::json::parse(text), text);
    }
    QCOMPARE(dumpJson(ParsedJson("\xff")), std::string("\"\xef\xbf\xbd\""));
}

void TestJsonText::namesThePlace() {
    VERIFY_ERROR(parseJson("{\"a\": 1,\n  oops}", "dir/a.json"), "dir/a.json is not JSON: parse error at line 2");
    for (const char* text : {"", "{", "[1,]", "{\"a\"}", "{} {}", "nul", "1e999", "\"\xff\"", "\"\\ud800\"", "NaN"})
        VERIFY_ERROR(parseJson(text, "a.json"), "a.json is not JSON");
}

void TestJsonText::refusesDeepNesting() {
    const auto nested = [](int levels) {
        return std::string(static_cast<std::size_t>(levels), '[') + std::string(static_cast<std::size_t>(levels), ']');
    };
    QVERIFY(parseJson(nested(kMostJsonLevels), "a.json").is_array());
    VERIFY_ERROR(parseJson(nested(kMostJsonLevels + 1), "a.json"), "nested deeper than 64");
    VERIFY_ERROR(parseJson(nested(10'000'000), "a.json"), "nested deeper than 64");
    std::string objects;
    for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
    VERIFY_ERROR(parseJson(objects, "a.json"), "nested deeper than 64");
}

void TestJsonText::refusesKeysThatStandTwice() {
    VERIFY_ERROR(parseJson(R"({"a":1,"b":2,"a":3})", "a.json"), "has the key \"a\" twice");
    VERIFY_ERROR(parseJson(R"([{"x":{"k":1,"\u006b":2}}])", "a.json"), "has the key \"k\" twice");
    QCOMPARE(parseJson(R"([{"k":1},{"k":2},{"j":{"k":3}}])", "a.json").size(), std::size_t{3});
}

void TestJsonText::refusesZeroBytes() {
    VERIFY_ERROR(parseJson(std::string("{}\0{\"a\":1}", 10), "a.json"), "byte 2 is zero");
    VERIFY_ERROR(parseJson(std::string("\0", 1), "a.json"), "byte 0 is zero");
}

/// A reader that looks through all keys for each new one takes hours for this.
void TestJsonText::takesTimeInProportion() {
    constexpr int kKeys = 400'000;
    std::string text = "{";
    for (int i = 0; i < kKeys; ++i) text += (i == 0 ? "\"" : ",\"") + std::to_string(i) + "\":0";
    text += '}';
    QElapsedTimer timer;
    timer.start();
    QCOMPARE(parseJson(text, "a.json").size(), std::size_t{kKeys});
    QVERIFY2(timer.elapsed() < 20'000, std::to_string(timer.elapsed()).c_str());
}

QTEST_APPLESS_MAIN(TestJsonText)
#include "tst_json_text.moc"
