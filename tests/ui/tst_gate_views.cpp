// Change, table, turned heatmap, history of a gate and the timeline, driven as a user does.
#include "tests/support/window_fixture.h"
#include "ui/models/gate_grid_model.h"
#include "ui/models/gate_list_model.h"
#include "ui/models/gate_record.h"
#include "ui/style/color_scale.h"
#include "ui/views/gate_heatmap.h"
#include "ui/views/gate_history_view.h"
#include "ui/views/gate_table.h"
#include "ui/views/heatmap_panel.h"
#include "ui/views/reference_menu.h"
#include "ui/views/timeline_strip.h"

#include <QAbstractItemModelTester>
#include <QClipboard>
#include <QSlider>
#include <QtTest>

using namespace consa;

namespace {

SessionSnapshot snapshotAt(int step, std::uint64_t run = 1, int layers = 4, int heads = 2) {
    SessionSnapshot snapshot;
    snapshot.run = run;
    snapshot.step = step;
    snapshot.target = 0.5;
    snapshot.grid = {layers, heads, Granularity::KvHead};
    for (int unit = 0; unit < snapshot.grid.unitCount(); ++unit) {
        snapshot.logAlpha.push_back(unit % 2 == 0 ? 0.1 * step : -0.1 * step);
        snapshot.probability.push_back(0.5);
    }
    return snapshot;
}

}  // namespace

