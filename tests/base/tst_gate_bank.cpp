// Sampling, Adam and the constraint: determinism, a hand-computed update, and a toy whose optimum is known.
#include "core/gates/gate_bank.h"
#include "core/gates/hard_concrete.h"
#include "core/gates/sparsity_constraint.h"
#include "core/gates/target_ramp.h"
#include "tests/support/expect_error.h"

#include <QtTest>

#include <numeric>

using namespace consa;

namespace {

const UnitGrid kGrid{4, 3, Granularity::KvHead};

}  // namespace

class TestGateBank : public QObject {
    Q_OBJECT

private slots:
    void samplesDependOnSeedAndStepAlone() {
        const GateBank a(kGrid, {.seed = 7}), b(kGrid, {.seed = 7}), other(kGrid, {.seed = 8});
        (void)a.sample(3);
        QVERIFY(a.sample(12).z == b.sample(12).z);
        QVERIFY(a.sample(12).z != a.sample(13).z);
        QVERIFY(a.sample(12).z != other.sample(12).z);
        QVERIFY(a.logAlpha() != other.logAlpha());
    }

    void startsAtItsMean() {
        const GateBank bank({200, 8, Granularity::KvHead}, {.initialLogAlpha = 1.5, .seed = 3});
        const auto& values = bank.logAlpha();
        const double count = static_cast<double>(values.size());
        const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
        double squares = 0;
        for (const double value : values) squares += (value - mean) * (value - mean);
        QVERIFY(std::abs(mean - 1.5) < 1e-3);
        QVERIFY(std::abs(std::sqrt(squares / count) - 0.01) < 1e-3);
    }

    void firstUpdateIsTheLearningRate() {
        GateBank bank(kGrid, {.seed = 1});
        const std::vector<double> before = bank.logAlpha();
        std::vector<double> gradient(before.size(), 0.25);
        gradient[1] = -3;
        bank.update(gradient, 0.2);  // Adam's first step is lr x sign(gradient)
        QVERIFY(std::abs(bank.logAlpha()[0] - (before[0] - 0.2)) < 1e-5);
        QVERIFY(std::abs(bank.logAlpha()[1] - (before[1] + 0.2)) < 1e-5);
    }

    void aSharedScaleKeepsTheGradientsProportions() {
        GateBank bank(kGrid, {.seed = 1, .scaleSharing = 1});
        UnitPins pins(bank.logAlpha().size());
        pins[2] = true;
        bank.setPins(pins);
        const std::vector<double> before = bank.logAlpha();
        std::vector<double> gradient(before.size(), 0.5);
        gradient[1] = -2;
        gradient[2] = 1e6;  // of a pinned gate: counts for nothing
        const double move = bank.update(gradient, 0.2);
        const double rms = std::sqrt((4 + 10 * 0.25) / 11);  // of the eleven free gates
        QVERIFY(std::abs(bank.logAlpha()[0] - (before[0] - 0.2 * 0.5 / rms)) < 1e-5);
        QVERIFY(std::abs(bank.logAlpha()[1] - (before[1] + 0.2 * 2 / rms)) < 1e-5);
        QCOMPARE(bank.logAlpha()[2], before[2]);
        QVERIFY(std::abs(move - 0.2 * std::sqrt(11.0 / 12)) < 1e-5);  // root mean square over all twelve
    }

    void aScaleCanBeSharedInPart() {
        GateBank bank(kGrid, {.seed = 1, .scaleSharing = 0.5});
        const std::vector<double> before = bank.logAlpha();
        std::vector<double> gradient(before.size(), 0.5);
        gradient[1] = -2;
        (void)bank.update(gradient, 0.2);
        const double rms = std::sqrt((4 + 11 * 0.25) / 12);  // a gradient over the geometric mean of its size and this
        QVERIFY(std::abs(bank.logAlpha()[0] - (before[0] - 0.2 * 0.5 / std::sqrt(0.5 * rms))) < 1e-5);
        QVERIFY(std::abs(bank.logAlpha()[1] - (before[1] + 0.2 * 2 / std::sqrt(2 * rms))) < 1e-5);
    }

    void everySecondDrawMirrorsTheOneBefore() {
        GateBank bank(kGrid, {.seed = 7});
        bank.set(std::vector<double>(bank.logAlpha().size(), 0.0));  // symmetric about 1/2
        const auto first = bank.sample(5, 0), mirrored = bank.sample(5, 1), third = bank.sample(5, 2);
        QVERIFY(first.z == bank.sample(5).z);
        QVERIFY(third.z != first.z);
        for (std::size_t i = 0; i < first.z.size(); ++i) {
            QVERIFY(std::abs(first.z[i] + mirrored.z[i] - 1) < 1e-12);
            QVERIFY(std::abs(first.slope[i] - mirrored.slope[i]) < 1e-9);
        }
    }

