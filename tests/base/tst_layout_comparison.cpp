// Paired statistics against hand-computed and simulated values, and which rows are compared with which.
#include "core/evaluation/layout_comparison.h"

#include <QtTest>

#include <cmath>
#include <map>
#include <random>

using namespace consa;

namespace {

const UnitGrid kGrid{4, 2, Granularity::KvHead};

/// `recallLosses`: summed over the window's recalled tokens, one a window.
EvaluatedLosses row(const std::string& name, int fullUnits, const std::vector<double>& windowLosses,
                    const std::vector<double>& recallLosses = {}) {
    EvaluatedLosses result;
    result.row.name = name;
    std::vector<double> scores(8);
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = static_cast<double>(i);
    result.row.layout = layoutFromScores(kGrid, scores, fullUnits);
    for (std::size_t i = 0; i < windowLosses.size(); ++i) {  // 10 tokens a window
        const double recall = recallLosses.empty() ? 0 : recallLosses[i];
        result.losses.push_back({{windowLosses[i] * 4, windowLosses[i] * 6}, recall});
    }
    return result;
}

bool isNear(double a, double b, double tolerance = 1e-12) {
    return std::abs(a - b) <= tolerance;
}

}  // namespace

class TestLayoutComparison : public QObject {
    Q_OBJECT

private slots:
    void oneWindowADocumentIsTheOrdinaryStandardError() {
        const std::vector<double> x{0.3, -0.1, 0.5, 0.2, 0.0};
        const std::vector<int> documents{0, 1, 2, 3, 4};
        const PairedDifference result = pairedDifference(x, documents);
        double squares = 0;
        for (const double value : x) squares += (value - 0.18) * (value - 0.18);
        QVERIFY(std::abs(result.mean - 0.18) < 1e-12);
        QVERIFY(std::abs(result.standardError - std::sqrt(squares / 4 / 5)) < 1e-12);
    }

    void repeatedWindowsOfADocumentAddNothing() {
        const std::vector<double> x{0.3, -0.1, 0.5};
        const std::vector<double> repeated{0.3, 0.3, 0.3, -0.1, -0.1, -0.1, 0.5, 0.5, 0.5};
        const double once = pairedDifference(x, std::vector<int>{0, 1, 2}).standardError;
        const double thrice = pairedDifference(repeated, std::vector<int>{0, 0, 0, 1, 1, 1, 2, 2, 2}).standardError;
        QVERIFY(std::abs(once - thrice) < 1e-12);
    }

    void errorCoversTheSpreadOfSimulatedMeans() {
        std::mt19937_64 random(9);
        std::normal_distribution<double> normal;
        std::vector<double> means, errors;
        for (int trial = 0; trial < 400; ++trial) {
            std::vector<double> x;
            std::vector<int> documents;
            for (int document = 0; document < 20; ++document) {
                const double effect = normal(random);
                for (int window = 0; window < 4; ++window) {
                    x.push_back(effect + 0.5 * normal(random));
                    documents.push_back(document);
                }
            }
            const PairedDifference result = pairedDifference(x, documents);
            means.push_back(result.mean);
            errors.push_back(result.standardError);
        }
        double spread = 0, error = 0;
        for (const double mean : means) spread += mean * mean / 400;
        for (const double one : errors) error += one / 400;
        QVERIFY(std::abs(error / std::sqrt(spread) - 1) < 0.1);
    }

    void oneDocumentGivesNoError() {
        QVERIFY(std::isnan(pairedDifference(std::vector<double>{1, 2}, std::vector<int>{3, 3}).standardError));
    }

    void gainsAreOverTheBestPhaseOfTheSameBudget() {
        const std::vector<int> documents{0, 1, 2};
        const auto full = row("full", 8, {2.0, 2.2, 2.4});
        const Comparison c =
            compareLayouts({full, row("learned", 4, {2.1, 2.31, 2.5}), row("interleaved:0@0.5", 4, {2.6, 2.82, 3.01}),
                            row("interleaved:1@0.5", 4, {2.4, 2.61, 2.8}),
                            row("interleaved:0@0.75", 2, {2.2, 2.4, 2.6}), row("sliding", 0, {3.0, 3.2, 3.41})},
                           full.losses, documents, {0, 4}, 10);
        const ComparisonRow& learned = c.rows[1];
        QVERIFY(std::abs(learned.nll - 6.91 / 3) < 1e-12);
        QVERIFY(std::abs(learned.deltaNll - 0.31 / 3) < 1e-12);
        QVERIFY(learned.hasGain);
        QVERIFY(std::abs(learned.gainOverInterleaved - 0.3) < 1e-12);  // over phase 1, not the other budget's
        QVERIFY(std::abs(learned.shareOfRuleGap - 0.9 / 1.21) < 1e-9);
        QVERIFY(std::abs(learned.shareOfSlidingGap - (3.01 - 0.31) / 3.01) < 1e-9);
        QCOMPARE(learned.tokens, 30);
        QCOMPARE(learned.documents, 3);
        QCOMPARE(learned.byPosition.size(), std::size_t{2});
        QCOMPARE(learned.byPosition[1].fromToken, 4);
        QCOMPARE(learned.byPosition[1].toToken, 10);
        QVERIFY(std::abs(learned.byPosition[1].deltaNll - 0.31 / 3) < 1e-12);
        QVERIFY(!c.rows[5].hasGain);
    }

