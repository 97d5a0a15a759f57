// Checks layout files: what is saved comes back, and each way to be wrong is named with its place.
#include "core/base/error.h"
#include "core/layout/layout_file.h"
#include "core/layout/layout_patterns.h"
#include "core/layout/model_match.h"

#include <QRegularExpression>
#include <QTemporaryDir>
#include <QTest>
#include <cmath>
#include <nlohmann/json.hpp>

using namespace consa;

namespace {

LayoutFile sample(Granularity granularity) {
    const UnitGrid grid{5, 3, granularity};
    LayoutFile file;
    file.modelName = "Little \"model\"";
    file.modelArchitecture = "llama";
    file.layout = randomLayout(grid, 0.4, 3);
    file.windowTokens = 256;
    file.sinkTokens = 4;
    for (int i = 0; i < grid.unitCount(); ++i) file.probabilities.push_back(i / 17.0);
    file.provenance = {"runs-1", 150, 18446744073709551615ULL, 0.4, "0.1.0", utcTimestamp()};
    file.note = "seen at dusk\nünïcode";
    return file;
}

QString messageOf(const std::string& text) {
    try {
        static_cast<void>(layoutFileFromJson(text, "a.json"));
    } catch (const Error& error) {
        return error.what();
    }
    return {};
}

}  // namespace

class LayoutFileTest : public QObject {
    Q_OBJECT

private slots:
    void savesAndLoads_data();
    void savesAndLoads();
    void hasTheDocumentedForm();
    void optionalPartsMayBeMissing();
    void namesWhatIsWrong_data();
    void namesWhatIsWrong();
    void refusesTextThatIsNotJson();
    void namesBothShapes();
    void namesBothModels();
    void refusesToSaveNonsense();
};

void LayoutFileTest::savesAndLoads_data() {
    QTest::addColumn<int>("granularity");
    QTest::addColumn<bool>("isLearned");
    QTest::newRow("heads") << static_cast<int>(Granularity::KvHead) << true;
    QTest::newRow("layers") << static_cast<int>(Granularity::Layer) << true;
    QTest::newRow("by hand") << static_cast<int>(Granularity::KvHead) << false;
}

void LayoutFileTest::savesAndLoads() {
    QFETCH(int, granularity);
    QFETCH(bool, isLearned);
    LayoutFile file = sample(static_cast<Granularity>(granularity));
    if (!isLearned) file.probabilities.clear();
    QTemporaryDir folder;
    const std::filesystem::path path = folder.filePath("sub/layout.json").toStdString();
    writeLayoutFile(path, file);
    QVERIFY(readLayoutFile(path) == file);
    QVERIFY(layoutFileFromJson(toJson(file), "text") == file);
}

void LayoutFileTest::hasTheDocumentedForm() {
    const LayoutFile file = sample(Granularity::KvHead);
    const auto json = nlohmann::json::parse(toJson(file));
    QVERIFY(json["format"] == "consa-layout" && json["version"] == 1);
    QVERIFY(json["model"]["name"] == file.modelName && json["model"]["architecture"] == "llama");
    QVERIFY(json["model"]["layers"] == 5 && json["model"]["kvHeads"] == 3);
    QVERIFY(json["granularity"] == "kv-head" && json["windowTokens"] == 256 && json["sinkTokens"] == 4);
    QCOMPARE(json["sparsity"].get<double>(), 6.0 / 15.0);
    QVERIFY(json["units"].size() == 5 && json["units"][0].size() == 3);
    for (std::size_t i = 0; i < 15; ++i) {
        QCOMPARE(json["units"][i / 3][i % 3].get<int>(), static_cast<int>(file.layout.full[i]));
        QCOMPARE(json["probabilities"][i / 3][i % 3].get<double>(), file.probabilities[i]);
    }
    const QRegularExpression iso(R"(^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$)");
    QVERIFY(iso.match(QString::fromStdString(json["provenance"]["created"].get<std::string>())).hasMatch());
}

