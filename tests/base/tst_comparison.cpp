// Checks the two forms in which a comparison leaves the program: JSON rows and a terminal's table.
#include "core/evaluation/comparison.h"
#include "core/layout/layout_patterns.h"

#include <QRegularExpression>
#include <QTest>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>

using namespace consa;

namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
const UnitGrid kGrid{30, 3, Granularity::KvHead};

ComparisonRow row(const std::string& name, const AttentionLayout& layout, double nll) {
    ComparisonRow result;
    result.name = name;
    result.layout = layout;
    result.windowTokens = 256;
    result.sinkTokens = 4;
    result.nll = nll;
    result.deltaNll = nll - 2.7;
    result.deltaStandardError = 0.005;
    result.shareOfRuleGap = kNaN;
    result.shareOfSlidingGap = kNaN;
    result.tokens = 225280;
    result.documents = 21;
    return result;
}

Comparison sample() {
    Comparison comparison;
    comparison.split = "test";
    comparison.rows.push_back(row("full", AttentionLayout(kGrid, true), 2.7));
    comparison.rows.push_back(row("learned", randomLayout(kGrid, 0.7, 1), 2.75));
    comparison.rows.back().hasGain = true;
    comparison.rows.back().gainOverInterleaved = 0.0903;
    comparison.rows.back().gainStandardError = 0.0101;
    comparison.rows.back().shareOfRuleGap = 0.674;
    comparison.rows.back().shareOfSlidingGap = 0.723;
    comparison.rows.back().shareOfRuleGapInterval = {0.6, 0.75};
    comparison.rows.back().recallTokens = 812;
    comparison.rows.back().recallNll = 1.5;
    comparison.rows.back().recallDeltaNll = 0.25;
    comparison.rows.back().recallDeltaStandardError = 0.0625;
    comparison.rows.back().byPosition = {{0, 256, 5000, 3.1, 0.0}, {256, 512, 5000, 2.9, kNaN}};
    comparison.rows.push_back(row("interleaved:0@0.7", interleavedLayout(kGrid, 0.7, 0), 2.84));
    return comparison;
}

}  // namespace

class ComparisonTest : public QObject {
    Q_OBJECT

private slots:
    void jsonHasTheDocumentedKeys();
    void whatWasNotMeasuredIsNull();
    void tableIsAligned();
    void tableMarksTheBestSparseRow();
    void saysWhoseWeights();
    void reportsWhatHoldsForAllRows();
    void checksItselfBelowTheWindow();
    void saysHowOftenTheTestTextWasOpened();
    void leavesOutRecallThatIsNowhere();
    void emptyComparisonsAreFine();
};

void ComparisonTest::jsonHasTheDocumentedKeys() {
    const auto json = nlohmann::json::parse(toJson(sample()));
    QVERIFY(json.is_array());
    QCOMPARE(json.size(), std::size_t{3});
    const auto& learned = json[1];
    QVERIFY(learned["layout"] == "learned" && learned["fullUnits"] == 27 && learned["units"] == 90);
    QCOMPARE(learned["sparsity"].get<double>(), 63.0 / 90.0);
    QCOMPARE(learned["nll"].get<double>(), 2.75);
    QCOMPARE(learned["perplexity"].get<double>(), std::exp(2.75));
    QCOMPARE(learned["deltaNll"].get<double>(), 2.75 - 2.7);
    QCOMPARE(learned["deltaStandardError"].get<double>(), 0.005);
    QCOMPARE(learned["gainOverInterleaved"].get<double>(), 0.0903);
    QCOMPARE(learned["gainStandardError"].get<double>(), 0.0101);
    QCOMPARE(learned["shareOfRuleGap"].get<double>(), 0.674);
    QCOMPARE(learned["shareOfSlidingGap"].get<double>(), 0.723);
    QVERIFY(learned["tokens"] == 225280 && learned["documents"] == 21);
    QVERIFY(learned["window"] == 256 && learned["sinks"] == 4);
    const auto& bucket = learned["byPosition"].at(0);
    QVERIFY(bucket["from"] == 0 && bucket["to"] == 256 && bucket["tokens"] == 5000);
    QCOMPARE(bucket["nll"].get<double>(), 3.1);
    QCOMPARE(bucket["deltaNll"].get<double>(), 0.0);
    QVERIFY(learned["weights"] == "model");
    QVERIFY(learned["shareOfRuleGapInterval"] == nlohmann::json::parse("[0.6, 0.75]"));
    QVERIFY(learned["recallTokens"] == 812);
    QCOMPARE(learned["recallNll"].get<double>(), 1.5);
    QCOMPARE(learned["recallDeltaNll"].get<double>(), 0.25);
    QCOMPARE(learned["recallDeltaStandardError"].get<double>(), 0.0625);
    QCOMPARE(learned.size(), std::size_t{24});
    QVERIFY(toJson(sample()).find('\n') == std::string::npos);
}

