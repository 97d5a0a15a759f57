// Learning on losses with a known optimum: the budget is met at every target and size, steering included.
#include "core/training/gate_learner.h"

#include "tests/support/expect_error.h"

#include <QtTest>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>

using namespace consa;

namespace {

/// Keeping unit i full lowers the loss by worth[i]; together .157 nats, most of it in few units, as measured on a model
/// of 90 KV heads. Every batch sees the worths differently.
class SyntheticLoss {
public:
    SyntheticLoss(std::size_t unitCount, std::uint64_t seed) : m_worth(unitCount), m_dice(seed) {
        std::lognormal_distribution<double> skewed(0, 1.5);
        for (double& worth : m_worth) worth = skewed(m_dice);
        const double sum = std::accumulate(m_worth.begin(), m_worth.end(), 0.0);
        for (double& worth : m_worth) worth *= 0.157 / sum;
    }

    [[nodiscard]] std::vector<double> gradientByZ() {
        std::normal_distribution<double> noise;
        std::vector<double> gradient;
        for (const double worth : m_worth)
            gradient.push_back(-worth * (1 + 0.5 * noise(m_dice)) +
                               0.05 * noise(m_dice) / static_cast<double>(m_worth.size()));
        return gradient;
    }

    /// The share of the best possible worth that the layout keeps, 0..1.
    [[nodiscard]] double captured(const AttentionLayout& layout) const {
        std::vector<double> sorted = m_worth;
        std::sort(sorted.rbegin(), sorted.rend());
        double kept = 0, best = 0;
        for (std::size_t i = 0; i < m_worth.size(); ++i) kept += layout.full[i] * m_worth[i];
        for (int i = 0; i < layout.fullCount(); ++i) best += sorted[static_cast<std::size_t>(i)];
        return kept / best;
    }

private:
    std::vector<double> m_worth;
    std::mt19937_64 m_dice;
};

/// As the trainer's: warm-up over 8 steps, linear decay to a tenth over the last 30 %.
double rateAt(int step, int count) {
    const double left = step < 0.7 * count ? 1 : (count - step) / (0.3 * count);
    return 0.2 * std::min(1.0, (step + 1) / 8.0) * (0.1 + 0.9 * left);
}

void learn(GateLearner& learner, SyntheticLoss& loss, int steps, int stepCount) {
    for (int i = 0; i < steps; ++i) {
        const int step = static_cast<int>(learner.stepsDone());
        std::vector<GateLearner::Pull> pulls;
        for (const GateBank::Sample& sample : learner.samples(2)) {
            std::vector<double> gradient = loss.gradientByZ();
            for (double& value : gradient) value /= 2;  // each sees half of the batch
            pulls.push_back({sample, std::move(gradient)});
        }
        learner.learn(pulls, rateAt(step, stepCount));
    }
}

UnitGrid gridOf(int unitCount) {
    if (unitCount == 28) return {28, 8, Granularity::Layer};
    if (unitCount == 90) return {30, 3, Granularity::KvHead};
    return {28, 8, Granularity::KvHead};
}

TrainingConfig configFor(double target, std::uint64_t seed = 1) {
    TrainingConfig config;
    config.target = target;
    config.seed = seed;
    return config;
}

QString shown(double value) {
    return QString::number(value);
}

}  // namespace

class TestGateLearner : public QObject {
    Q_OBJECT

private Q_SLOTS:
    void meetsTheBudget_data() {
        QTest::addColumn<int>("unitCount");
        QTest::addColumn<double>("target");
        for (const int unitCount : {28, 90, 224})
            for (const double target : {0.1, 0.25, 0.5, 0.7, 0.75, 0.8, 0.875, 0.95})
                QTest::addRow("%d units, %g", unitCount, target) << unitCount << target;
    }

    void meetsTheBudget() {
        QFETCH(int, unitCount);
        QFETCH(double, target);
        const UnitGrid grid = gridOf(unitCount);
        const TrainingConfig config = configFor(target);
        GateLearner learner(grid, config);
        SyntheticLoss loss(static_cast<std::size_t>(unitCount), 3);
        learn(learner, loss, config.stepCount, config.stepCount);
        const double sparsity = learner.bank().expectedSparsity();
        QVERIFY2(std::abs(sparsity - target) < 0.005, qPrintable(shown(sparsity)));
        const AttentionLayout layout = learner.layoutAt(target);
        QCOMPARE(layout.fullCount(), static_cast<int>(std::floor(unitCount * (1 - target) + 0.5)));
        QVERIFY2(loss.captured(layout) > 0.9, qPrintable(shown(loss.captured(layout))));
    }