void LayoutFileTest::optionalPartsMayBeMissing() {
    auto json = nlohmann::json::parse(toJson(sample(Granularity::KvHead)));
    for (const char* key : {"probabilities", "provenance", "note", "sparsity"}) json.erase(key);
    json["model"]["headDim"] = 64;
    const LayoutFile file = layoutFileFromJson(json.dump(), "a.json");
    QVERIFY(file.layout == sample(Granularity::KvHead).layout);
    QVERIFY(file.probabilities.empty() && file.note.empty() && file.provenance == LayoutProvenance());
}

void LayoutFileTest::namesWhatIsWrong_data() {
    QTest::addColumn<QString>("pointer");
    QTest::addColumn<QString>("value");  // empty: the field is removed
    QTest::addColumn<QString>("message");
    const auto add = [](const char* pointer, const char* value, const char* message) {
        QTest::addRow("%s = %s", pointer, *value ? value : "nothing") << pointer << value << message;
    };
    add("", "[1, 2]", "a.json: the file is a list, expected an object");
    add("/format", "", "a.json: format is missing");
    add("/format", "\"other\"", "a.json: format is \"other\", expected \"consa-layout\"");
    add("/format", "7", "a.json: format is 7, expected a text");
    add("/version", "2", "a.json: version is 2, expected 1");
    add("/version", "\"1\"", "a.json: version is \"1\", expected a whole number");
    add("/model", "", "a.json: model is missing");
    add("/model", "null", "a.json: model is null, expected an object");
    add("/model/layers", "", "a.json: model.layers is missing");
    add("/model/layers", "0", "a.json: model.layers is 0, expected a whole number from 1 to 4096");
    add("/model/layers", "5.0", "a.json: model.layers is 5.0, expected a whole number");
    add("/model/layers", "1e300", "a.json: model.layers is 1e+300, expected a whole number");
    add("/model/layers", "18446744073709551615", "a.json: model.layers is 18446744073709551615, expected");
    add("/model/layers", "-9223372036854775808", "a.json: model.layers is -9223372036854775808, expected");
    add("/model/layers", "4", "a.json: units has 5 rows, expected 4 (model.layers)");
    add("/model/kvHeads", "2", "a.json: units[0] has 3 entries, expected 2 (model.kvHeads)");
    add("/model/name", "[]", "a.json: model.name is a list, expected a text");
    add("/granularity", "\"head\"", "a.json: granularity is \"head\", expected \"kv-head\" or \"layer\"");
    add("/granularity", "\"layer\"", "a.json: units[0] has 3 entries, expected 1 (one a layer)");
    add("/windowTokens", "0", "a.json: windowTokens is 0, expected a whole number from 1");
    add("/sinkTokens", "-1", "a.json: sinkTokens is -1, expected a whole number from 0");
    add("/sparsity", "1.5", "a.json: sparsity is 1.5, expected a number from 0 to 1");
    add("/units", "{}", "a.json: units is an object, expected a list of 5 rows");
    add("/units/3", "[1, 0]", "a.json: units[3] has 2 entries, expected 3 (model.kvHeads)");
    add("/units/3", "1", "a.json: units[3] is 1, expected a list of 3 entries");
    add("/units/4/1", "2", "a.json: units[4][1] is 2, expected 0 (sliding) or 1 (full)");
    add("/units/4/1", "true", "a.json: units[4][1] is true, expected 0 (sliding) or 1 (full)");
    add("/units/4/1", "0.5", "a.json: units[4][1] is 0.5, expected 0");
    add("/units/4/1", "null", "a.json: units[4][1] is null, expected 0");
    add("/probabilities/2/0", "1.01", "a.json: probabilities[2][0] is 1.01, expected a number from 0 to 1");
    add("/probabilities/2", "[]", "a.json: probabilities[2] has 0 entries, expected 3 (model.kvHeads)");
    add("/probabilities/2/0", "\"x\"", "a.json: probabilities[2][0] is \"x\", expected a number");
    add("/provenance", "3", "a.json: provenance is 3, expected an object");
    add("/provenance/seed", "-3", "a.json: provenance.seed is -3, expected a whole number from 0");
    add("/provenance/step", "\"many\"", "a.json: provenance.step is \"many\", expected a whole number");
    add("/note", "{\"a\": 1}", "a.json: note is an object, expected a text");
    add("/note", "12345678901234567890123456789012345678901234567890", "a.json: note is");
}