void ComparisonTest::whatWasNotMeasuredIsNull() {
    Comparison comparison = sample();
    comparison.rows[2].nll = kNaN;
    const auto json = nlohmann::json::parse(toJson(comparison));
    for (const char* key :
         {"gainOverInterleaved", "gainStandardError", "shareOfRuleGap", "shareOfSlidingGap", "shareOfRuleGapInterval",
          "shareOfSlidingGapInterval", "recallNll", "recallDeltaNll", "recallDeltaStandardError"}) {
        QVERIFY2(json[0].contains(key) && json[0][key].is_null(), key);
    }
    QVERIFY(json[1]["byPosition"][1]["deltaNll"].is_null());
    QVERIFY(json[2]["nll"].is_null() && json[2]["perplexity"].is_null());
    QVERIFY(json[0]["byPosition"].is_array());
}

void ComparisonTest::tableIsAligned() {
    const QStringList lines = QString::fromStdString(toTable(sample())).split('\n', Qt::SkipEmptyParts);
    QCOMPARE(lines.size(), 5);  // and the self-check
    // Figures end where their title ends.
    const auto endOf = [](const QString& line, const QString& text) { return line.indexOf(text) + text.size(); };
    QCOMPARE(endOf(lines[2], "27/90"), endOf(lines[0], "full k/N"));
    QCOMPARE(endOf(lines[2], "70.0 %"), endOf(lines[0], "sparsity"));
    QCOMPARE(endOf(lines[2], "15.643"), endOf(lines[0], "PPL"));
    QCOMPARE(endOf(lines[2], "0.0500 +- 0.0050"), endOf(lines[0], "dNLL vs full"));
    QCOMPARE(endOf(lines[2], "0.0903 +- 0.0101"), endOf(lines[0], "gain vs interleaved"));
    QCOMPARE(endOf(lines[2], "67.4 % [60.0, 75.0]"), endOf(lines[0], "of rule gap"));
    QCOMPARE(endOf(lines[2], "72.3 %"), endOf(lines[0], "of sliding gap"));
    QCOMPARE(endOf(lines[2], "0.2500 +- 0.0625"), endOf(lines[0], "recall dNLL"));
    for (const QString& line : lines) QVERIFY(!line.contains("nan"));
}

void ComparisonTest::saysWhoseWeights() {
    Comparison comparison = sample();
    QVERIFY(toTable(comparison).find("weights") == std::string::npos);
    for (ComparisonRow& row : comparison.rows) row.hasTrainedWeights = true;
    QVERIFY(nlohmann::json::parse(toJson(comparison))[1]["weights"] == "trained");
    QVERIFY(toTable(comparison).find("All rows with the weights") != std::string::npos);
    comparison.rows[0].hasTrainedWeights = false;
    QVERIFY(toTable(comparison).find("the model's own in: full.") != std::string::npos);
}

