// The heatmap: cells have the scale's colours, the readout says what the cell holds, keys move the selection.
#include "tests/support/move_mouse.h"
#include "ui/models/gate_grid_model.h"
#include "ui/models/gate_record.h"
#include "ui/style/application_style.h"
#include "ui/style/color_scale.h"
#include "ui/views/gate_heatmap.h"
#include "ui/views/heatmap_panel.h"

#include <QtTest>
#include <limits>

using namespace consa;

namespace {

/// Gates whose probabilities differ from cell to cell.
SessionSnapshot snapshotOf(int layers, int heads, Granularity granularity = Granularity::KvHead) {
    SessionSnapshot snapshot;
    snapshot.run = 1;
    snapshot.state = SessionState::Training;
    snapshot.grid = {layers, heads, granularity};
    snapshot.target = 0.5;
    for (int unit = 0; unit < snapshot.grid.unitCount(); ++unit) {
        const double share = (unit * 7 % snapshot.grid.unitCount()) / static_cast<double>(snapshot.grid.unitCount());
        snapshot.probability.push_back(share);
        snapshot.logAlpha.push_back(6 * share - 3);
    }
    return snapshot;
}

/// The widget as it looks once its queued redraw is done.
QImage pictureOf(QWidget& widget) {
    QCoreApplication::processEvents();
    return widget.grab().toImage();
}

/// The colour at a point in logical pixels, whatever the screen's scale.
QColor colorAt(const QImage& image, QPointF point) {
    return image.pixelColor((point * image.devicePixelRatio()).toPoint());
}

}  // namespace