    void insignificantGapsAreNotDividedBy() {
        const std::vector<int> documents{0, 1, 2};
        const auto full = row("full", 8, {2.0, 2.2, 2.4});
        const Comparison c =
            compareLayouts({full, row("learned", 4, {2.0, 2.2, 2.4}), row("interleaved:0@0.5", 4, {1.9, 2.4, 2.41})},
                           full.losses, documents, {0}, 10);
        QVERIFY(std::isnan(c.rows[1].shareOfRuleGap));
        QVERIFY(std::isnan(c.rows[1].shareOfSlidingGap));  // no sliding row
        QVERIFY(!c.rows[1].shareOfRuleGapInterval && !c.rows[1].shareOfSlidingGapInterval);
    }

    void aRatioOfEqualWeightsIsTheMean() {
        const std::vector<double> x{0.6, -0.2, 1.0, 0.4};
        const std::vector<int> documents{0, 0, 1, 2};
        const PairedDifference mean = pairedDifference(x, documents);
        const PairedDifference ratio = differencePerToken(x, std::vector<std::int64_t>{2, 2, 2, 2}, documents);
        QVERIFY(isNear(ratio.mean, mean.mean / 2));
        QVERIFY(isNear(ratio.standardError, mean.standardError / 2));
    }

    void aRatioWeighsTokens() {
        const std::vector<double> sums{3, 1, 5};
        const PairedDifference ratio =
            differencePerToken(sums, std::vector<std::int64_t>{2, 0, 3}, std::vector<int>{0, 0, 1});
        QVERIFY(isNear(ratio.mean, 8.0 / 5));  // a window without such tokens has nothing to say
        const double first = 3 - 1.6 * 2, second = 5 - 1.6 * 3;
        QVERIFY(isNear(ratio.standardError, std::sqrt(2 * (first * first + second * second)) / 5));
        const PairedDifference one = differencePerToken(sums, std::vector<std::int64_t>{2, 0, 0}, std::vector{0, 1, 2});
        QVERIFY(isNear(one.mean, 1.5) && std::isnan(one.standardError));
        const PairedDifference none =
            differencePerToken(sums, std::vector<std::int64_t>{0, 0, 0}, std::vector{0, 1, 2});
        QVERIFY(std::isnan(none.mean) && std::isnan(none.standardError));
    }

    void cutsOffATailOnEitherSide() {
        std::vector<double> values;
        for (int i = 200; i > 0; --i) values.push_back(i);
        QCOMPARE(centralInterval(values), (Interval{6, 195}));  // five off at either end
        QCOMPARE(centralInterval({3.0}), (Interval{3, 3}));
        QVERIFY(std::isnan(centralInterval({}).low));
    }

    void bootstrapsWholeDocuments() {
        // Documents sum to 3 and 10; another series is always twice the first.
        const std::vector<std::vector<double>> series{{1, 10, 2}, {2, 20, 4}};
        const auto draws = bootstrapSums(series, std::vector<int>{0, 1, 0}, 4000, 5);
        std::map<double, int> counts;
        for (const std::vector<double>& draw : draws) {
            QCOMPARE(draw[1], 2 * draw[0]);
            ++counts[draw[0]];
        }
        QCOMPARE(counts.size(), std::size_t{3});
        QVERIFY(std::abs(counts[6] - 1000) < 150 && std::abs(counts[13] - 2000) < 150 &&
                std::abs(counts[20] - 1000) < 150);
        QVERIFY(draws == bootstrapSums(series, std::vector<int>{0, 1, 0}, 4000, 5));
    }

