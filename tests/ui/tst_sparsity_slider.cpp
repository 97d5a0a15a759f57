// The slider: one commit a drag, Esc restores, the cut moves at once, an unfocused wheel does nothing.
#include "ui/views/sparsity_slider.h"

#include <QSignalSpy>
#include <QWheelEvent>
#include <QtTest>

using namespace consa;

namespace {

void sendWheel(QWidget& widget, int notches) {
    const QPointF place = widget.rect().center();
    QWheelEvent event(place, widget.mapToGlobal(place), QPoint(), QPoint(0, 120 * notches), Qt::NoButton,
                      Qt::NoModifier, Qt::NoScrollPhase, false);
    QCoreApplication::sendEvent(&widget, &event);
}

}  // namespace

class TestSparsitySlider : public QObject {
    Q_OBJECT

private slots:
    void init() {
        m_slider = std::make_unique<SparsitySlider>();
        m_slider->resize(632, 60);  // 600 pixels of groove: 6 a percent
        m_slider->setTarget(0.5);
        m_slider->setCut(std::nullopt, 0.5);
    }

    void dragCommitsOneTarget() {
        QSignalSpy moved(m_slider.get(), &SparsitySlider::targetMoved);
        QSignalSpy committed(m_slider.get(), &SparsitySlider::targetCommitted);
        const QPoint start = m_slider->targetHandle().toPoint();
        QTest::mousePress(m_slider.get(), Qt::LeftButton, {}, start);
        for (int percent = 1; percent <= 20; ++percent)
            QTest::mouseMove(m_slider.get(), start + QPoint(6 * percent, 0));
        QCOMPARE(moved.count(), 20);
        QCOMPARE(committed.count(), 0);
        QTest::mouseRelease(m_slider.get(), Qt::LeftButton, {}, start + QPoint(120, 0));
        QCOMPARE(committed.count(), 1);
        QCOMPARE(committed.front().front().toDouble(), 0.7);
    }

    void escapePutsTheTargetBack() {
        QSignalSpy committed(m_slider.get(), &SparsitySlider::targetCommitted);
        const QPoint start = m_slider->targetHandle().toPoint();
        QTest::mousePress(m_slider.get(), Qt::LeftButton, {}, start);
        QTest::mouseMove(m_slider.get(), start + QPoint(90, 0));
        QCOMPARE(m_slider->target(), 0.65);
        QTest::keyClick(m_slider.get(), Qt::Key_Escape);
        QTest::mouseRelease(m_slider.get(), Qt::LeftButton, {}, start + QPoint(90, 0));
        QCOMPARE(m_slider->target(), 0.5);
        QCOMPARE(committed.count(), 0);
    }

    void snapshotsDoNotMoveAHeldHandle() {
        const QPoint start = m_slider->targetHandle().toPoint();
        QTest::mousePress(m_slider.get(), Qt::LeftButton, {}, start);
        QTest::mouseMove(m_slider.get(), start + QPoint(60, 0));
        m_slider->setTarget(0.5);
        QCOMPARE(m_slider->target(), 0.6);
        QTest::mouseRelease(m_slider.get(), Qt::LeftButton, {}, start + QPoint(60, 0));
    }

    void grooveClickJumps() {
        QSignalSpy committed(m_slider.get(), &SparsitySlider::targetCommitted);
        QTest::mouseClick(m_slider.get(), Qt::LeftButton, {}, QPoint(16 + 450, 28));
        QCOMPARE(committed.count(), 1);
        QCOMPARE(m_slider->target(), 0.75);
    }

    void cutMovesAtOnceAndReturns() {
        QSignalSpy cut(m_slider.get(), &SparsitySlider::cutMoved);
        QSignalSpy committed(m_slider.get(), &SparsitySlider::targetCommitted);
        const QPoint start = m_slider->cutHandle().toPoint();
        QTest::mousePress(m_slider.get(), Qt::LeftButton, {}, start);
        QTest::mouseMove(m_slider.get(), start + QPoint(60, 0));
        QCOMPARE(cut.count(), 1);
        QVERIFY(cut.front().front().value<std::optional<double>>() == 0.6);
        QTest::mouseRelease(m_slider.get(), Qt::LeftButton, {}, start + QPoint(60, 0));
        QCOMPARE(m_slider->target(), 0.5);
        QCOMPARE(committed.count(), 0);
        QTest::mouseDClick(m_slider.get(), Qt::LeftButton, {}, m_slider->cutHandle().toPoint());
        QVERIFY(!cut.back().front().value<std::optional<double>>());
        QCOMPARE(m_slider->cut(), 0.5);
    }

    void keysCommitAfterAPause() {
        QSignalSpy committed(m_slider.get(), &SparsitySlider::targetCommitted);
        for (int press = 0; press < 5; ++press) QTest::keyClick(m_slider.get(), Qt::Key_Right);
        QCOMPARE(committed.count(), 0);
        QTRY_COMPARE(committed.count(), 1);
        QCOMPARE(m_slider->target(), 0.55);
        QTest::keyClick(m_slider.get(), Qt::Key_Left, Qt::ShiftModifier);
        QTest::keyClick(m_slider.get(), Qt::Key_Escape);
        QCOMPARE(m_slider->target(), 0.55);
        QTest::keyClick(m_slider.get(), Qt::Key_End);
        QTest::keyClick(m_slider.get(), Qt::Key_Return);
        QCOMPARE(committed.back().front().toDouble(), 1.0);
    }

    void wheelNeedsTheFocus() {
        sendWheel(*m_slider, 1);
        QCOMPARE(m_slider->target(), 0.5);
        m_slider->show();
        m_slider->activateWindow();
        m_slider->setFocus();
        QTRY_VERIFY(m_slider->hasFocus());
        sendWheel(*m_slider, 1);
        QCOMPARE(m_slider->target(), 0.51);
    }

private:
    std::unique_ptr<SparsitySlider> m_slider;
};

QTEST_MAIN(TestSparsitySlider)
#include "tst_sparsity_slider.moc"
