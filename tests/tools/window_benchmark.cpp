// Measures what the window is held to: gaps of its thread under a flood, repaint times, start-up, idle load, memory.
#include "tests/support/window_fixture.h"
#include "ui/models/gate_grid_model.h"
#include "ui/models/run_history.h"
#include "ui/views/gate_heatmap.h"
#include "ui/views/history_chart.h"
#include "ui/views/sparsity_slider.h"

#include <QElapsedTimer>
#include <QFile>
#include <algorithm>
#include <cstdio>
#include <ctime>
#include <vector>

using namespace consa;

namespace {

enum class Bound { AtMost, AtLeast };

void report(const char* what, double value, const char* unit, double limit, Bound bound = Bound::AtMost) {
    const bool isHeld = bound == Bound::AtMost ? value <= limit : value >= limit;
    std::printf("{\"what\":\"%s\",\"value\":%.3g,\"unit\":\"%s\",\"%s\":%.3g,\"isHeld\":%s}\n", what, value, unit,
                bound == Bound::AtMost ? "atMost" : "atLeast", limit, isHeld ? "true" : "false");
    std::fflush(stdout);
}

double median(std::vector<double> values) {
    std::nth_element(values.begin(), values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2), values.end());
    return values[values.size() / 2];
}

double processorSeconds() {
    return static_cast<double>(std::clock()) / CLOCKS_PER_SEC;
}

/// Resident memory in megabytes.
double residentMegabytes() {
    QFile file(QStringLiteral("/proc/self/statm"));
    if (!file.open(QIODevice::ReadOnly)) return 0;
    return file.readAll().split(' ').value(1).toDouble() * 4096 / 1e6;
}

/// The longest time between two beats of the window's thread.
class Heartbeat {
public:
    Heartbeat() {
        m_timer.setTimerType(Qt::PreciseTimer);
        QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] {
            if (m_since.isValid()) m_longest = std::max(m_longest, double(m_since.nsecsElapsed()) * 1e-6);
            m_since.start();
        });
        m_timer.start(5);
    }
    [[nodiscard]] double longestGap() const { return m_longest; }

private:
    QTimer m_timer;
    QElapsedTimer m_since;
    double m_longest = 0;
};

/// False when the run did not begin.
bool train(const WindowFixture& fixture, int steps) {
    StartCommand start;
    start.config = defaultTrainingConfig("demo", false);
    start.config.stepCount = steps;
    fixture.session->post(start);
    return QTest::qWaitFor([&] { return fixture.snapshot().state == SessionState::Training; }, 5000);
}

void measureFlood(WindowFixture& fixture) {
    FakeSession::Options options;
    options.layerCount = 32;
    options.kvHeadCount = 8;
    options.stepTime = std::chrono::microseconds(10);
    if (!fixture.open(options) || !train(fixture, 1'000'000)) return;
    QTest::qWait(500);
    const std::int64_t before = fixture.session->publishedPoints();
    const Heartbeat heartbeat;
    QTest::qWait(5000);
    report("snapshots a second from the fake engine", double(fixture.session->publishedPoints() - before) / 5, "1/s",
           5000, Bound::AtLeast);
    report("longest gap of the window's thread under the flood", heartbeat.longestGap(), "ms", 50);
}