    void updatesStayInsideTheClamp() {
        GateBank bank(kGrid, {.logAlphaLimit = 2, .seed = 1});
        const std::vector<double> gradient(bank.logAlpha().size(), -1);
        for (int i = 0; i < 100; ++i) bank.update(gradient, 0.3);
        for (const double value : bank.logAlpha()) QCOMPARE(value, 2.0);
    }

    void expectedSparsitySlopeMatchesFiniteDifferences() {
        GateBank bank(kGrid, {.seed = 5});
        const double before = bank.expectedSparsity();
        const std::vector<double> slope = bank.slidingProbabilitySlopes();
        GateState state = bank.state();
        constexpr double kStep = 1e-4;
        state.logAlpha[5] += kStep;
        bank.restore(state);
        QVERIFY(std::abs((bank.expectedSparsity() - before) * static_cast<double>(slope.size()) / kStep - slope[5]) <
                1e-3);
    }

    void restoreRefusesAnotherGrid() {
        GateBank bank(kGrid, {});
        const GateBank other({2, 2, Granularity::KvHead}, {});
        VERIFY_ERROR(bank.restore(other.state()), "4 units");
    }

    /// Units with known worth: keeping unit i full lowers the loss by worth[i]. Learning must keep nearly the most
    /// worthy set (a random one keeps half its worth), and the expected sparsity must come near the target.
    void learnsTheKnownOptimum_data() {
        QTest::addColumn<double>("target");
        for (const double target : {0.25, 0.5, 0.75}) QTest::addRow("%g", target) << target;
    }

    void learnsTheKnownOptimum() {
        QFETCH(double, target);
        const UnitGrid grid{8, 4, Granularity::KvHead};
        const int count = grid.unitCount(), steps = 150;
        std::vector<double> worth(static_cast<std::size_t>(count));
        for (std::size_t i = 0; i < worth.size(); ++i) worth[i] = 0.0003 * static_cast<double>((i * 13) % 32);
        GateBank bank(grid, {.seed = 2});
        SparsityConstraint constraint(grid, Scope::Global, 0.1, 10);
        const TargetRamp ramp{0, target, 0, static_cast<std::int64_t>(0.4 * steps)};
        for (int step = 0; step < steps; ++step) {
            const GateBank::Sample sample = bank.sample(step);
            const std::vector<double> errors =
                constraint.errors(bank.slidingProbabilities(), std::vector<double>{ramp.at(step)});
            std::vector<double> gradient(worth.size());
            for (std::size_t i = 0; i < worth.size(); ++i) gradient[i] = -worth[i] * sample.slope[i];
            constraint.addGradient(errors, bank.slidingProbabilitySlopes(), gradient);
            bank.update(gradient, 0.2);
            constraint.ascend(errors);
        }
        const int fullUnits = fullUnitsAtSparsity(count, target);
        const AttentionLayout layout = layoutFromScores(grid, bank.logAlpha(), fullUnits);
        double kept = 0, best = 0;
        std::vector<double> sorted = worth;
        std::sort(sorted.rbegin(), sorted.rend());
        for (std::size_t i = 0; i < worth.size(); ++i) kept += layout.full[i] * worth[i];
        for (int i = 0; i < fullUnits; ++i) best += sorted[static_cast<std::size_t>(i)];
        QVERIFY2(kept > 0.93 * best, qPrintable(QString("kept %1 of %2").arg(kept).arg(best)));
        QVERIFY2(std::abs(bank.expectedSparsity() - target) < 0.04,
                 qPrintable(QString::number(bank.expectedSparsity())));
    }

    void rampIsLinearAndMovesFromWhereItStands() {
        const TargetRamp ramp{0, 0.5, 0, 10};
        QCOMPARE(ramp.at(0), 0.0);
        QCOMPARE(ramp.at(5), 0.25);
        QCOMPARE(ramp.at(10), 0.5);
        const TargetRamp moved = ramp.retargeted(5, 0.75, 20);
        QCOMPARE(moved.at(5), 0.25);
        QCOMPARE(moved.at(15), 0.5);
        QCOMPARE(moved.at(40), 0.75);
        QVERIFY(!moved.hasEnded(24));
        QVERIFY(moved.hasEnded(25));
        QCOMPARE((TargetRamp{0, 0.5, 3, 0}).at(3), 0.5);  // no ramp: at once
    }
};

QTEST_APPLESS_MAIN(TestGateBank)
#include "tst_gate_bank.moc"
