// Closes the window over the real session at random moments: while it opens, trains, is steered, evaluates, rests. Each
// must end within five seconds, and what the run had learned must be in its folder. CONSA_CLOSINGS: how often, 6 if
// unset.
#include "core/base/dice.h"
#include "core/base/file_io.h"
#include "core/session/experiment_session.h"
#include "core/session/run_folder.h"
#include "tests/support/test_home.h"
#include "ui/main_window.h"
#include "ui/views/sparsity_slider.h"

#include <QElapsedTimer>
#include <QMessageBox>
#include <QPushButton>
#include <QtTest>
#include <filesystem>
#include <memory>

using namespace consa;
namespace fs = std::filesystem;

class TestWindowClosing : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        useTestHome(m_home);
        QVERIFY(m_home.isValid());
    }

    void endsWithinFiveSecondsAndKeepsTheRun() {
        const int closings = std::max(1, qEnvironmentVariableIntValue("CONSA_CLOSINGS"));
        const int count = qEnvironmentVariableIsSet("CONSA_CLOSINGS") ? closings : 6;
        Dice dice(7);
        qint64 longest = 0;
        for (int number = 0; number < count; ++number) {
            auto session = std::make_unique<ExperimentSession>();
            auto window = std::make_unique<MainWindow>(*session);
            window->show();
            window->openAtStart({});
            work(*window, dice, number);
            const SessionSnapshot last = window->controller().snapshot();
            QElapsedTimer clock;
            clock.start();
            answerYes();
            QVERIFY(window->close());
            window.reset();
            session.reset();
            longest = std::max(longest, clock.elapsed());
            QVERIFY2(clock.elapsed() < 5000, qPrintable(QString::number(clock.elapsed())));
            if (last.runFolder.empty()) continue;
            QVERIFY(RunFolder::open(last.runFolder).loadCheckpoint().step >= last.step);
        }
        qInfo("%d closings, the longest took %lld ms", count, static_cast<long long>(longest));
        QVERIFY(count < 3 || fs::exists(dataFolder() / "runs"));  // some had begun a run
    }

private:
    /// Up to some seconds of what a user does.
    static void work(MainWindow& window, Dice& dice, int number) {
        const auto wait = [&dice](std::size_t most) { QTest::qWait(static_cast<int>(dice.below(most))); };
        wait(600);  // it may be closed before anything is open
        if (number % 6 == 0) return;
        const auto state = [&window] { return window.controller().snapshot().state; };
        if (!QTest::qWaitFor([&] { return state() == SessionState::Ready; }, 20000)) return;
        QTest::keyClick(&window, Qt::Key_Space);
        if (number % 6 > 1 && !QTest::qWaitFor([&] { return window.controller().snapshot().step > 0; }, 30000)) return;
        wait(1500);
        if (number % 2 == 0) window.findChild<SparsitySlider*>()->nudgeTarget(0.1);
        wait(500);
        if (number % 6 == 3) QTest::keyClick(&window, Qt::Key_Space);  // paused
        if (number % 6 == 4) QTest::keyClick(&window, Qt::Key_E, Qt::ControlModifier);
        if (number % 6 == 5) QTest::keyClick(&window, Qt::Key_Period, Qt::ControlModifier);  // stopped
        wait(1500);
    }

    /// Presses "Save and quit" when the question comes.
    static void answerYes() {
        QTimer::singleShot(0, qApp, [] {
            if (auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget()))
                box->defaultButton()->click();
        });
    }

    QTemporaryDir m_home;
};

QTEST_MAIN(TestWindowClosing)
#include "window_closing.moc"