void ComparisonTest::reportsWhatHoldsForAllRows() {
    Comparison comparison = sample();
    comparison.contextTokens = 4096;
    comparison.testOpenings = 3;
    comparison.versus = {{0, 1, -0.05, 0.004}, {1, 2, -0.09, kNaN}};
    const auto json = nlohmann::json::parse(toJsonReport(comparison));
    QCOMPARE(json.size(), std::size_t{7});
    QVERIFY(json["rows"] == nlohmann::json::parse(toJson(comparison)));
    QVERIFY(json["split"] == "test" && json["contextTokens"] == 4096 && json["documents"] == 21);
    QVERIFY(json["testOpenings"] == 3 && json["selfCheck"] == 0.0);
    QCOMPARE(json["versus"].size(), std::size_t{2});
    QVERIFY(json["versus"][0]["layout"] == "full" && json["versus"][0]["other"] == "learned");
    QCOMPARE(json["versus"][0]["deltaNll"].get<double>(), -0.05);
    QCOMPARE(json["versus"][0]["standardError"].get<double>(), 0.004);
    QVERIFY(json["versus"][1]["standardError"].is_null());
    QVERIFY(nlohmann::json::parse(toJsonReport(Comparison()))["selfCheck"].is_null());
}

void ComparisonTest::checksItselfBelowTheWindow() {
    Comparison comparison = sample();
    comparison.rows[2].byPosition = {{0, 256, 5000, 3.1, -2e-7}, {256, 512, 5000, 2.9, 0.3}};
    QCOMPARE(selfCheck(comparison), std::optional<double>(2e-7));
    QVERIFY(toTable(comparison).find("difference 2.0e-07 nats") != std::string::npos);
    comparison.rows[2].byPosition[0].deltaNll = kNaN;
    QVERIFY(std::isnan(selfCheck(comparison).value_or(0)));
    comparison.rows[2].byPosition[0].deltaNll = 0.04;
    comparison.rows[2].hasTrainedWeights = true;  // other weights differ below the window too
    QVERIFY(!selfCheck(comparison));
    for (ComparisonRow& row : comparison.rows) row.hasTrainedWeights = true;  // all with the same again
    QCOMPARE(selfCheck(comparison), std::optional<double>(0.04));
    comparison.rows[0].windowTokens = 128;  // now the bucket reaches beyond the smallest window
    QVERIFY(!selfCheck(comparison));
    QVERIFY(toTable(comparison).find("Self-check") == std::string::npos);
}

void ComparisonTest::saysHowOftenTheTestTextWasOpened() {
    Comparison comparison = sample();
    QVERIFY(toTable(comparison).find("opened") == std::string::npos);
    comparison.testOpenings = 1;
    QVERIFY(toTable(comparison).ends_with("The test text of this corpus was opened 1 time so far.\n"));
    comparison.testOpenings = 12;
    QVERIFY(toTable(comparison).ends_with("The test text of this corpus was opened 12 times so far.\n"));
    comparison.testOpenings.reset();
    QVERIFY(toTable(comparison).find("is not known") != std::string::npos);
    QVERIFY(nlohmann::json::parse(toJsonReport(comparison))["testOpenings"].is_null());
}

void ComparisonTest::leavesOutRecallThatIsNowhere() {
    Comparison comparison = sample();
    comparison.rows[1].recallTokens = 0;
    QVERIFY(toTable(comparison).find("recall") == std::string::npos);
}

void ComparisonTest::tableMarksTheBestSparseRow() {
    const QStringList lines = QString::fromStdString(toTable(sample())).split('\n', Qt::SkipEmptyParts);
    QVERIFY(lines[1].startsWith("  full"));
    QVERIFY(lines[2].startsWith("* learned"));
    QVERIFY(lines[3].startsWith("  interleaved"));
}

void ComparisonTest::emptyComparisonsAreFine() {
    QCOMPARE(toJson(Comparison()), std::string("[]"));
    QCOMPARE(QString::fromStdString(toTable(Comparison())).count('\n'), 1);
    Comparison comparison = sample();
    comparison.rows.resize(1);
    QVERIFY(!QString::fromStdString(toTable(comparison)).contains('*'));
}

QTEST_APPLESS_MAIN(ComparisonTest)
#include "tst_comparison.moc"