    /// At logAlphaLimit 6 every closed gate leaks P(z > 0) = .012: with five of 90 units full the expected sparsity
    /// can't reach .95, and the budget of the last full units would starve.
    void theClampLeavesRoomForTheBudget() {
        for (const int unitCount : {28, 90, 224}) {
            const UnitGrid grid = gridOf(unitCount);
            GateBank bank(grid, {.logAlphaLimit = TrainingConfig().logAlphaLimit});
            std::vector<double> closed(static_cast<std::size_t>(unitCount), -100.0);
            const int full = fullUnitsAtSparsity(unitCount, 0.95);
            std::fill_n(closed.begin(), full, 100.0);
            bank.set(closed);
            const double nominal = 1 - static_cast<double>(full) / unitCount;
            QVERIFY2(bank.expectedSparsity() > nominal - 0.002, qPrintable(shown(bank.expectedSparsity())));
        }
    }

    void followsAMovedTarget_data() {
        QTest::addColumn<double>("from");
        QTest::addColumn<double>("to");
        QTest::newRow("up") << 0.5 << 0.75;
        QTest::newRow("down") << 0.75 << 0.3;
    }

    void followsAMovedTarget() {
        QFETCH(double, from);
        QFETCH(double, to);
        const UnitGrid grid = gridOf(90);
        GateLearner learner(grid, configFor(from));
        SyntheticLoss loss(90, 7);
        learn(learner, loss, 75, 150);
        learner.retarget(to, 20);
        double before = learner.bank().expectedSparsity();
        for (int i = 0; i < 20; ++i) {  // smoothly: no step takes more than its share of the way
            learn(learner, loss, 1, 150);
            const double now = learner.bank().expectedSparsity();
            QVERIFY2(std::abs(now - before) < 1.5 * std::abs(to - from) / 20 + 0.01, qPrintable(shown(now - before)));
            before = now;
        }
        learn(learner, loss, 40, 150);
        const double sparsity = learner.bank().expectedSparsity();
        QVERIFY2(std::abs(sparsity - to) < 0.01, qPrintable(shown(sparsity)));
        QVERIFY2(loss.captured(learner.layoutAt(to)) > 0.93, qPrintable(shown(loss.captured(learner.layoutAt(to)))));
    }

    void theOptimiserBeginsAnewWhereTheTargetMoves_data() {
        QTest::addColumn<double>("to");
        QTest::newRow("up") << 0.75;
        QTest::newRow("down") << 0.3;
    }

    void theOptimiserBeginsAnewWhereTheTargetMoves() {
        QFETCH(double, to);
        GateLearner learner(gridOf(90), configFor(0.5));
        SyntheticLoss loss(90, 7);
        learn(learner, loss, 75, 150);
        const std::vector<double> before = learner.bank().logAlpha();
        QVERIFY(*std::max_element(before.begin(), before.end()) > 4);
        learner.retarget(to, 20);
        const GateState moved = learner.bank().state();
        QCOMPARE(moved.updateCount, 0);
        QCOMPARE(std::count(moved.firstMoment.begin(), moved.firstMoment.end(), 0.0), 90);
        QCOMPARE(std::count(moved.secondMoment.begin(), moved.secondMoment.end(), 0.0), 90);
        for (std::size_t i = 0; i < before.size(); ++i)  // decided gates may turn again where more are to close
            QCOMPARE(moved.logAlpha[i], to > 0.5 ? std::clamp(before[i], -4.0, 4.0) : before[i]);
        learn(learner, loss, 20, 150);
        QCOMPARE(learner.bank().state().updateCount, 20);
        learn(learner, loss, 1, 150);  // the first at the new target
        QCOMPARE(learner.bank().state().updateCount, 1);
    }

