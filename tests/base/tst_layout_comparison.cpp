// Paired statistics against hand-computed and simulated values, and which rows are compared with which.
#include "core/evaluation/layout_comparison.h"

#include <QtTest>

#include <cmath>
#include <random>

using namespace consa;

namespace {

const UnitGrid kGrid{4, 2, Granularity::KvHead};

EvaluatedLosses row(const std::string& name, int fullUnits, std::vector<double> windowLosses) {
    EvaluatedLosses result;
    result.row.name = name;
    std::vector<double> scores(8);
    for (std::size_t i = 0; i < scores.size(); ++i) scores[i] = static_cast<double>(i);
    result.row.layout = layoutFromScores(kGrid, scores, fullUnits);
    for (const double loss : windowLosses) result.losses.push_back({loss * 4, loss * 6});  // 10 tokens a window
    return result;
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
    }
};

QTEST_APPLESS_MAIN(TestLayoutComparison)
#include "tst_layout_comparison.moc"
