// Checks the mailbox between worker and watcher, alone and under two racing threads.
#include "core/session/snapshot_channel.h"

#include <QTest>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <thread>

using namespace consa;

#ifdef __SANITIZE_THREAD__
// Qt's libraries are not instrumented: the locks of Qt Test's own watchdog would look like races. Code that they call
// is still watched.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
    return "called_from_lib:libQt6Core.so\ncalled_from_lib:libQt6Test.so\n";
}
#endif

namespace {

SnapshotPointer pictureOf(int step) {
    auto snapshot = std::make_shared<SessionSnapshot>();
    snapshot->step = step;
    return snapshot;
}

HistoryPoint pointOf(int step) {
    HistoryPoint point;
    point.step = step;
    return point;
}

}  // namespace

class SnapshotChannelTest : public QObject {
    Q_OBJECT

private slots:
    void takesWhatWasPublished();
    void wakesOnceBetweenTakes();
    void wakingMayTakeAtOnce();
    void lateCallbacksAreWokenByTheNextPoint();
    void everyPointArrivesOnceAndInOrder();
    void removingTheCallbackWaitsForIt();
    void replacingCallbacksWhilePublishing();
    void statesHaveWords();
};

void SnapshotChannelTest::takesWhatWasPublished() {
    SnapshotChannel channel;
    QVERIFY(channel.take().isEmpty());
    channel.publish(pictureOf(1));
    channel.publish(pointOf(1));
    channel.publish(SessionEvent{1, 1, "start", "Started."});
    channel.publish(pictureOf(2));
    channel.publish(pointOf(2));
    const SnapshotChannel::Delivery delivery = channel.take();
    QCOMPARE(delivery.snapshot->step, 2);
    QVERIFY((delivery.points == std::vector<HistoryPoint>{pointOf(1), pointOf(2)}));
    QCOMPARE(delivery.events.size(), std::size_t{1});
    QCOMPARE(delivery.events[0].kind, std::string("start"));
    QVERIFY(channel.take().isEmpty());
}

void SnapshotChannelTest::wakesOnceBetweenTakes() {
    SnapshotChannel channel;
    int wakes = 0;
    channel.setWakeCallback([&] { ++wakes; });
    for (int round = 1; round <= 3; ++round) {
        for (int i = 0; i < 100; ++i) channel.publish(pointOf(i));
        channel.publish(pictureOf(round));
        channel.publish(SessionEvent{});
        QCOMPARE(wakes, round);
        static_cast<void>(channel.take());
    }
    channel.setWakeCallback({});
    channel.publish(pictureOf(9));
    QCOMPARE(wakes, 3);
}

void SnapshotChannelTest::wakingMayTakeAtOnce() {
    SnapshotChannel channel;
    std::vector<int> steps;
    channel.setWakeCallback([&] {
        for (const HistoryPoint& point : channel.take().points) steps.push_back(point.step);
    });
    for (int step = 0; step < 5; ++step) channel.publish(pointOf(step));
    QVERIFY((steps == std::vector<int>{0, 1, 2, 3, 4}));
}

void SnapshotChannelTest::lateCallbacksAreWokenByTheNextPoint() {
    SnapshotChannel channel;
    channel.publish(pointOf(1));
    int wakes = 0;
    channel.setWakeCallback([&] { ++wakes; });
    QCOMPARE(wakes, 0);
    channel.publish(pointOf(2));
    QCOMPARE(wakes, 1);
    QCOMPARE(channel.take().points.size(), std::size_t{2});
}

// A watcher that sleeps until woken, as the window does: a lost wake-up would leave it asleep for good.
void SnapshotChannelTest::everyPointArrivesOnceAndInOrder() {
    constexpr int kPoints = 200000;
    SnapshotChannel channel;
    std::mutex mutex;
    std::condition_variable changed;
    bool isWoken = false;
    int wakes = 0;
    channel.setWakeCallback([&] {
        const std::scoped_lock lock(mutex);
        isWoken = true;
        ++wakes;
        changed.notify_one();
    });

    std::thread producer([&] {
        for (int step = 0; step < kPoints; ++step) {
            channel.publish(pointOf(step));
            if (step % 10 == 0) channel.publish(SessionEvent{1, step, "note", "still here"});
            channel.publish(pictureOf(step));
        }
    });
    int nextPoint = 0;
    int nextEvent = 0;
    int lastPicture = -1;
    int takes = 0;
    int mistakes = 0;
    bool isLost = false;
    while (!isLost && lastPicture < kPoints - 1) {
        {
            std::unique_lock lock(mutex);
            isLost = !changed.wait_for(lock, std::chrono::seconds(30), [&] { return isWoken; });
            isWoken = false;
        }
        const SnapshotChannel::Delivery delivery = channel.take();
        ++takes;
        for (const HistoryPoint& point : delivery.points) mistakes += point.step == nextPoint++ ? 0 : 1;
        for (const SessionEvent& event : delivery.events) {
            mistakes += event.step == nextEvent ? 0 : 1;
            nextEvent += 10;
        }
        if (!delivery.snapshot) continue;
        mistakes += delivery.snapshot->step > lastPicture ? 0 : 1;
        lastPicture = delivery.snapshot->step;
    }
    producer.join();
    QVERIFY2(!isLost, "a wake-up got lost");
    QCOMPARE(mistakes, 0);
    QCOMPARE(nextPoint, kPoints);
    QCOMPARE(nextEvent, kPoints);
    QVERIFY2(wakes <= takes + 1, qPrintable(QString("%1 wakes, %2 takes").arg(wakes).arg(takes)));
    QVERIFY(channel.take().isEmpty());
}

void SnapshotChannelTest::removingTheCallbackWaitsForIt() {
    SnapshotChannel channel;
    std::atomic<bool> isInside = false;
    std::atomic<bool> isOut = false;
    channel.setWakeCallback([&] {
        isInside = true;
        std::this_thread::sleep_for(std::chrono::milliseconds(50));
        isOut = true;
    });
    std::thread producer([&] { channel.publish(pointOf(1)); });
    while (!isInside) std::this_thread::yield();
    QCOMPARE(channel.take().points.size(), std::size_t{1});  // taking does not wait for it
    channel.setWakeCallback({});
    QVERIFY(isOut);
    producer.join();
}

// What each callback points to dies as soon as it is replaced.
void SnapshotChannelTest::replacingCallbacksWhilePublishing() {
    SnapshotChannel channel;
    std::atomic<bool> isDone = false;
    std::thread producer([&] {
        for (int step = 0; !isDone; ++step) channel.publish(pointOf(step));
    });
    int total = 0;
    for (int round = 0; round < 500; ++round) {
        auto wakes = std::make_unique<int>(0);
        channel.setWakeCallback([counter = wakes.get()] { ++*counter; });
        static_cast<void>(channel.take());
        std::this_thread::yield();
        channel.setWakeCallback({});
        total += *wakes;
    }
    isDone = true;
    producer.join();
    QVERIFY(total <= 1000);
}

void SnapshotChannelTest::statesHaveWords() {
    QCOMPARE(toString(SessionState::Empty), "empty");
    QCOMPARE(toString(SessionState::Training), "training");
    QCOMPARE(toString(SessionState::Failed), "failed");
}

QTEST_APPLESS_MAIN(SnapshotChannelTest)
#include "tst_snapshot_channel.moc"