    void followsADragThroughTwentyValues() {
        GateLearner learner(gridOf(90), configFor(0.5));
        SyntheticLoss loss(90, 9);
        learn(learner, loss, 75, 150);
        for (int i = 1; i <= 20; ++i) {
            learner.retarget(0.5 + 0.01 * i, 20);
            learn(learner, loss, 1, 150);
        }
        learn(learner, loss, 60, 150);
        QVERIFY(std::abs(learner.bank().expectedSparsity() - 0.7) < 0.01);
        QVERIFY2(loss.captured(learner.layoutAt(0.7)) > 0.93, qPrintable(shown(loss.captured(learner.layoutAt(0.7)))));
    }

    void everyLayerMeetsItsBudget() {
        const UnitGrid grid{28, 8, Granularity::KvHead};
        TrainingConfig config = configFor(0.75);
        config.scope = Scope::PerLayer;
        GateLearner learner(grid, config);
        SyntheticLoss loss(224, 5);
        learn(learner, loss, config.stepCount, config.stepCount);
        const std::vector<double> sliding = learner.bank().slidingProbabilities();
        const AttentionLayout layout = learner.layoutAt(0.75);
        for (int layer = 0; layer < 28; ++layer) {
            double sum = 0;
            int full = 0;
            for (int head = 0; head < 8; ++head) {
                sum += sliding[static_cast<std::size_t>(layer * 8 + head)] / 8;
                full += layout.isFull(layer, head) ? 1 : 0;
            }
            QVERIFY2(std::abs(sum - 0.75) < 0.005, qPrintable(shown(sum)));
            QCOMPARE(full, 2);
        }
    }

    /// While the target rises from 0, pins alone can lie beyond it: the free gates must not all end at a clamp, nor the
    /// multiplier wind up.
    void learnsBesideManyPins_data() {
        QTest::addColumn<bool>("isFull");
        QTest::addColumn<bool>("perLayer");
        for (const bool isFull : {false, true})
            for (const bool perLayer : {false, true})
                QTest::addRow("%s, %s", isFull ? "full" : "sliding", perLayer ? "per layer" : "global")
                    << isFull << perLayer;
    }

    void learnsBesideManyPins() {
        QFETCH(bool, isFull);
        QFETCH(bool, perLayer);
        const UnitGrid grid{28, 8, Granularity::KvHead};
        TrainingConfig config = configFor(0.5);
        config.scope = perLayer ? Scope::PerLayer : Scope::Global;
        for (int layer = 0; layer < 28; ++layer) config.pins.push_back({layer, layer % 8, isFull});
        for (int head = 1; head < 8; ++head) config.pins.push_back({0, head, isFull});  // a layer without a free unit
        GateLearner learner(grid, config);
        SyntheticLoss loss(224, 6);
        learn(learner, loss, config.stepCount, config.stepCount);
        QVERIFY2(std::abs(learner.multiplier()) < 1, qPrintable(shown(learner.multiplier())));
        QVERIFY(learner.bank().undecidedCount() < 150);
        const AttentionLayout layout = learner.layoutAt(0.5);
        QCOMPARE(layout.fullCount(), 112);
        // Among the free units the most worthy must be the full ones.
        for (const Pin& pin : learner.pins()) QCOMPARE(layout.isFull(pin.layer, pin.unit), isFull);
        QVERIFY2(loss.captured(layout) > 0.75, qPrintable(shown(loss.captured(layout))));
    }

    void aPinThatLeavesNoRoomIsRefused() {
        TrainingConfig config = configFor(0.95);
        for (int layer = 0; layer < 6; ++layer) config.pins.push_back({layer, 0, true});
        VERIFY_ERROR(GateLearner(gridOf(90), config), "at least 6");
        config.pins.pop_back();
        GateLearner learner(gridOf(90), config);
        config.moves = {{10, 1.0}};
        VERIFY_ERROR(GateLearner(gridOf(90), config), "at least 5");
        VERIFY_ERROR(learner.retarget(1, 20), "at least 5");
        VERIFY_ERROR(learner.setPins({{0, 0, true}, {0, 0, false}}), "pinned twice");
        VERIFY_ERROR(learner.setPins({{30, 0, true}}), "outside");
        QCOMPARE(learner.pins().size(), std::size_t{5});
        QCOMPARE(learner.target(), 0.95);
    }

