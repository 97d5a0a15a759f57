// Steps that a run's folder keeps, on the timeline of a resumed run and of one that is looked at.
#include "core/base/file_io.h"
#include "core/session/run_folder.h"
#include "tests/support/window_fixture.h"
#include "ui/models/gate_grid_model.h"
#include "ui/models/gate_record.h"
#include "ui/models/log_model.h"
#include "ui/views/timeline_strip.h"
#include "ui/window_actions.h"

#include <QSlider>
#include <QToolButton>
#include <QtTest>
#include <cmath>
#include <filesystem>

using namespace consa;
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kUnits = 32;  // of the fake's demo

RunRecord demoRun(int layers = 8, int heads = 4, LearningMode mode = LearningMode::Gates) {
    RunRecord record;
    record.config = defaultTrainingConfig("demo", false);
    record.config.mode = mode;
    record.config.stepCount = 60;
    record.model.name = "Demo";
    record.model.architecture = "llama";
    record.model.layerCount = layers;
    record.model.kvHeadCount = record.model.queryHeadCount = heads;
    record.model.headDim = 4;
    record.model.hiddenSize = record.model.feedForwardSize = 4 * heads;
    record.model.vocabularySize = record.model.contextTokens = 64;
    return record;
}

/// Even units open and odd ones close as the run goes on, half a unit of logAlpha in ten steps.
RunCheckpoint stateAt(int step, std::size_t units = kUnits) {
    RunCheckpoint checkpoint;
    checkpoint.state.step = step;
    for (std::size_t unit = 0; unit < units; ++unit)
        checkpoint.state.gates.logAlpha.push_back((unit % 2 == 0 ? 0.05 : -0.05) * step);
    checkpoint.state.gates.firstMoment.assign(units, 0);
    checkpoint.state.gates.secondMoment.assign(units, 0);
    checkpoint.state.ramp.target = 0.5;
    return checkpoint;
}

/// P(z > 0) of the hard-concrete gate, as its authors write it.
double openProbability(double logAlpha) {
    return 1 / (1 + std::exp(-(logAlpha - 2.0 / 3.0 * std::log(0.1 / 1.1))));
}

/// What a run's folder gains with a step.
void goOn(RunFolder& folder, int step) {
    HistoryPoint point;
    point.step = step;
    point.loss = 3;
    if (KeptStates::isDue(step)) folder.states().keep(stateAt(step), folder.record().model.grid(Granularity::KvHead));
    folder.appendLine(toJsonLine(point));
}

/// A run of 45 steps with the states that such a run keeps.
void makeRun(const fs::path& path, bool hasLayout) {
    RunFolder folder = RunFolder::create(path, demoRun());
    const UnitGrid grid = folder.record().model.grid(Granularity::KvHead);
    for (int step = 0; step < 45; ++step) goOn(folder, step);
    folder.appendLine(toJsonLine(SessionEvent{1, 45, "stop", "Stopped"}));
    folder.saveCheckpoint(stateAt(45).state, grid);
    if (!hasLayout) return;
    LayoutFile layout;
    layout.modelName = "Demo";
    layout.modelArchitecture = "llama";
    layout.layout = AttentionLayout(grid, true);
    layout.layout.setFull(7, 3, false);
    layout.windowTokens = 16;
    layout.provenance.step = 45;
    writeLayoutFile(path / "layout.json", layout);
}

}  // namespace

