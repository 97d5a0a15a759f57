// Checks counting, cutting and redrawing of layouts against small cases worked out by hand.
#include "core/base/error.h"
#include "core/layout/attention_layout.h"

#include <QTest>
#include <cmath>
#include <limits>
#include <set>

using namespace consa;

class AttentionLayoutTest : public QObject {
    Q_OBJECT

private slots:
    void wordsGoBothWays();
    void countsUnits();
    void layersAreRedrawnPerHead();
    void budgetsAreCounts_data();
    void budgetsAreCounts();
    void bestScoresBecomeFull();
    void tiesFollowTheSeed();
    void refusesWhatDoesNotFit();
};

void AttentionLayoutTest::wordsGoBothWays() {
    for (const Granularity granularity : {Granularity::Layer, Granularity::KvHead}) {
        QVERIFY(granularityFromString(toString(granularity)) == granularity);
    }
    QCOMPARE(QString::fromStdString(toString(Granularity::KvHead)), "kv-head");
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(granularityFromString("heads")), Error);
}

void AttentionLayoutTest::countsUnits() {
    const UnitGrid heads{30, 3, Granularity::KvHead};
    const UnitGrid layers{30, 3, Granularity::Layer};
    QCOMPARE(heads.unitCount(), 90);
    QCOMPARE(layers.unitCount(), 30);

    AttentionLayout layout(heads, false);
    QCOMPARE(layout.fullCount(), 0);
    QCOMPARE(layout.sparsity(), 1.0);
    layout.setFull(4, 2, true);
    layout.setFull(29, 0, true);
    layout.setFull(0, 0, true);
    QCOMPARE(layout.fullCount(), 3);
    QVERIFY(layout.isFull(4, 2) && layout.isHeadFull(4, 2) && !layout.isFull(4, 1));
    QCOMPARE(layout.full[4 * 3 + 2], std::uint8_t{1});
    QCOMPARE(layout.sparsity(), 87.0 / 90.0);
    QCOMPARE(AttentionLayout().sparsity(), 0.0);
    QVERIFY(AttentionLayout(heads, true) != layout);
}

void AttentionLayoutTest::layersAreRedrawnPerHead() {
    AttentionLayout layers({3, 4, Granularity::Layer}, false);
    layers.setFull(1, 0, true);
    QVERIFY(layers.isHeadFull(1, 3));
    QVERIFY(!layers.isHeadFull(2, 3));
    const AttentionLayout heads = layers.perKvHead();
    QVERIFY((heads.full == std::vector<std::uint8_t>{0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0}));
    QVERIFY(heads.grid.granularity == Granularity::KvHead);
    QCOMPARE(heads.sparsity(), layers.sparsity());
    QVERIFY(heads.perKvHead() == heads);
}

void AttentionLayoutTest::budgetsAreCounts_data() {
    QTest::addColumn<int>("units");
    QTest::addColumn<double>("sparsity");
    QTest::addColumn<int>("full");
    QTest::newRow("half of 90") << 90 << 0.5 << 45;
    QTest::newRow(".7 of 90") << 90 << 0.7 << 27;
    QTest::newRow(".8 of 90") << 90 << 0.8 << 18;
    QTest::newRow(".7 of 30") << 30 << 0.7 << 9;
    QTest::newRow("half rounds up") << 5 << 0.5 << 3;
    QTest::newRow("none slides") << 32 << 0.0 << 32;
    QTest::newRow("all slide") << 32 << 1.0 << 0;
    QTest::newRow("empty") << 0 << 0.3 << 0;
}

void AttentionLayoutTest::budgetsAreCounts() {
    QFETCH(int, units);
    QFETCH(double, sparsity);
    QFETCH(int, full);
    QCOMPARE(fullUnitsAtSparsity(units, sparsity), full);
}

void AttentionLayoutTest::bestScoresBecomeFull() {
    const UnitGrid grid{2, 3, Granularity::KvHead};
    const std::vector<double> scores{0.5, -1, 7, 0.25, -std::numeric_limits<double>::infinity(), 3};
    QVERIFY((layoutFromScores(grid, scores, 3).full == std::vector<std::uint8_t>{1, 0, 1, 0, 0, 1}));
    QVERIFY(layoutFromScores(grid, scores, 0) == AttentionLayout(grid, false));
    QVERIFY(layoutFromScores(grid, scores, 6) == AttentionLayout(grid, true));
}

void AttentionLayoutTest::tiesFollowTheSeed() {
    const UnitGrid grid{10, 2, Granularity::KvHead};
    std::vector<double> scores(20, 1.0);
    scores[13] = 2;
    scores[5] = 0;
    std::set<std::vector<std::uint8_t>> seen;
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        const AttentionLayout layout = layoutFromScores(grid, scores, 10, seed);
        QCOMPARE(layout.fullCount(), 10);
        QVERIFY(layout.full[13] == 1 && layout.full[5] == 0);
        QVERIFY(layout == layoutFromScores(grid, scores, 10, seed));
        seen.insert(layout.full);
    }
    QVERIFY2(seen.size() > 10, "ties must not always fall the same way");
}

void AttentionLayoutTest::refusesWhatDoesNotFit() {
    const UnitGrid grid{2, 2, Granularity::KvHead};
    const std::vector<double> scores{1, 2, 3, 4};
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(layoutFromScores(grid, std::vector<double>{1, 2}, 1)), Error);
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(layoutFromScores(grid, scores, 5)), Error);
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(layoutFromScores(grid, scores, -1)), Error);
    const std::vector<double> diverged{1, std::nan(""), 3, 4};
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(layoutFromScores(grid, diverged, 1)), Error);
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(fullUnitsAtSparsity(10, 1.01)), Error);
    QVERIFY_EXCEPTION_THROWN(static_cast<void>(fullUnitsAtSparsity(10, std::nan(""))), Error);
}

QTEST_APPLESS_MAIN(AttentionLayoutTest)
#include "tst_attention_layout.moc"