    void goesOnExactlyFromItsState() {
        TrainingConfig config = configFor(0.7);
        config.scope = Scope::PerLayer;
        config.pins = {{2, 1, false}};
        GateLearner whole(gridOf(90), config), first(gridOf(90), config), second(gridOf(90), configFor(0.7));
        SyntheticLoss a(90, 4), b(90, 4);
        learn(whole, a, 60, 150);
        learn(first, b, 30, 150);
        TrainingConfig resumedConfig = config;
        GateLearner resumed(gridOf(90), resumedConfig);
        resumed.restore(first.state());
        learn(resumed, b, 30, 150);
        QVERIFY(resumed.state() == whole.state());
        VERIFY_ERROR(second.restore(first.state()), "multipliers");
    }

    void aWholeLayerCanBePinned() {
        TrainingConfig config = configFor(0.5);
        config.pins = {pinFromString("3=full"), pinFromString("4.1=sliding")};
        const GateLearner learner(gridOf(90), config);
        QCOMPARE(learner.pins(), (std::vector<Pin>{{3, 0, true}, {3, 1, true}, {3, 2, true}, {4, 1, false}}));
        QCOMPARE(QString::fromStdString(toString(config.pins[0])), QStringLiteral("3=full"));
    }

    void thawedGatesRampFromWhereTheyAre() {
        GateLearner learner(gridOf(90), configFor(0.5));
        SyntheticLoss loss(90, 4);
        learn(learner, loss, 30, 150);
        learner.setFrozen(true);
        const double before = learner.bank().expectedSparsity();
        learn(learner, loss, 60, 150);
        QCOMPARE(learner.bank().expectedSparsity(), before);
        learner.setFrozen(false);
        learn(learner, loss, 1, 150);
        QVERIFY(std::abs(learner.bank().expectedSparsity() - before) < 0.02);
        learn(learner, loss, 59, 150);
        QVERIFY(std::abs(learner.bank().expectedSparsity() - 0.5) < 0.005);
    }

    void heldMultipliersStayWhileGatesLearn() {
        GateLearner learner(gridOf(90), configFor(0.5));
        SyntheticLoss loss(90, 4);
        learn(learner, loss, 30, 150);
        learner.setMultipliersHeld(true);
        const TrainerState before = learner.state();
        learn(learner, loss, 20, 150);
        QVERIFY(learner.state().multipliers == before.multipliers);
        QVERIFY(learner.state().gates.logAlpha != before.gates.logAlpha);
        GateLearner resumed(gridOf(90), configFor(0.5));
        resumed.restore(learner.state());
        QVERIFY(resumed.areMultipliersHeld());
        learner.setMultipliersHeld(false);
        learn(learner, loss, 5, 150);
        QVERIFY(learner.state().multipliers != before.multipliers);
    }

    void adoptsALayoutAmongEqualGates() {
        TrainingConfig config = configFor(0.5);
        GateLearner learner(gridOf(90), config);
        TrainerState state = learner.state();
        std::fill(state.gates.logAlpha.begin(), state.gates.logAlpha.end(), 8.0);
        learner.restore(state);
        AttentionLayout wanted = learner.layoutAt(0.5);
        std::swap(*std::find(wanted.full.begin(), wanted.full.end(), 1),
                  *std::find(wanted.full.begin(), wanted.full.end(), 0));
        learner.adopt(wanted);
        QVERIFY(learner.layoutAt(0.5) == wanted);
    }

    void adoptsALayoutAtItsBudget() {
        GateLearner learner(gridOf(90), configFor(0.5));
        SyntheticLoss loss(90, 4);
        learn(learner, loss, 30, 150);
        AttentionLayout wanted = learner.layoutAt(0.5);
        const auto full = std::find(wanted.full.begin(), wanted.full.end(), 1);
        const auto sliding = std::find(wanted.full.begin(), wanted.full.end(), 0);
        std::iter_swap(full, sliding);
        learner.adopt(wanted);
        QVERIFY(learner.layoutAt(0.5) == wanted);
    }
};

QTEST_APPLESS_MAIN(TestGateLearner)
#include "tst_gate_learner.moc"