void measureSteering(WindowFixture& fixture) {
    FakeSession::Options options;
    options.stepTime = std::chrono::microseconds(20'000);
    if (!fixture.open(options) || !train(fixture, 100'000)) return;
    std::vector<double> waits;
    for (int round = 0; round < 9; ++round) {
        auto& slider = fixture.the<SparsitySlider>();
        const QPoint start = slider.targetHandle().toPoint();
        const QPoint end = start + QPoint(round % 2 == 0 ? 60 : -60, 0);
        QTest::mousePress(&slider, Qt::LeftButton, {}, start);
        QTest::mouseMove(&slider, end);
        QTest::mouseRelease(&slider, Qt::LeftButton, {}, end);
        QElapsedTimer timer;
        timer.start();
        const double wanted = slider.target();
        while (std::abs(fixture.snapshot().target - wanted) > 1e-9 && timer.elapsed() < 2000)
            QCoreApplication::processEvents(QEventLoop::WaitForMoreEvents, 1);
        waits.push_back(double(timer.nsecsElapsed()) * 1e-6);
    }
    report("slider to applied, with steps of 20 ms", *std::max_element(waits.begin(), waits.end()), "ms", 20 + 33);
}

void measureHeatmap(int layers, int heads, double limit) {
    SessionSnapshot snapshot;
    snapshot.grid = {layers, heads, Granularity::KvHead};
    snapshot.run = 1;
    snapshot.target = 0.5;
    for (int unit = 0; unit < snapshot.grid.unitCount(); ++unit) {
        snapshot.logAlpha.push_back(unit % 17 - 8);
        snapshot.probability.push_back((unit % 17) / 16.0);
    }
    GateGridModel model;
    GateHeatmap heatmap(model);
    heatmap.resize(900, 700);
    heatmap.show();
    QTest::qWait(50);
    std::vector<double> times;
    for (int round = 0; round < 60; ++round) {
        snapshot.step = round;
        snapshot.logAlpha[0] = 0.1 * round;
        QElapsedTimer timer;
        timer.start();
        model.setSnapshot(snapshot);
        QCoreApplication::processEvents();
        times.push_back(double(timer.nsecsElapsed()) * 1e-6);
    }
    const QByteArray what =
        QByteArray("heatmap update and repaint at ") + QByteArray::number(layers) + " x " + QByteArray::number(heads);
    report(what.constData(), median(times), "ms", limit);
}

void measureCurves() {
    RunHistory history;
    HistoryChart chart(history);
    chart.resize(900, 700);
    chart.show();
    std::vector<HistoryPoint> points;
    for (int step = 1; step <= 1'000'000; ++step)
        points.push_back({0, step, 3 + 0.001 * (step % 997), 3, 0.4, 0.5, 0.5, 0.1, 0.1});
    history.showSaved(points, {});
    QTest::qWait(200);
    std::vector<double> times;
    for (int round = 0; round < 20; ++round) {
        QElapsedTimer timer;
        timer.start();
        chart.replotNow();
        times.push_back(double(timer.nsecsElapsed()) * 1e-6);
    }
    report("replot of five curves of a million points each", median(times), "ms", 50);
    report("the same a curve", median(times) / 5, "ms", 10);
}

void measureStart(WindowFixture& fixture) {
    QElapsedTimer timer;
    timer.start();
    if (!fixture.open()) return;
    report("window made, exposed and demo open (engine's own load not counted)", double(timer.elapsed()), "ms", 1500);
    QTest::qWait(500);
    const double before = processorSeconds();
    QTest::qWait(4000);
    report("idle load of a core", (processorSeconds() - before) / 4 * 100, "%", 1);
}

void measureMemory(WindowFixture& fixture) {
    FakeSession::Options options;
    options.layerCount = 30;
    options.kvHeadCount = 3;
    options.stepTime = std::chrono::microseconds(50);
    if (!fixture.open(options) || !train(fixture, 100'000)) return;
    const auto reaches = [&](int step, int seconds) {
        return QTest::qWaitFor([&] { return fixture.snapshot().step >= step; }, seconds * 1000);
    };
    if (!reaches(20'000, 60)) return;
    const double before = residentMegabytes();
    if (!reaches(100'000, 120)) return;
    report("memory gained from step 20,000 to 100,000, every curve point kept", residentMegabytes() - before, "MB", 60);
}

}  // namespace

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    WindowFixture fixture;
    if (!fixture.prepare()) return 1;
    measureStart(fixture);
    measureFlood(fixture);
    measureSteering(fixture);
    measureMemory(fixture);
    fixture.close();
    measureHeatmap(32, 8, 2);
    measureHeatmap(80, 8, 2);
    measureHeatmap(128, 64, 10);
    measureCurves();
    return 0;
}
