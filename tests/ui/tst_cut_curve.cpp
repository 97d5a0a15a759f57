// The cut curve: asked for once, drawn on the slider's axis, worded at the cut, greyed when the gates went on.
#include "tests/support/window_fixture.h"
#include "ui/models/gate_grid_model.h"
#include "ui/style/color_scale.h"
#include "ui/views/cut_curve_view.h"
#include "ui/views/sparsity_slider.h"

#include <QSettings>
#include <QVBoxLayout>

using namespace consa;

namespace {

CutCurve curveOf(int step) {
    CutCurve curve;
    curve.step = step;
    curve.nllFull = 2.5;
    for (int part = 1; part <= 4; ++part) {
        const double delta = 0.01 * part * part;
        curve.points.push_back({part * 0.2, 2.5 + delta, delta, 0.002});
    }
    return curve;
}

/// Pixels of a widget that have this colour.
int pixelsOf(QWidget& widget, const QColor& color) {
    const QImage image = widget.grab().toImage();
    int count = 0;
    for (int y = 0; y < image.height(); ++y)
        for (int x = 0; x < image.width(); ++x) count += image.pixel(x, y) == color.rgb();
    return count;
}

}  // namespace

class TestCutCurve : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QVERIFY(m_fixture.prepare()); }
    void cleanup() { m_fixture.close(); }

    void wordsOfTheCut() {
        QWidget frame;
        SparsitySlider slider(&frame);
        CutCurveView view(slider, &frame);
        QVERIFY(view.text().isEmpty());
        view.setCurve(curveOf(40), 40);
        view.setCut(0.62, 0.6);
        QCOMPARE(view.text(), QStringLiteral("cut 62.0 %: perplexity 13.33, +0.0900 ± 0.0020 nats"));
        view.setCut(0.7, 0.7);
        QCOMPARE(view.text(), QStringLiteral("cut 70.0 %: not measured"));
        view.setCurve(curveOf(40), 55);
        view.setCut(0.2, 0.2);
        QVERIFY(view.isStale());
        QVERIFY(view.text().startsWith(QStringLiteral("at step 40, cut 20.0 %")));
        QCOMPARE(view.accessibleDescription(), view.text());
    }

    void pointsStandOnTheSlidersAxis() {
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(40));
        auto& view = m_fixture.the<CutCurveView>();
        auto& slider = m_fixture.the<SparsitySlider>();
        QTRY_VERIFY(view.isVisible() && m_fixture.snapshot().cutCurve.points.size() >= 11);
        for (const CutPoint& point : m_fixture.snapshot().cutCurve.points) {
            const QPointF place = view.mapTo(m_fixture.window.get(), view.placeOf(point));
            const QPointF onSlider =
                slider.mapTo(m_fixture.window.get(), QPointF(slider.xOf(point.sparsity), slider.height() / 2.0));
            QCOMPARE(place.x(), onSlider.x());
            QVERIFY(QRectF(view.rect()).contains(view.placeOf(point)));
        }
        QTRY_VERIFY(view.text().startsWith(QStringLiteral("cut 50.0 %: perplexity")));
    }

    void exactCutIsMeasuredWhenTheSliderRests() {
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(40));
        auto& view = m_fixture.the<CutCurveView>();
        auto& slider = m_fixture.the<SparsitySlider>();
        QTRY_VERIFY(m_fixture.snapshot().cutCurve.points.size() >= 11);
        const QPoint start = slider.cutHandle().toPoint();
        const QPoint end(qRound(slider.xOf(0.66)), start.y());
        QTest::mousePress(&slider, Qt::LeftButton, {}, start);
        for (int x = start.x(); x < end.x(); x += 10) QTest::mouseMove(&slider, QPoint(x, start.y()));
        QTest::mouseMove(&slider, end);
        QVERIFY(view.text().endsWith(QStringLiteral("not measured")));
        QTest::mouseRelease(&slider, Qt::LeftButton, {}, end);
        QTRY_VERIFY(view.text().startsWith(QStringLiteral("cut 66.0 %: perplexity")));
        QCOMPARE(m_fixture.session->posted<CutCommand>().size(), std::size_t(1));
    }

    void curveOfOlderGatesIsGreyed() {
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(20));
        auto& view = m_fixture.the<CutCurveView>();
        QTRY_VERIFY(view.isVisible() && m_fixture.snapshot().cutCurve.points.size() >= 11);
        const QPalette palette = view.palette();
        const QColor live = layoutStyle(QStringLiteral("learned"), 0, palette.color(QPalette::WindowText), {}).color;
        QTRY_VERIFY(pixelsOf(view, live) > 20);
        const int step = m_fixture.snapshot().step;
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Space);
        QTRY_VERIFY(m_fixture.snapshot().step > step + 1);
        QTRY_VERIFY(view.isStale());
        QCOMPARE(pixelsOf(view, live), 0);
        QVERIFY(pixelsOf(view, mutedColor(palette)) > 20);
    }

    void isAskedForOnceAndRemembersTheSwitch() {
        QVERIFY(m_fixture.open());
        QTRY_COMPARE(m_fixture.session->posted<CutCurveCommand>().size(), std::size_t(1));
        QVERIFY(m_fixture.session->posted<CutCurveCommand>().front().isWanted);
        QVERIFY(m_fixture.trainUntil(5));
        QCOMPARE(m_fixture.session->posted<CutCurveCommand>().size(), std::size_t(1));
        toggle();
        QVERIFY(!m_fixture.session->posted<CutCurveCommand>().back().isWanted);
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(5));
        QVERIFY(m_fixture.session->posted<CutCurveCommand>().empty());
        QTest::qWait(100);
        QVERIFY(!m_fixture.the<CutCurveView>().isVisible());
        toggle();
        QTRY_VERIFY(m_fixture.the<CutCurveView>().isVisible());
    }

private:
    void toggle() {
        for (QAction* one : m_fixture.window->findChildren<QAction*>())
            if (one->text() == QLatin1String("Evaluate cuts while idle")) one->trigger();
    }

    WindowFixture m_fixture;
};

QTEST_MAIN(TestCutCurve)
#include "tst_cut_curve.moc"