void LayoutFileTest::namesWhatIsWrong() {
    QFETCH(QString, pointer);
    QFETCH(QString, value);
    QFETCH(QString, message);
    auto json = nlohmann::json::parse(toJson(sample(Granularity::KvHead)));
    const nlohmann::json::json_pointer place(pointer.toStdString());
    if (value.isEmpty()) {
        json[place.parent_pointer()].erase(place.back());
    } else {
        json[place] = nlohmann::json::parse(value.toStdString());
    }
    const QString actual = messageOf(json.dump());
    QVERIFY2(actual.startsWith(message), qPrintable("said: " + actual));
}

void LayoutFileTest::refusesTextThatIsNotJson() {
    const std::string whole = toJson(sample(Granularity::KvHead));
    for (std::size_t length = 0; length + 2 < whole.size(); length += 7) {
        const QString message = messageOf(whole.substr(0, length));
        QVERIFY2(message.startsWith("a.json is not JSON: ") && message.contains("line "), qPrintable(message));
    }
    QVERIFY(messageOf("{\"format\": 1e999}").startsWith("a.json"));
    QVERIFY(messageOf("{\"format\": \"\xff\xfe\"}").startsWith("a.json is not JSON"));
    QVERIFY(messageOf(std::string(100000, '[')).startsWith("a.json is nested deeper than"));
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(readLayoutFile("no/such/layout.json")), Error);
}

void LayoutFileTest::namesBothShapes() {
    LayoutFile file = sample(Granularity::Layer);
    file.layout = AttentionLayout({32, 8, Granularity::KvHead}, true);
    requireShape(file, {32, 8, Granularity::Layer}, "x.json");
    try {
        requireShape(file, {30, 3, Granularity::KvHead}, "x.json");
        QFAIL("another shape was accepted");
    } catch (const Error& error) {
        const QString message = error.what();
        QVERIFY2(message.startsWith("x.json holds a layout of 32 x 8 KV heads; the open model has 30 x 3"),
                 qPrintable(message));
        QVERIFY(error.kind() == ErrorKind::BadInput);
    }
}

void LayoutFileTest::namesBothModels() {
    const LayoutFile file = sample(Granularity::Layer);  // of Little "model"
    QVERIFY(otherModelWarning(file, "little-MODEL", "x.json").empty());
    QVERIFY(otherModelWarning(file, "", "x.json").empty());
    QVERIFY(otherModelWarning(LayoutFile(), "Little", "x.json").empty());
    const QString warning = QString::fromStdString(otherModelWarning(file, "Little model 2", "x.json"));
    QVERIFY2(warning.startsWith("x.json was made with Little \"model\", the open model is Little model 2"),
             qPrintable(warning));
    QVERIFY(!isSameModelName("\xc3\xa4", "\xc3\xb6"));  // letters beyond ASCII count
}

void LayoutFileTest::refusesToSaveNonsense() {
    LayoutFile file = sample(Granularity::KvHead);
    file.probabilities[4] = std::nan("");
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(toJson(file)), Error);
    file = sample(Granularity::KvHead);
    file.layout.full.pop_back();
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(toJson(file)), Error);
}

QTEST_APPLESS_MAIN(LayoutFileTest)
#include "tst_layout_file.moc"
