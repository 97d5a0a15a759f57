// The curves' tool row, and how a run's points are kept.
#include "tests/support/move_mouse.h"
#include "tests/support/window_fixture.h"
#include "ui/models/history_points.h"
#include "ui/models/moving_mean.h"
#include "ui/models/run_history.h"
#include "ui/views/history_chart.h"

#include <qcustomplot.h>
#include <QComboBox>
#include <QSpinBox>
#include <QtTest>
#include <cmath>

using namespace consa;

namespace {

std::vector<HistoryPoint> points(int count) {
    std::vector<HistoryPoint> made;
    for (int step = 1; step <= count; ++step)
        made.push_back({1, step, 3 + std::sin(step), 3.5, 0.001 * step, 0.25, step < 40 ? 0.5 : 0.75, 0.1 * step, 0.5});
    return made;
}

}  // namespace

class TestCurves : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QVERIFY(m_fixture.prepare()); }
    void cleanup() { m_fixture.close(); }

    void axisAndSmoothingAreRemembered() {
        QVERIFY(m_fixture.open());
        auto& first = m_fixture.the<HistoryChart>();
        QVERIFY(first.axis() == CurveAxis::Steps);
        QCOMPARE(first.smoothing(), 1);
        auto* axis = first.findChild<QComboBox*>();
        axis->setFocus();
        QTest::keyClick(axis, Qt::Key_Down);
        auto* smoothing = first.findChild<QSpinBox*>();
        smoothing->setFocus();
        QTest::keyClick(smoothing, Qt::Key_Up);
        QVERIFY(first.axis() == CurveAxis::Tokens);
        QVERIFY(m_fixture.open());
        auto& again = m_fixture.the<HistoryChart>();
        QVERIFY(again.axis() == CurveAxis::Tokens);
        QCOMPARE(again.smoothing(), 2);
        QCOMPARE(again.findChild<QComboBox*>()->currentIndex(), 1);
        // What no version wrote is no reason to draw nothing.
        QSettings().setValue(QStringLiteral("curves/axis"), 17);
        QSettings().setValue(QStringLiteral("curves/smoothing"), -3);
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.the<HistoryChart>().axis() == CurveAxis::Steps);
        QCOMPARE(m_fixture.the<HistoryChart>().smoothing(), 1);
        QSettings().clear();
    }

    void pointsComeBackAsTheyWere() {
        HistoryPoints kept;
        std::vector<HistoryPoint> made = points(5000);
        for (HistoryPoint& point : made) {
            kept.append(point);
            point.run = 0;
        }
        QVERIFY(kept.toVector() == made);
        QCOMPARE(kept.lowerBound(1), std::size_t(0));
        QCOMPARE(kept.lowerBound(2500), std::size_t(2499));
        QCOMPARE(kept.lowerBound(5001), std::size_t(5000));
        kept.truncate(1500);
        QCOMPARE(kept.size(), std::size_t(1500));
        kept.append(made[1500]);
        QCOMPARE(kept.back().step, 1501);
    }

    void pointsTakeWhatTheySay() {
        HistoryPoints kept;
        for (const HistoryPoint& point : points(100'000)) kept.append(point);
        QVERIFY(kept.bytes() >= 100'000 * HistoryPoints::kBytesAStep);
        QVERIFY(kept.bytes() < 101'100 * HistoryPoints::kBytesAStep);  // at most a block more
    }

    void meanIsThatOfTheLastValues() {
        MovingMean mean(3);
        QCOMPARE(mean.add(1), 1.0);
        QCOMPARE(mean.add(3), 2.0);
        QCOMPARE(mean.add(5), 3.0);
        QCOMPARE(mean.add(7), 5.0);
        QCOMPARE(mean.add(std::nan("")), 6.0);
    }

    /// The smoothed line comes on top of the loss, which stays whole; off at first.
    void smoothingNeverReplacesTheLoss() {
        QVERIFY(m_fixture.open() && m_fixture.trainUntil(30));
        auto& chart = m_fixture.the<HistoryChart>();
        auto* box = chart.findChild<QSpinBox*>();
        QCOMPARE(box->value(), 1);
        QVERIFY(graphNamed(chart, "smoothed loss")->data()->isEmpty());
        const int count = chart.pointCount();
        box->setFocus();
        box->selectAll();
        QTest::keyClicks(box, QStringLiteral("10"));
        QTest::keyClick(box, Qt::Key_Return);
        const QCPGraph* smooth = graphNamed(chart, "smoothed loss");
        const QCPGraph* loss = graphNamed(chart, "loss");
        QCOMPARE(chart.smoothing(), 10);
        QCOMPARE(chart.pointCount(), count);
        QVERIFY(loss->visible() && loss->pen().style() != Qt::NoPen);
        QCOMPARE(smooth->dataCount(), count);
        double sum = 0;
        for (int index = 10; index < 20; ++index) sum += loss->data()->at(index)->value;
        QVERIFY(std::abs(smooth->data()->at(19)->value - sum / 10) < 1e-12);
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Space);  // new points are smoothed too
        QTRY_VERIFY(chart.pointCount() > count + 10);
        QCOMPARE(smooth->dataCount(), chart.pointCount());
        box->setValue(1);
        QVERIFY(smooth->data()->isEmpty());
    }

    void followsUntilTheUserZooms() {
        FakeSession::Options options;
        options.stepTime = std::chrono::milliseconds(20);
        QVERIFY(m_fixture.open(options));
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Space);
        auto& chart = m_fixture.the<HistoryChart>();
        QTRY_VERIFY(chart.pointCount() > 10);
        const auto rangeOf = [&chart](int plot) {
            return chart.plot().axisRects()[plot]->axis(QCPAxis::atBottom)->range();
        };
        const QCPRange whole = rangeOf(0);
        QVERIFY(chart.isLive());
        const QRect area = chart.plot().axisRects()[1]->rect();
        const QPoint from(area.left() + area.width() / 10, area.center().y()), to(area.center());
        QTest::mousePress(&chart.plot(), Qt::LeftButton, {}, from);
        QTest::mouseMove(&chart.plot(), (from + to) / 2);
        QTest::mouseMove(&chart.plot(), to);
        QTest::mouseRelease(&chart.plot(), Qt::LeftButton, {}, to);
        QVERIFY(!chart.isLive());
        const QCPRange zoomed = rangeOf(1);
        QVERIFY(zoomed.size() < 0.6 * whole.size());
        for (int plot = 0; plot < 3; ++plot) QCOMPARE(rangeOf(plot), zoomed);  // all three go together
        const int before = chart.pointCount();
        QTRY_VERIFY(chart.pointCount() > before + 10);
        QCOMPARE(rangeOf(0), zoomed);  // what comes does not take the place away
        QTest::keyClick(&chart, Qt::Key_Home);
        QVERIFY(chart.isLive());
        QCOMPARE(rangeOf(2), whole);
    }

    void crosshairReadsOneStepInAllPlots() {
        QVERIFY(m_fixture.open() && m_fixture.trainUntil(40));
        auto& chart = m_fixture.the<HistoryChart>();
        chart.replotNow();
        const QImage before = chart.plot().grab().toImage();
        const QCPAxisRect* rect = chart.plot().axisRects()[2];
        const QPoint place(qRound(rect->axis(QCPAxis::atBottom)->coordToPixel(20)), rect->center().y());
        moveMouse(chart.plot(), place);
        QVERIFY(m_fixture.hasLabel(QStringLiteral("Step 20 ")));
        const QImage during = chart.plot().grab().toImage();
        const double scale = during.devicePixelRatio();
        for (const QCPAxisRect* plot : chart.plot().axisRects()) {
            // A line from top to bottom at that step, in every plot.
            int changed = 0, height = 0;
            for (int y = plot->top() + 2; y < plot->bottom() - 2; ++y, ++height) {
                const QPoint pixel((QPointF(place.x(), y) * scale).toPoint());
                bool differs = false;
                for (int side = -2; side <= 2; ++side)
                    differs = differs || before.pixel(pixel + QPoint(side, 0)) != during.pixel(pixel + QPoint(side, 0));
                changed += differs;
            }
            QVERIFY(changed > 0.8 * height);
        }
    }

    void everySteeringActionLeavesAMark() {
        RunHistory history;
        history.appendPoints(points(50));
        int step = 5;
        for (const char* kind : {"start", "retarget", "pin", "pause", "resume", "freeze", "evaluate", "stop", "note"})
            history.appendEvents({{1, step += 5, kind, "said"}});
        std::vector<std::string> kinds;
        for (const SessionEvent& event : history.events()) kinds.push_back(event.kind);
        QCOMPARE(kinds, (std::vector<std::string>{"retarget", "pin", "pause", "resume", "freeze", "evaluate", "stop"}));
    }

    void axisCountsStepsTokensOrTime() {
        RunHistory history;
        HistoryChart chart(history);
        chart.setStepTokens(4096);
        history.appendPoints(points(100));
        const QCPGraph* loss = graphNamed(chart, "loss");
        auto* box = chart.findChild<QComboBox*>();
        chart.show();
        const auto choose = [&](int index) {
            box->setFocus();
            QTest::keyClick(box, Qt::Key_Home);
            for (int down = 0; down < index; ++down) QTest::keyClick(box, Qt::Key_Down);
        };
        QCOMPARE(loss->data()->at(49)->key, 50.0);
        choose(1);
        QCOMPARE(chart.axis(), CurveAxis::Tokens);
        QCOMPARE(loss->data()->at(49)->key, 50 * 4096.0);
        choose(2);
        QCOMPARE(chart.axis(), CurveAxis::Time);
        QCOMPARE(loss->data()->at(49)->key, 25.0);  // half a second each
        history.appendPoints({{.run = 1, .step = 101, .loss = 3, .seconds = 2}});
        QCOMPARE(loss->data()->at(100)->key, 52.0);
        QVERIFY(chart.plot().axisRect(0)->axis(QCPAxis::atBottom)->range().upper >= 52);
        choose(0);
        QCOMPARE(loss->data()->at(100)->key, 101.0);
        QCOMPARE(chart.pointCount(), 101);
    }

    /// Constant stretches are kept as their ends, and every change of the target stays where it was.
    void constantStretchesKeepTheirEnds() {
        RunHistory history;
        HistoryChart chart(history);
        history.appendPoints(points(100));
        const QCPGraph* target = graphNamed(chart, "target");
        QCOMPARE(target->dataCount(), 4);
        const double keys[] = {1, 39, 40, 100};
        const double values[] = {50, 50, 75, 75};
        for (int corner = 0; corner < 4; ++corner) {
            QCOMPARE(target->data()->at(corner)->key, keys[corner]);
            QCOMPARE(target->data()->at(corner)->value, values[corner]);
        }
    }

private:
    static QCPGraph* graphNamed(HistoryChart& chart, const char* name) {
        for (int index = 0; index < chart.plot().graphCount(); ++index)
            if (chart.plot().graph(index)->name() == QLatin1String(name)) return chart.plot().graph(index);
        return nullptr;
    }

    WindowFixture m_fixture;
};

QTEST_MAIN(TestCurves)
#include "tst_curves.moc"