class TestGateViews : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QVERIFY(m_fixture.prepare()); }
    void cleanup() { m_fixture.close(); }

    void recordKeepsStepsInOrder() {
        GateRecord record;
        QSignalSpy changed(&record, &GateRecord::changed);
        for (const int step : {0, 1, 3}) record.setSnapshot(snapshotAt(step));
        record.setSnapshot(snapshotAt(3));  // the same again
        QCOMPARE(record.frames().size(), std::size_t(3));
        QCOMPARE(changed.count(), 3);
        QCOMPARE(record.indexAt(2), std::size_t(1));
        QCOMPARE(record.indexAt(99), std::size_t(2));
        record.setSnapshot(snapshotAt(1));  // resumed from a checkpoint
        QCOMPARE(record.frames().size(), std::size_t(2));
        record.setSnapshot(snapshotAt(0, 2));  // another run
        QCOMPARE(record.frames().size(), std::size_t(1));
    }

    void recordStaysSmall() {
        constexpr std::size_t kLimit = 100'000;
        GateRecord record(kLimit);
        for (int step = 0; step < 20'000; ++step) record.setSnapshot(snapshotAt(step));
        const std::size_t frameBytes = 8 * sizeof(float) + sizeof(GateFrame);
        QVERIFY(record.frames().size() * frameBytes <= kLimit);
        QVERIFY(record.frames().size() * frameBytes > kLimit / 4);
        QCOMPARE(record.frames().front().step, 0);
        QCOMPARE(record.frames().back().step, 19'999);
        QVERIFY(std::is_sorted(record.frames().begin(), record.frames().end(),
                               [](const auto& left, const auto& right) { return left.step < right.step; }));
    }

    void recordRoundsAsTheStepDid() {
        GateRecord record;
        SessionSnapshot pinned = snapshotAt(20);
        pinned.pins = {{0, 1, true}, {3, 0, false}};
        record.setSnapshot(pinned);
        const LayoutFile then = record.layoutAt(0);
        QCOMPARE(then.layout.fullCount(), 4);
        QVERIFY(then.layout.isFull(0, 1) && !then.layout.isFull(3, 0));
        QCOMPARE(then.probabilities[1], 1.0);
        QCOMPARE(then.probabilities[6], 0.0);
        // P(z > 0) at logAlpha 2: 1 - sigmoid(-1.599 - 2).
        QVERIFY(std::abs(then.probabilities[0] - 1 / (1 + std::exp(-3.599))) < 1e-3);
        QCOMPARE(then.provenance.step, 20);
    }

    void changeShowsTheDifference() {
        GateGridModel model;
        const SessionSnapshot snapshot = snapshotAt(10);
        model.setSnapshot(snapshot);
        model.setReference({QStringLiteral("before"), snapshot.grid, {1, 0, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5}});
        GateHeatmap heatmap(model);
        heatmap.resize(480, 480);
        heatmap.show();
        QTest::keyClick(&heatmap, Qt::Key_3);
        QCoreApplication::processEvents();
        const QImage image = heatmap.grab().toImage();
        const auto colorAt = [&](UnitIndex cell) {
            // Beside the sign in the middle.
            return image.pixelColor(
                ((heatmap.cellRect(cell).topLeft() + QPointF(4, 4)) * image.devicePixelRatio()).toPoint());
        };
        QCOMPARE(colorAt({0, 0}), changeColor(-0.5));
        QCOMPARE(colorAt({0, 1}), changeColor(0.5));
        QCOMPARE(colorAt({2, 0}), changeColor(0));
        model.setReference({QStringLiteral("other"), {9, 9, Granularity::KvHead}, {}});
        QCoreApplication::processEvents();
        QVERIFY(heatmap.content().effectiveView() == HeatmapView::Probability);
    }

    void turnedHeatmapSwapsTheKeys() {
        GateGridModel model;
        model.setSnapshot(snapshotAt(10, 1, 6, 2));
        GateHeatmap heatmap(model);
        heatmap.resize(480, 360);
        heatmap.show();
        QTest::keyClick(&heatmap, Qt::Key_T);
        QCoreApplication::processEvents();
        QVERIFY(heatmap.isTransposed());
        QVERIFY(heatmap.cellRect({0, 0}).right() < heatmap.cellRect({1, 0}).left());
        QVERIFY(heatmap.cellRect({0, 0}).bottom() < heatmap.cellRect({0, 1}).top());
        QTest::keyClick(&heatmap, Qt::Key_Right);
        QVERIFY(heatmap.currentCell() == (UnitIndex{1, 0}));
        QTest::keyClick(&heatmap, Qt::Key_Down);
        QVERIFY(heatmap.currentCell() == (UnitIndex{1, 1}));
        QTest::keyClick(&heatmap, Qt::Key_End);
        QVERIFY(heatmap.currentCell() == (UnitIndex{5, 1}));
        QTest::mouseClick(&heatmap, Qt::LeftButton, {}, heatmap.cellRect({3, 1}).center().toPoint());
        QVERIFY(heatmap.currentCell() == (UnitIndex{3, 1}));
    }

    void drawsEveryShape_data() {
        QTest::addColumn<int>("layers");
        QTest::addColumn<int>("heads");
        QTest::newRow("1x1") << 1 << 1;
        QTest::newRow("80x8") << 80 << 8;
        QTest::newRow("128x64") << 128 << 64;
    }

    void drawsEveryShape() {
        QFETCH(int, layers);
        QFETCH(int, heads);
        GateGridModel model;
        model.setSnapshot(snapshotAt(10, 1, layers, heads));
        GateHeatmap heatmap(model);
        heatmap.resize(560, 480);
        heatmap.show();
        for (const bool isTurned : {false, true}) {
            heatmap.setTransposed(isTurned);
            QCoreApplication::processEvents();
            QRectF all;
            for (int layer = 0; layer < layers; ++layer) {
                for (int unit = 0; unit < heads; ++unit) {
                    const QRectF cell = heatmap.cellRect({layer, unit});
                    QVERIFY(cell.width() >= 1 && cell.height() >= 1);
                    all |= cell;
                }
            }
            QVERIFY(QRectF(heatmap.rect()).contains(all));
            QVERIFY(all.width() >= 90 || all.height() >= 90);
        }
    }

    void listFollowsTheGrid() {
        GateGridModel grid;
        GateListModel list(grid);
        const QAbstractItemModelTester tester(&list);
        grid.setSnapshot(snapshotAt(10));
        grid.setPins({{1, 1, true}});
        QCOMPARE(list.rowCount(), 8);
        const auto text = [&](int row, int column) { return list.index(row, column).data().toString(); };
        QCOMPARE(text(3, GateListModel::Layer), QStringLiteral("1"));
        QCOMPARE(text(3, GateListModel::Unit), QStringLiteral("1"));
        QCOMPARE(text(3, GateListModel::LogAlpha), QStringLiteral("−1.00"));
        QCOMPARE(text(3, GateListModel::PinnedTo), QStringLiteral("full"));
        QCOMPARE(text(0, GateListModel::PinnedTo), QStringLiteral("–"));
        grid.setSnapshot(snapshotAt(10, 2, 6, 3));
        QCOMPARE(list.rowCount(), 18);
    }

    void tableSharesTheSelectionAndCopies() {
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(20));
        auto& panel = m_fixture.the<HeatmapPanel>();
        panel.heatmap().setFocus();
        panel.heatmap().select({2, 3});
        QTest::keyClick(&panel.heatmap(), Qt::Key_4);
        GateTable& table = panel.table();
        QVERIFY(table.isVisible() && !panel.heatmap().isVisible());
        QVERIFY(table.currentCell() == (UnitIndex{2, 3}));
        table.sortByColumn(GateListModel::Probability, Qt::DescendingOrder);
        double last = 2;
        for (int row = 0; row < table.model()->rowCount(); ++row) {
            const double value = table.model()->index(row, GateListModel::Probability).data().toDouble();
            QVERIFY(value <= last);
            last = value;
        }
        table.selectRow(0);
        QVERIFY(panel.heatmap().currentCell() == table.currentCell());
        QTest::keyClick(&table, Qt::Key_C, Qt::ControlModifier);
        const QStringList lines = QGuiApplication::clipboard()->text().trimmed().split(QLatin1Char('\n'));
        QCOMPARE(lines.size(), 2);
        QVERIFY(lines[0].startsWith(QStringLiteral("Layer\tKV head\tP(full)")));
        QTest::keyClick(&table, Qt::Key_2);
        QVERIFY(panel.heatmap().isVisible());
        QCOMPARE(panel.heatmap().view(), HeatmapView::Mask);
    }

    void timelineShowsThePastAndReturns() {
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(40));
        auto& timeline = m_fixture.the<TimelineStrip>();
        auto& gates = m_fixture.the<GateGridModel>();
        const auto& frames = m_fixture.the<GateRecord>().frames();
        QVERIFY(timeline.isVisible() && timeline.isLive());
        const std::vector<double> now = gates.probability();
        QTest::keyClick(&timeline.slider(), Qt::Key_Home);
        QVERIFY(!gates.isShowingSession() && !timeline.isLive());
        QCOMPARE(gates.shown().provenance.step, frames.front().step);
        QVERIFY(m_fixture.hasLabel(QStringLiteral("of this run")));
        QTest::keyClick(&timeline.slider(), Qt::Key_Right);
        QCOMPARE(gates.shown().provenance.step, frames[1].step);
        QTest::keyClick(&timeline.slider(), Qt::Key_End);
        QVERIFY(gates.isShowingSession() && timeline.isLive());
        QVERIFY(gates.probability() == now);
    }

    void timelineStaysWhileTheRunGoesOn() {
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(20));
        auto& timeline = m_fixture.the<TimelineStrip>();
        // Snapshots coalesce, so a slow machine records few steps; the first of them is never the last.
        timeline.slider().setValue(0);
        QVERIFY(!timeline.isLive());
        const int shown = m_fixture.the<GateGridModel>().shown().provenance.step;
        const int before = m_fixture.snapshot().step;
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Space);
        QTRY_VERIFY(m_fixture.snapshot().step > before + 20);
        QCOMPARE(m_fixture.the<GateGridModel>().shown().provenance.step, shown);
        QVERIFY(timeline.slider().maximum() > timeline.slider().value());
    }

    void historyFollowsTheSelectedGate() {
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(30));
        auto& history = m_fixture.the<GateHistoryView>();
        const auto& record = m_fixture.the<GateRecord>();
        QVERIFY(history.summary().isEmpty());
        m_fixture.the<GateHeatmap>().select({4, 1});
        const std::size_t last = record.frames().size() - 1;
        QVERIFY(history.summary().contains(QString::number(record.probability(last, 17), 'f', 3)));
        QVERIFY(history.placeOf(0).x() < history.placeOf(last).x());
        // Higher P(full) is drawn higher.
        const bool hasRisen = record.probability(last, 17) > record.probability(0, 17);
        QCOMPARE(history.placeOf(last).y() < history.placeOf(0).y(), hasRisen);
    }

    void copiesTheCell() {
        QVERIFY(m_fixture.open());
        m_fixture.the<GateHeatmap>().select({3, 2});
        QTest::keyClick(&m_fixture.the<GateHeatmap>(), Qt::Key_C, Qt::ControlModifier);
        const QString copied = QGuiApplication::clipboard()->text();
        QVERIFY(copied.contains(QStringLiteral("Layer 3 · KV head 2")) &&
                copied.contains(QStringLiteral("P(full) 0.9")));
    }

    void referenceFollowsStartOrStays() {
        QVERIFY(m_fixture.open());
        auto& gates = m_fixture.the<GateGridModel>();
        auto& menu = m_fixture.the<ReferenceMenu>();
        QVERIFY(m_fixture.trainUntil(60));
        QVERIFY(gates.hasReference());
        m_fixture.the<HeatmapPanel>().setPage(GatePage::Change);
        QVERIFY(m_fixture.the<GateHeatmap>().content().effectiveView() == HeatmapView::Change);
        menu.chooseShown();
        for (int layer = 0; layer < 8; ++layer)
            QCOMPARE(gates.index(layer, 0).data(GateGridModel::ChangeRole).toDouble(), 0.0);
        m_fixture.the<GateHeatmap>().select({1, 1});
        QVERIFY(m_fixture.the<HeatmapPanel>().readout().contains(QStringLiteral("+0.0000 since step")));
        menu.chooseStart();
        double largest = 0;
        for (int layer = 0; layer < 8; ++layer)
            largest = std::max(largest, std::abs(gates.index(layer, 0).data(GateGridModel::ChangeRole).toDouble()));
        QVERIFY(largest > 0.1);
    }

    void thresholdPartsFullFromSliding() {
        GateGridModel model;
        SessionSnapshot snapshot = snapshotAt(10);
        for (std::size_t unit = 0; unit < 8; ++unit) {
            snapshot.logAlpha[unit] = static_cast<double>(unit);
            snapshot.probability[unit] = 0.1 * static_cast<double>(unit);
        }
        model.setSnapshot(snapshot);
        QVERIFY(model.threshold() && std::abs(*model.threshold() - 0.35) < 1e-9);
        snapshot.config.scope = Scope::PerLayer;  // no single value parts them
        model.setSnapshot(snapshot);
        QVERIFY(!model.threshold());
    }

private:
    WindowFixture m_fixture;
};

QTEST_MAIN(TestGateViews)
#include "tst_gate_views.moc"