    void intervalsAreThoseOfAllSamplesOfTwoDocuments() {
        // Each document's gap is 1; the layout closes .2 of one's and .8 of the other's: a sample .2, .5 or .8.
        const auto full = row("full", 8, {2.0, 3.0});
        const Comparison c = compareLayouts(
            {row("learned", 4, {2.8, 3.2}), row("interleaved:0@0.5", 4, {3.0, 4.0}), row("sliding", 0, {4.0, 5.0})},
            full.losses, {0, 1}, {0, 4}, 10);
        QVERIFY(isNear(c.rows[0].shareOfRuleGap, .5));
        QVERIFY(c.rows[0].shareOfRuleGapInterval && c.rows[0].shareOfSlidingGapInterval);
        QVERIFY(isNear(c.rows[0].shareOfRuleGapInterval->low, .2) &&
                isNear(c.rows[0].shareOfRuleGapInterval->high, .8));
        QVERIFY(isNear(c.rows[0].shareOfSlidingGapInterval->low, .6));
        QVERIFY(isNear(c.rows[0].shareOfSlidingGapInterval->high, .9));
        QVERIFY(isNear(c.rows[1].shareOfRuleGapInterval->low, 0) && isNear(c.rows[1].shareOfRuleGapInterval->high, 0));
    }

    void intervalsAgreeWithTheErrorWhereTheGapIsFixed() {
        std::mt19937_64 random(2);
        std::normal_distribution<double> normal;
        std::vector<double> full, learned, rule;
        std::vector<int> documents;
        for (int i = 0; i < 150; ++i) {
            full.push_back(2 + normal(random));
            rule.push_back(full.back() + 1);
            learned.push_back(full.back() + .4 + .3 * normal(random));
            documents.push_back(i);
        }
        const auto allFull = row("full", 8, full);
        const Comparison c = compareLayouts({row("learned", 4, learned), row("interleaved:0@0.5", 4, rule)},
                                            allFull.losses, documents, {0, 4}, 10);
        const Interval interval = c.rows[0].shareOfRuleGapInterval.value_or(Interval{});
        const double width = 2 * 1.96 * c.rows[0].gainStandardError;
        QVERIFY(isNear(interval.high - interval.low, width, .1 * width));
        QVERIFY(interval.low < c.rows[0].shareOfRuleGap && c.rows[0].shareOfRuleGap < interval.high);
    }

    void recallIsTakenPerToken() {
        const auto full = row("full", 8, {2, 2, 2}, {4, 0, 6});
        const Comparison c = compareLayouts({full, row("learned", 4, {3, 3, 3}, {7, 0, 11})}, full.losses, {0, 0, 1},
                                            {0, 4}, 10, {2, 0, 3});
        const ComparisonRow& learned = c.rows[1];
        QCOMPARE(learned.recallTokens, 5);
        QVERIFY(isNear(learned.recallNll, 18.0 / 5));
        QVERIFY(isNear(learned.recallDeltaNll, 8.0 / 5));
        const double deviation = 3 - 1.6 * 2;  // the other document's is its opposite
        QVERIFY(isNear(learned.recallDeltaStandardError, 2 * std::abs(deviation) / 5));
        QCOMPARE(c.rows[0].recallDeltaNll, 0.0);
    }

    void recallWithoutSuchTokensIsNotANumber() {
        const auto full = row("full", 8, {2, 2});
        for (const std::vector<std::int64_t>& tokens : {std::vector<std::int64_t>{}, std::vector<std::int64_t>{0, 0}}) {
            const Comparison c = compareLayouts({full}, full.losses, {0, 1}, {0, 4}, 10, tokens);
            QCOMPARE(c.rows[0].recallTokens, 0);
            QVERIFY(std::isnan(c.rows[0].recallNll) && std::isnan(c.rows[0].recallDeltaNll));
        }
    }

    void lossesThatAreNoNumbersGiveNoInterval() {
        const auto full = row("full", 8, {2.0, 2.2, 2.4});
        const Comparison c =
            compareLayouts({row("learned", 4, {std::nan(""), 2.2, 2.4}), row("sliding", 0, {3.0, 3.2, 3.41})},
                           full.losses, {0, 1, 2}, {0, 4}, 10);
        QVERIFY(std::isnan(c.rows[0].nll) && std::isnan(c.rows[0].shareOfSlidingGap));
        QVERIFY(!c.rows[0].shareOfSlidingGapInterval && c.rows[1].shareOfSlidingGapInterval);
    }

    void everyTwoRowsAreCompared() {
        const auto full = row("full", 8, {2.0, 2.2});
        const Comparison c =
            compareLayouts({full, row("a", 4, {2.5, 2.9}), row("b", 4, {2.4, 2.6})}, full.losses, {0, 1}, {0, 4}, 10);
        QCOMPARE(c.versus.size(), std::size_t{3});
        QCOMPARE(c.versus[2].row, std::size_t{1});
        QCOMPARE(c.versus[2].other, std::size_t{2});
        QVERIFY(isNear(c.versus[2].deltaNll, .2));       // .1 and .3
        QVERIFY(isNear(c.versus[2].standardError, .1));  // half their distance
    }
};

QTEST_APPLESS_MAIN(TestLayoutComparison)
#include "tst_layout_comparison.moc"
