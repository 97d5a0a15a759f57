// The meeting of two threads: no point lost, one wake-up queued at most, nothing heard after the end.
#include "tests/support/fake_session.h"
#include "ui/session/session_controller.h"

#include <QtTest>

using namespace consa;

namespace {

/// Counts queued calls that wait for and reach an object.
class CallCounter : public QObject {
public:
    int delivered = 0;

protected:
    bool eventFilter(QObject*, QEvent* event) override {
        if (event->type() == QEvent::MetaCall) ++delivered;
        return false;
    }
};

/// A session whose channel the test fills by hand.
class SilentSession final : public SessionInterface {
public:
    void post(SessionCommand) override {}
    SnapshotChannel& channel() override { return m_channel; }

private:
    SnapshotChannel m_channel;
};

SnapshotPointer snapshotOf(std::uint64_t run, int step) {
    auto snapshot = std::make_shared<SessionSnapshot>();
    snapshot->run = run;
    snapshot->step = step;
    return snapshot;
}

}  // namespace

class TestSessionController : public QObject {
    Q_OBJECT

private slots:
    void keepsEveryPointOfAFastRun() {
        FakeSession session(
            FakeSession::Options{8, 4, std::chrono::microseconds(100), std::chrono::milliseconds(0), {}});
        SessionController controller(session);
        std::vector<int> steps;
        int pictures = 0;
        connect(&controller, &SessionController::pointsArrived, this, [&](const std::vector<HistoryPoint>& points) {
            for (const HistoryPoint& point : points) steps.push_back(point.step);
        });
        connect(&controller, &SessionController::snapshotArrived, this, [&] { ++pictures; });
        session.post(OpenCommand{"demo", {"demo"}, "cpu"});
        StartCommand start;
        start.config.stepCount = 3000;
        session.post(start);
        QTRY_VERIFY_WITH_TIMEOUT(controller.snapshot().state == SessionState::Finished, 20000);
        QCOMPARE(steps.size(), std::size_t(3000));
        for (std::size_t index = 0; index < steps.size(); ++index) QCOMPARE(steps[index], static_cast<int>(index) + 1);
        QVERIFY(pictures < 1500);  // pictures are skipped, points are not
    }

    void queuesOneWakeUpAtATime() {
        SilentSession session;
        SessionController controller(session);
        QTest::qWait(50);
        CallCounter counter;
        controller.installEventFilter(&counter);
        int arrivals = 0;
        connect(&controller, &SessionController::snapshotArrived, this, [&] { ++arrivals; });
        for (int step = 1; step <= 5000; ++step) session.channel().publish(snapshotOf(1, step));
        QTest::qWait(100);
        QCOMPARE(counter.delivered, 1);
        QCOMPARE(arrivals, 1);
        QCOMPARE(controller.snapshot().step, 5000);
    }

    void keepsThePace() {
        SilentSession session;
        SessionController controller(session);
        int arrivals = 0;
        connect(&controller, &SessionController::snapshotArrived, this, [&] { ++arrivals; });
        QElapsedTimer timer;
        timer.start();
        for (int step = 1; timer.elapsed() < 500; ++step) {
            session.channel().publish(snapshotOf(1, step));
            QTest::qWait(1);
        }
        QVERIFY2(arrivals >= 3 && arrivals <= 17, qPrintable(QString::number(arrivals)));
    }

    void dropsPicturesOfOlderRuns() {
        SilentSession session;
        SessionController controller(session);
        session.channel().publish(snapshotOf(2, 10));
        QTRY_COMPARE(controller.snapshot().run, std::uint64_t(2));
        session.channel().publish(snapshotOf(1, 99));
        QTest::qWait(80);
        QCOMPARE(controller.snapshot().step, 10);
    }

    void endsWhileTheSessionPublishes() {
        for (int round = 0; round < 20; ++round) {
            FakeSession session(
                FakeSession::Options{8, 4, std::chrono::microseconds(50), std::chrono::milliseconds(0), {}});
            auto controller = std::make_unique<SessionController>(session);
            controller->post(OpenCommand{"demo", {"demo"}, "cpu"});
            StartCommand start;
            start.config.stepCount = 100000;
            controller->post(start);
            QTest::qWait(5);
            controller.reset();
        }
    }
};

QTEST_GUILESS_MAIN(TestSessionController)
#include "tst_session_controller.moc"