class TestGateHeatmap : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { applyApplicationStyle(ThemeChoice::Light); }

    void colourBarSaysItsValueAndShowsItsCells() {
        GateGridModel model;
        GateRecord record;
        HeatmapPanel panel(model, record);
        panel.resize(600, 500);
        panel.show();
        QVERIFY(QTest::qWaitForWindowExposed(&panel));
        const SessionSnapshot snapshot = snapshotOf(10, 4);  // every fortieth from 0 to .975
        model.setSnapshot(snapshot);
        GateHeatmap& heatmap = panel.heatmap();
        const QImage before = pictureOf(heatmap);
        const QRectF bar = heatmap.scaleRect();
        QVERIFY(bar.height() > 100);
        const auto hover = [&](double value) {
            moveMouse(heatmap, {bar.center().x(), bar.top() + bar.height() * (1 - value)});
            return heatmap.scaleValue();
        };
        QVERIFY(hover(0.6) && std::abs(*hover(0.6) - 0.6) < 1 / bar.height());
        int near = 0;
        for (const double share : snapshot.probability) near += std::abs(share - *heatmap.scaleValue()) <= 0.025;
        QVERIFY(near >= 1);
        QVERIFY2(panel.readout().contains(QStringLiteral("%1 of 40 units within 0.025").arg(near)),
                 qPrintable(panel.readout()));
        QVERIFY(panel.readout().startsWith(
            QStringLiteral("P(full) %1").arg(QString::number(*heatmap.scaleValue(), 'f', 3))));
        // Those cells and no others look different.
        const QImage during = pictureOf(heatmap);
        const double scale = during.devicePixelRatio();
        for (int unit = 0; unit < 40; ++unit) {
            const QRectF cell = heatmap.cellRect({unit / 4, unit % 4});
            const QRect pixels((cell.topLeft() * scale).toPoint(), (cell.size() * scale).toSize());
            const bool isNear =
                std::abs(snapshot.probability[static_cast<std::size_t>(unit)] - *heatmap.scaleValue()) <= 0.025;
            QCOMPARE(before.copy(pixels) != during.copy(pixels), isNear);
        }
        moveMouse(heatmap, heatmap.cellRect({2, 1}).center());
        QVERIFY(!heatmap.scaleValue() && panel.readout().startsWith(QStringLiteral("Layer 2")));
        heatmap.setView(HeatmapView::Mask);
        QVERIFY(heatmap.scaleRect().isEmpty());
        QVERIFY(!hover(0.6));
    }

    void cellsHaveTheColoursOfTheScale_data() {
        QTest::addColumn<int>("layers");
        QTest::addColumn<int>("heads");
        QTest::addColumn<bool>("isByLayer");
        QTest::newRow("1x1") << 1 << 1 << false;
        QTest::newRow("8x4") << 8 << 4 << false;
        QTest::newRow("30x3") << 30 << 3 << false;
        QTest::newRow("28x8") << 28 << 8 << false;
        QTest::newRow("one KV head") << 18 << 1 << false;
        QTest::newRow("layers") << 30 << 3 << true;
        QTest::newRow("wide") << 2 << 16 << false;
    }

    void cellsHaveTheColoursOfTheScale() {
        QFETCH(int, layers);
        QFETCH(int, heads);
        QFETCH(bool, isByLayer);
        const SessionSnapshot snapshot =
            snapshotOf(layers, heads, isByLayer ? Granularity::Layer : Granularity::KvHead);
        GateGridModel model;
        GateHeatmap heatmap(model);
        heatmap.resize(640, 480);
        heatmap.show();
        model.setSnapshot(snapshot);
        const QImage image = pictureOf(heatmap);
        const int unitsPerLayer = snapshot.grid.unitsPerLayer();
        for (int layer = 0; layer < layers; ++layer) {
            for (int unit = 0; unit < unitsPerLayer; ++unit) {
                const QRectF rect = heatmap.cellRect({layer, unit});
                QVERIFY(QRectF(heatmap.rect()).contains(rect));
                QVERIFY(rect.width() >= 4 && rect.height() >= 4);
                const double value = snapshot.probability[static_cast<std::size_t>(layer * unitsPerLayer + unit)];
                QCOMPARE(colorAt(image, rect.center()), cividis(value));
            }
        }
    }

    void layerZeroIsOnTopAndHeadZeroLeft() {
        GateGridModel model;
        GateHeatmap heatmap(model);
        heatmap.resize(640, 480);
        heatmap.show();
        model.setSnapshot(snapshotOf(8, 4));
        pictureOf(heatmap);
        QVERIFY(heatmap.cellRect({0, 0}).bottom() < heatmap.cellRect({1, 0}).top());
        QVERIFY(heatmap.cellRect({0, 0}).right() < heatmap.cellRect({0, 1}).left());
    }

    void notANumberStandsOut() {
        SessionSnapshot snapshot = snapshotOf(8, 4);
        snapshot.probability[5] = std::numeric_limits<double>::quiet_NaN();
        GateGridModel model;
        GateHeatmap heatmap(model);
        heatmap.resize(640, 480);
        heatmap.show();
        model.setSnapshot(snapshot);
        const QImage image = pictureOf(heatmap);
        QCOMPARE(colorAt(image, heatmap.cellRect({1, 1}).center()), nanColor());
    }

    void maskShowsTheDecision() {
        GateGridModel model;
        GateHeatmap heatmap(model);
        heatmap.resize(640, 480);
        heatmap.show();
        model.setSnapshot(snapshotOf(8, 4));
        heatmap.setView(HeatmapView::Mask);
        const QImage image = pictureOf(heatmap);
        for (int layer = 0; layer < 8; ++layer) {
            // Beside the letter, in the corner: solid yellow, or dark with hatch lines.
            const QRectF rect = heatmap.cellRect({layer, 2});
            const QRect corner(rect.topLeft().toPoint() + QPoint(1, 1), QSize(12, 12));
            int bright = 0;
            for (int y = corner.top(); y <= corner.bottom(); ++y) {
                for (int x = corner.left(); x <= corner.right(); ++x)
                    bright += colorAt(image, QPointF(x, y)) == cividis(1.0);
            }
            QCOMPARE(bright, model.layout().isFull(layer, 2) ? 144 : 0);
        }
    }

    void readoutNamesTheHoveredCell() {
        const SessionSnapshot snapshot = snapshotOf(8, 4);
        GateGridModel model;
        const GateRecord record;
        HeatmapPanel panel(model, record);
        panel.resize(640, 520);
        panel.show();
        QVERIFY(QTest::qWaitForWindowExposed(&panel));
        model.setSnapshot(snapshot);
        GateHeatmap& heatmap = panel.heatmap();
        pictureOf(heatmap);
        QTest::mouseMove(&heatmap, heatmap.cellRect({3, 2}).center().toPoint());
        const QString probability = QString::number(snapshot.probability[14], 'f', 4);
        QTRY_VERIFY(panel.readout().contains(QStringLiteral("Layer 3 · KV head 2")));
        QVERIFY(panel.readout().contains(QStringLiteral("P(full) ") + probability));
        QVERIFY(panel.readout().contains(QStringLiteral("log alpha")));
        QTest::mouseMove(&heatmap, QPoint(2, 2));
        QTRY_VERIFY(panel.readout().contains(QStringLiteral("of 32 units full")));
    }

    void keysMoveTheSelection() {
        GateGridModel model;
        GateHeatmap heatmap(model);
        heatmap.resize(640, 480);
        model.setSnapshot(snapshotOf(8, 4));
        QTest::keyClick(&heatmap, Qt::Key_Down);
        QTest::keyClick(&heatmap, Qt::Key_Right);
        QVERIFY(heatmap.currentCell() == (UnitIndex{1, 1}));
        QTest::keyClick(&heatmap, Qt::Key_End);
        QTest::keyClick(&heatmap, Qt::Key_Right);
        QVERIFY(heatmap.currentCell() == (UnitIndex{1, 3}));
        QTest::keyClick(&heatmap, Qt::Key_PageDown);
        QVERIFY(heatmap.currentCell() == (UnitIndex{7, 3}));
        QTest::keyClick(&heatmap, Qt::Key_2);
        QCOMPARE(heatmap.view(), HeatmapView::Mask);
    }

    void canBeReachedAndNamed() {
        GateGridModel model;
        const GateHeatmap heatmap(model);
        QCOMPARE(heatmap.focusPolicy(), Qt::StrongFocus);
        QVERIFY(!heatmap.accessibleName().isEmpty());
    }

    void redrawIsQuick() {
        GateGridModel model;
        GateHeatmap heatmap(model);
        heatmap.resize(900, 700);
        heatmap.show();
        const SessionSnapshot snapshot = snapshotOf(32, 8);
        QBENCHMARK {
            model.setSnapshot(snapshot);
            QCoreApplication::processEvents();
        }
    }
};

QTEST_MAIN(TestGateHeatmap)
#include "tst_gate_heatmap.moc"