class TestTimeline : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QVERIFY(m_fixture.prepare()); }
    void init() { fs::remove_all(dataFolder() / "runs"); }
    void cleanup() { m_fixture.close(); }

    void resumedRunHasTheStepsBefore() {
        makeRun(pathOf("half"), true);
        QVERIFY(goOnAt(40));
        QTRY_COMPARE(record().frames().front().step, 0);
        QCOMPARE(firstSteps(4), (std::vector<int>{0, 10, 20, 30}));
        QVERIFY(record().frames()[4].step >= 40);
        QTest::keyClick(&timeline().slider(), Qt::Key_Home);
        QTest::keyClick(&timeline().slider(), Qt::Key_Right);
        QCOMPARE(gates().shown().provenance.step, 10);
        compareGates(10);
        QTest::mouseClick(&timeline().forkButton(), Qt::LeftButton);
        const auto posted = m_fixture.session->posted<ForkRunCommand>();
        QCOMPARE(posted.back().step, std::int64_t(10));
        QCOMPARE(posted.back().source, pathOf("half").string());
    }

    void resumedRunReturnsToNow() {
        makeRun(pathOf("half"), true);
        QVERIFY(goOnAt(40));
        QTRY_COMPARE(record().frames().front().step, 0);
        const std::vector<double> now = gates().probability();
        QTest::keyClick(&timeline().slider(), Qt::Key_Home);
        QVERIFY(!gates().isShowingSession());
        const int step = m_fixture.snapshot().step;
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Space);
        QTRY_VERIFY(m_fixture.snapshot().step > step + 5);
        QCOMPARE(gates().shown().provenance.step, 0);  // it stays there while the run goes on
        QTest::keyClick(&timeline().slider(), Qt::Key_End);
        QVERIFY(gates().isShowingSession() && timeline().isLive());
        QVERIFY(gates().probability() != now);
    }

    void runOnShowIsScrubbed() {
        makeRun(pathOf("half"), true);
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(20));
        m_fixture.session->post(StopCommand{});
        QVERIFY(m_fixture.reaches(SessionState::Finished));
        timeline().slider().setValue(2);  // the session's, which the run on show forgets
        m_fixture.window->openPath(QString::fromStdString(pathOf("half").string()));
        QTRY_COMPARE(record().frames().size(), std::size_t(6));
        QCOMPARE(firstSteps(6), (std::vector<int>{0, 10, 20, 30, 40, 45}));
        QVERIFY(timeline().isVisible() && timeline().isLive());
        QVERIFY(m_fixture.hasLabel(QStringLiteral("step 45, latest")));
        QCOMPARE(gates().layout().fullCount(), 31);
        timeline().slider().setValue(3);
        QVERIFY(m_fixture.hasLabel(QStringLiteral("step 30 of run half")));
        compareGates(30);
        QCOMPARE(gates().layout().fullCount(), 16);  // at the target
        QTest::keyClick(&timeline().slider(), Qt::Key_End);
        QVERIFY(!gates().isShowingSession());
        QCOMPARE(gates().layout().fullCount(), 31);  // as the run left it
        m_fixture.the<WindowActions>().fork->trigger();
        QCOMPARE(m_fixture.session->posted<ForkRunCommand>().back().step, std::int64_t(45));
    }

    void runOnShowIsForked() {
        makeRun(pathOf("half"), true);
        QVERIFY(m_fixture.open());
        QVERIFY(!m_fixture.the<WindowActions>().fork->isEnabled());
        m_fixture.window->openPath(QString::fromStdString(pathOf("half").string()));
        QTRY_VERIFY(timeline().forkButton().isEnabled());
        timeline().slider().setValue(2);
        QTest::mouseClick(&timeline().forkButton(), Qt::LeftButton);
        const auto posted = m_fixture.session->posted<ForkRunCommand>();
        QCOMPARE(posted.size(), std::size_t(1));
        QCOMPARE(posted[0].source, pathOf("half").string());
        QCOMPARE(posted[0].step, std::int64_t(20));
        QVERIFY(posted[0].runFolder != posted[0].source);
        QVERIFY(!record().isShowingSaved());
    }

    void sessionComesBack() {
        makeRun(pathOf("half"), true);
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(20));
        m_fixture.session->post(StopCommand{});
        QVERIFY(m_fixture.reaches(SessionState::Finished));
        const std::size_t count = record().frames().size();
        m_fixture.window->openPath(QString::fromStdString(pathOf("half").string()));
        QTRY_COMPARE(record().frames().size(), std::size_t(6));
        timeline().slider().setValue(0);
        for (QToolButton* button : m_fixture.window->findChildren<QToolButton*>())
            if (button->text() == QStringLiteral("Back to the session")) button->click();
        QCOMPARE(record().frames().size(), count);
        QVERIFY(gates().isShowingSession() && timeline().isLive());
        QVERIFY(m_fixture.hasLabel(QStringLiteral(", now")));
    }

    /// A run that another program makes: it has no layout, and no checkpoint in its first minute.
    void timelineGrowsWhileARunIsFollowed() {
        RunFolder elsewhere = RunFolder::create(pathOf("elsewhere"), demoRun());
        for (int step = 0; step < 15; ++step) goOn(elsewhere, step);
        QVERIFY(m_fixture.open());
        m_fixture.window->openPath(QString::fromStdString(pathOf("elsewhere").string()));
        QTRY_COMPARE(record().frames().size(), std::size_t(2));
        compareGates(10);
        for (int step = 15; step < 25; ++step) goOn(elsewhere, step);
        QTRY_COMPARE(record().frames().size(), std::size_t(3));
        QCOMPARE(gates().shown().provenance.step, 20);  // at its end the heatmap keeps up
        compareGates(20);
        QVERIFY(timeline().isVisible() && timeline().isLive());
        timeline().slider().setValue(1);
        for (int step = 25; step < 35; ++step) goOn(elsewhere, step);
        QTRY_COMPARE(record().frames().size(), std::size_t(4));
        QCOMPARE(gates().shown().provenance.step, 10);  // who looks at a step stays there
        QTest::keyClick(&timeline().slider(), Qt::Key_End);
        compareGates(30);
        // Taken back by its user and steered another way.
        elsewhere.states().dropAfter(10);
        elsewhere.appendLine(R"({"event":"rewind","fromStep":35,"step":10,"text":"Back to step 10"})");
        QTRY_COMPARE(record().frames().size(), std::size_t(2));
        compareGates(10);
        QVERIFY(m_fixture.click(QStringLiteral("Back to the session")));
        for (int step = 10; step < 25; ++step) goOn(elsewhere, step);
        QTest::qWait(700);  // longer than it takes to look again
        QVERIFY(record().frames().empty() && gates().isShowingSession());
    }

    /// It has a checkpoint, and no layout yet.
    void cutOffRunShowsItsCheckpoint() {
        makeRun(pathOf("cut"), false);
        QVERIFY(m_fixture.open());
        m_fixture.window->openPath(QString::fromStdString(pathOf("cut").string()));
        QTRY_COMPARE(gates().shown().provenance.step, 45);
        compareGates(45);
        timeline().slider().setValue(0);
        compareGates(0);
        QTest::keyClick(&timeline().slider(), Qt::Key_End);
        compareGates(45);
    }

    void damagedStateIsLeftOut() {
        makeRun(pathOf("half"), true);
        const fs::path file = pathOf("half") / "states" / "000020.safetensors";
        std::string bytes = readFile(file);
        bytes[bytes.size() - 2] = static_cast<char>(bytes[bytes.size() - 2] ^ 1);
        writeFileAtomically(file, bytes);
        QVERIFY(m_fixture.open());
        const int problems = m_fixture.the<LogModel>().problemCount();
        m_fixture.window->openPath(QString::fromStdString(pathOf("half").string()));
        QTRY_COMPARE(record().frames().size(), std::size_t(5));
        QCOMPARE(firstSteps(5), (std::vector<int>{0, 10, 30, 40, 45}));
        QCOMPARE(m_fixture.the<LogModel>().problemCount(), problems + 1);
    }

    void runWithoutStatesHasNoTimeline() {
        RunFolder::create(pathOf("weights"), demoRun(8, 4, LearningMode::GatesAndWeights));
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(10));
        m_fixture.session->post(StopCommand{});
        QVERIFY(m_fixture.reaches(SessionState::Finished));
        QVERIFY(timeline().isVisible());
        RunFolder::open(pathOf("weights")).appendLine(toJsonLine(SessionEvent{1, 0, "stop", "Stopped"}));
        m_fixture.window->openPath(QString::fromStdString(pathOf("weights").string()));
        QVERIFY(!timeline().isVisible() && !m_fixture.the<WindowActions>().fork->isEnabled());
    }

    void recordTakesThePastOfItsRunAlone() {
        GateRecord one;
        one.addPast("run", {{0, 0.5, {1}, {}}});
        QVERIFY(one.frames().empty());  // there is no run
        SessionSnapshot snapshot;
        snapshot.run = 1;
        snapshot.runFolder = "run";
        snapshot.step = 20;
        snapshot.grid = {1, 1, Granularity::KvHead};
        snapshot.logAlpha = snapshot.probability = {0.5};
        one.setSnapshot(snapshot);
        one.addPast("other", {{0, 0.5, {1}, {}}});
        QCOMPARE(one.frames().size(), std::size_t(1));
        one.addPast("run", {{0, 0.5, {1}, {}}, {10, 0.5, {2}, {}}, {20, 0.5, {9}, {}}});
        QCOMPARE(one.frames().size(), std::size_t(3));  // what the session saw of step 20 stays
        QCOMPARE(one.frames().back().logAlpha.front(), 0.5F);
        QCOMPARE(one.firstStep(), std::optional<int>(0));
    }

