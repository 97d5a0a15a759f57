// Pattern statistics in hand-made layouts, and their random distribution against all layouts of a small grid.
#include "core/evaluation/pattern_test.h"
#include "core/layout/layout_patterns.h"
#include "tests/support/expect_error.h"

#include <QTest>
#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

using namespace consa;

namespace {

/// One row a layer: '#' full, '.' sliding.
AttentionLayout layoutOf(const std::vector<std::string>& rows) {
    AttentionLayout layout({static_cast<int>(rows.size()), static_cast<int>(rows[0].size()), Granularity::KvHead},
                           false);
    for (std::size_t layer = 0; layer < rows.size(); ++layer) {
        for (std::size_t unit = 0; unit < rows[layer].size(); ++unit)
            layout.setFull(static_cast<int>(layer), static_cast<int>(unit), rows[layer][unit] == '#');
    }
    return layout;
}

const PatternStatistic& named(const PatternTest& test, const std::string& name) {
    const auto found = std::find_if(test.statistics.begin(), test.statistics.end(),
                                    [&](const PatternStatistic& one) { return one.name == name; });
    return found == test.statistics.end() ? test.statistics.front() : *found;
}

bool isNear(double a, double b, double tolerance) {
    return std::abs(a - b) <= tolerance;
}

/// Longest run of layers with a full unit, for every layout of 3 full units among 4 layers of 2.
std::vector<int> allLongestBlocks() {
    std::vector<int> result;
    for (unsigned bits = 0; bits < 256; ++bits) {
        int full = 0, run = 0, longest = 0;
        for (unsigned layer = 0; layer < 4; ++layer) {
            const unsigned pair = bits >> (2 * layer) & 3U;
            full += static_cast<int>((pair & 1U) + (pair >> 1U));
            run = pair != 0 ? run + 1 : 0;
            longest = std::max(longest, run);
        }
        if (full == 3) result.push_back(longest);
    }
    return result;
}

}  // namespace

class TestPatternTest : public QObject {
    Q_OBJECT

private slots:
    void measuresAHandMadeLayout() {
        const PatternTest test = testPatterns(layoutOf({"..", "#.", "##", "##", ".#", ".."}), 500, 3);
        QCOMPARE(test.fullUnits, 6);
        QCOMPARE(test.unitCount, 12);
        QCOMPARE(test.slidingShare, (std::vector<double>{1, .5, 0, 0, .5, 1}));
        QCOMPARE(named(test, "longestFullBlock").observed, 4.0);
        QCOMPARE(named(test, "longestAllFullBlock").observed, 2.0);
        QCOMPARE(named(test, "fullShareBottom").observed, .25);
        QCOMPARE(named(test, "fullShareMiddle").observed, 1.0);
        QCOMPARE(named(test, "fullShareTop").observed, .25);
        QVERIFY(isNear(named(test, "varianceOfSlidingShare").observed, 1.0 / 6, 1e-12));  // four layers .5 off, of six
    }

    void thirdsMeetAtRoundedLayers() {
        const PatternTest test = testPatterns(layoutOf({"#", "#", ".", "."}), 10, 0);  // 1, 2 and 1 layers
        QCOMPARE(named(test, "fullShareBottom").observed, 1.0);
        QCOMPARE(named(test, "fullShareMiddle").observed, .5);
        QCOMPARE(named(test, "fullShareTop").observed, 0.0);
    }

    void randomLayoutsCoverAllLayouts() {
        const std::vector<int> all = allLongestBlocks();
        QCOMPARE(all.size(), std::size_t{56});
        double mean = 0, atLeastThree = 0;
        for (const int longest : all) {
            mean += longest / 56.0;
            atLeastThree += longest >= 3 ? 1 / 56.0 : 0;
        }
        const PatternTest test = testPatterns(layoutOf({"#.", ".#", "#.", ".."}), 40000, 11);
        const PatternStatistic& longest = named(test, "longestFullBlock");
        QCOMPARE(longest.observed, 3.0);
        QVERIFY(isNear(longest.randomMean, mean, .01));
        QVERIFY(isNear(longest.pValue, std::min(1.0, 2 * atLeastThree), .02));
        // Units of a layer are drawn without order, so a third holds what chance gives it.
        QVERIFY(isNear(named(test, "fullShareMiddle").randomMean, 3.0 / 8, .01));
        QCOMPARE(longest.random95, (Interval{1, 3}));
    }

