// Runs that fail in mid-step: the window says why, stays alive, and goes on or begins another.
#include "tests/support/window_fixture.h"
#include "ui/views/message_bar.h"

#include <QAbstractButton>

using namespace consa;

class TestFailedRuns : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QVERIFY(m_fixture.prepare()); }
    void cleanup() { m_fixture.close(); }

    void lostDeviceIsSaidAndAnotherRunBegins() {
        FakeSession::Options options;
        options.failsAtStep = 10;
        QVERIFY(m_fixture.open(options));
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Space);
        QVERIFY(m_fixture.reaches(SessionState::Failed));
        QTRY_VERIFY(bar().isVisible());
        QVERIFY2(bar().text().contains(QStringLiteral("unspecified launch failure")), qPrintable(bar().text()));
        QCOMPARE(m_fixture.snapshot().step, 9);
        QVERIFY(offers(QStringLiteral("Run settings")));
        QVERIFY(!m_fixture.actionFor(QStringLiteral("Ctrl+."))->isEnabled());  // nothing is going on
        const std::uint64_t failed = m_fixture.snapshot().run;
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Space);
        QVERIFY(m_fixture.reaches(SessionState::Training));
        QVERIFY(m_fixture.snapshot().run > failed);
        QVERIFY(!bar().isVisible());
        QTRY_VERIFY(m_fixture.snapshot().step > 20);
    }

    void failedRunLetsTheWindowClose() {
        FakeSession::Options options;
        options.failsAtStep = 3;
        QVERIFY(m_fixture.open(options));
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Space);
        QVERIFY(m_fixture.reaches(SessionState::Failed));
        QVERIFY(m_fixture.window->close());  // no question: there is nothing to save
    }

    void exhaustedMemoryPausesAndSpaceGoesOn() {
        FakeSession::Options options;
        options.lacksMemoryAt = 10;
        QVERIFY(m_fixture.open(options));
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Space);
        QVERIFY(m_fixture.reaches(SessionState::Paused));
        QTRY_VERIFY(bar().isVisible());
        QVERIFY2(bar().text().contains(QStringLiteral("--context 256 should fit")), qPrintable(bar().text()));
        const std::uint64_t run = m_fixture.snapshot().run;
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Space);
        QTRY_VERIFY(m_fixture.snapshot().step > 20);
        QCOMPARE(m_fixture.snapshot().run, run);
    }

private:
    /// A button of the bar that begins with `text`.
    [[nodiscard]] bool offers(const QString& text) const {
        for (const QAbstractButton* button : bar().findChildren<QAbstractButton*>())
            if (button->isVisible() && button->text().startsWith(text)) return true;
        return false;
    }
    [[nodiscard]] MessageBar& bar() const { return m_fixture.the<MessageBar>(); }

    WindowFixture m_fixture;
};

QTEST_MAIN(TestFailedRuns)
#include "tst_failed_runs.moc"