private:
    [[nodiscard]] static fs::path pathOf(const char* name) { return dataFolder() / "runs" / name; }
    [[nodiscard]] TimelineStrip& timeline() const { return m_fixture.the<TimelineStrip>(); }
    [[nodiscard]] GateGridModel& gates() const { return m_fixture.the<GateGridModel>(); }
    [[nodiscard]] GateRecord& record() const { return m_fixture.the<GateRecord>(); }
    [[nodiscard]] std::vector<int> firstSteps(std::size_t count) const {
        std::vector<int> steps;
        for (std::size_t index = 0; index < count; ++index) steps.push_back(record().frames()[index].step);
        return steps;
    }

    /// The session's run comes to stand at `step` of the folder, and waits.
    bool goOnAt(int step) {
        if (!m_fixture.open() || !m_fixture.trainUntil(10)) return false;
        const std::uint64_t run = m_fixture.snapshot().run;
        m_fixture.session->post(ForkRunCommand{"elsewhere", step, pathOf("half").string()});
        if (!QTest::qWaitFor([&] { return m_fixture.snapshot().run > run; }, 10000)) return false;
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Space);
        return m_fixture.reaches(SessionState::Paused);
    }

    void compareGates(int step) const {
        const std::vector<double>& shown = gates().probability();
        QCOMPARE(shown.size(), kUnits);
        for (std::size_t unit = 0; unit < kUnits; ++unit) {
            const double expected = openProbability((unit % 2 == 0 ? 0.05 : -0.05) * step);
            QVERIFY2(std::abs(shown[unit] - expected) < 1e-6, qPrintable(QString::number(shown[unit])));
        }
    }

    WindowFixture m_fixture;
};

QTEST_MAIN(TestTimeline)
#include "tst_timeline.moc"
