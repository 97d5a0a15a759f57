// Every state of the session has a word, a sentence where something is expected of the user, and an action to go on by.
#include "tests/support/window_fixture.h"
#include "ui/views/message_bar.h"
#include "ui/views/status_strip.h"

#include <QAbstractButton>
#include <QToolButton>

using namespace consa;

class TestStates : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QVERIFY(m_fixture.prepare()); }
    void cleanup() { m_fixture.close(); }

    void emptyOffersToOpenAModel() {
        m_fixture.session = std::make_unique<FakeSession>();
        m_fixture.window = std::make_unique<MainWindow>(*m_fixture.session);
        m_fixture.window->show();
        QVERIFY(QTest::qWaitForWindowExposed(m_fixture.window.get()));
        QCOMPARE(m_fixture.snapshot().state, SessionState::Empty);
        QVERIFY(says(QStringLiteral("Empty")));
        QVERIFY(m_fixture.hasLabel(QStringLiteral("Open a model, then train its gates.")));
        QVERIFY(hasButton(QStringLiteral("Open model")));
        QVERIFY(!action(QStringLiteral("Start"))->isEnabled());
        QVERIFY(action(QStringLiteral("Start"))->toolTip().contains(QStringLiteral("Open a model")));
    }

    void aRunGoesThroughItsStates() {
        QVERIFY(m_fixture.open());
        QVERIFY(says(QStringLiteral("Ready")));
        QVERIFY(m_fixture.hasLabel(QStringLiteral("Press Space to train the demo, then drag the slider.")));
        QVERIFY(canDo({QStringLiteral("Start")}));
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Space);
        QVERIFY(m_fixture.reaches(SessionState::Training));
        QVERIFY(says(QStringLiteral("Training")));
        QVERIFY(canDo({QStringLiteral("Pause"), QStringLiteral("Stop")}));
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Space);
        QVERIFY(m_fixture.reaches(SessionState::Paused));
        QVERIFY(says(QStringLiteral("Paused")));
        QVERIFY(canDo({QStringLiteral("Resume"), QStringLiteral("Stop")}));
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Period, Qt::ControlModifier);
        QVERIFY(m_fixture.reaches(SessionState::Finished));
        QVERIFY(says(QStringLiteral("Finished")));
        QVERIFY(canDo({QStringLiteral("Start")}));
        QTest::keyClick(m_fixture.window.get(), Qt::Key_E, Qt::ControlModifier);
        QVERIFY(m_fixture.reaches(SessionState::Evaluating));
        QVERIFY(says(QStringLiteral("Evaluating")));
        QVERIFY(canDo({}));
        QVERIFY(action(QStringLiteral("Start"))->toolTip().contains(QStringLiteral("Esc cancels it")));
        QVERIFY(m_fixture.actionFor(QStringLiteral("Esc"))->isEnabled());
        QVERIFY(m_fixture.reaches(SessionState::Finished));
    }

    void aModelThatCanNotBeReadOffersToOpenAnother() {
        FakeSession::Options options;
        options.failOn = "default";
        QVERIFY(m_fixture.open(options));
        m_fixture.window->openPath(QStringLiteral("default"));
        QVERIFY(m_fixture.reaches(SessionState::Empty));
        auto& bar = m_fixture.the<MessageBar>();
        QTRY_VERIFY(bar.isVisible());
        QVERIFY(bar.text().contains(QStringLiteral("default")));
        bool offersToOpen = false;
        for (const QAbstractButton* button : bar.findChildren<QAbstractButton*>())
            offersToOpen =
                offersToOpen || (button->isVisible() && button->text().startsWith(QStringLiteral("Open model")));
        QVERIFY(offersToOpen);
        QVERIFY(canDo({}));
        QVERIFY(action(QStringLiteral("Start"))->toolTip().contains(QStringLiteral("Open a model")));
    }

private:
    [[nodiscard]] bool says(const QString& word) const {
        return QTest::qWaitFor([&] { return m_fixture.the<StatusStrip>().stateText().contains(word); }, 5000);
    }
    [[nodiscard]] QAction* action(const QString& text) const {
        for (QAction* one : m_fixture.window->findChildren<QAction*>())
            if (one->text() == text) return one;
        return nullptr;
    }
    /// True when of the run's commands these are enabled and no other.
    [[nodiscard]] bool canDo(const QStringList& wanted) const {
        QStringList enabled;
        for (const char* word : {"Start", "Pause", "Resume", "Stop"})
            if (const QAction* one = action(QLatin1String(word)); one && one->isEnabled()) enabled << one->text();
        return enabled == wanted;
    }
    [[nodiscard]] bool hasButton(const QString& text) const {
        for (const auto* button : m_fixture.window->findChildren<QToolButton*>())
            if (button->isVisible() && button->text() == text) return true;
        return false;
    }

    WindowFixture m_fixture;
};

QTEST_MAIN(TestStates)
#include "tst_states.moc"