    void anExtremeLayoutHasTheSmallestP() {
        const PatternTest test = testPatterns(middleFullLayout({30, 3, Granularity::KvHead}, .8), 999, 1);
        const PatternStatistic& middle = named(test, "fullShareMiddle");
        QCOMPARE(middle.pValue, 2.0 / 1000);  // no random layout comes near: twice (0 + 1) / (999 + 1)
        QVERIFY(middle.observed > middle.random95.high);
        QCOMPARE(named(test, "longestAllFullBlock").pValue, 2.0 / 1000);
        QCOMPARE(test.layersOutsideBand, 6);  // the full layers: one in 125 is by chance
    }

    void randomLayoutsAreSeldomSpecial() {
        int special = 0;
        constexpr int kLayouts = 400;
        for (int seed = 0; seed < kLayouts; ++seed) {
            const AttentionLayout layout =
                randomLayout({16, 4, Granularity::KvHead}, .5, static_cast<std::uint64_t>(seed));
            special += named(testPatterns(layout, 199, 7), "varianceOfSlidingShare").pValue <= .05 ? 1 : 0;
        }
        QVERIFY2(special < kLayouts * 8 / 100, std::to_string(special).c_str());  // 5 %, and three errors of 1.1 %
    }

    void withoutAChoiceNothingIsSpecial() {
        for (const bool isFull : {true, false}) {
            const PatternTest test = testPatterns(AttentionLayout({6, 2, Granularity::KvHead}, isFull), 50, 0);
            for (const PatternStatistic& one : test.statistics) {
                QCOMPARE(one.pValue, 1.0);
                QCOMPARE(one.random95, (Interval{one.observed, one.observed}));
            }
            QCOMPARE(test.layersOutsideBand, 0);
        }
    }

    void theSeedDecides() {
        const AttentionLayout layout = randomLayout({12, 2, Granularity::KvHead}, .5, 4);
        QCOMPARE(testPatterns(layout, 200, 5), testPatterns(layout, 200, 5));
        QVERIFY(testPatterns(layout, 200, 5) != testPatterns(layout, 200, 6));
    }

    void refusesWhatHasNoPattern() {
        VERIFY_ERROR(testPatterns(AttentionLayout(), 10), "without units");
        VERIFY_ERROR(testPatterns(layoutOf({"#."}), 0), "1 random layout or more");
    }

    void writesJsonAndATable() {
        const PatternTest test = testPatterns(layoutOf({"#.", ".."}), 100, 9);  // two layers: no middle third
        const auto json = nlohmann::json::parse(toJson(test));
        QVERIFY(json["fullUnits"] == 1 && json["units"] == 4 && json["draws"] == 100 && json["seed"] == 9);
        QVERIFY(json["slidingShare"] == nlohmann::json::parse("[0.5, 1.0]"));
        QCOMPARE(json["slidingShareBand"].size(), std::size_t{2});
        QCOMPARE(json["statistics"].size(), std::size_t{6});
        for (const auto& one : json["statistics"]) {
            const bool isMiddle = one["name"] == "fullShareMiddle";
            QCOMPARE(one["observed"].is_null(), isMiddle);
            QCOMPARE(one["pValue"].is_null(), isMiddle);
            QCOMPARE(one["random95"].size(), std::size_t{2});
        }
        const QString table = QString::fromStdString(toTable(test));
        QVERIFY(table.contains("full share of the middle third") && table.contains("100 layouts of 1 full units of 4"));
        QVERIFY(!table.contains("nan"));
    }
};

QTEST_APPLESS_MAIN(TestPatternTest)
#include "tst_pattern_test.moc"
