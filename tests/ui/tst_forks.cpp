// Fork from the timeline, the way back before a target, hold and freeze: driven as a user does.
#include "tests/support/window_fixture.h"
#include "ui/models/gate_grid_model.h"
#include "ui/models/run_history.h"
#include "ui/session/run_summary.h"
#include "ui/session/saved_run.h"
#include "ui/session/target_edits.h"
#include "ui/views/sparsity_slider.h"
#include "ui/views/steering_panel.h"
#include "ui/views/timeline_strip.h"
#include "ui/window_actions.h"

#include <QDir>
#include <QDoubleSpinBox>
#include <QMenuBar>
#include <QSlider>
#include <QTemporaryDir>
#include <QToolButton>
#include <QUndoStack>
#include <QtTest>
#include <fstream>

using namespace consa;

class TestForks : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QVERIFY(m_fixture.prepare()); }
    void cleanup() { m_fixture.close(); }

    void timelineForksTheStepOnShow() {
        QVERIFY(m_fixture.open());
        QVERIFY(!actions().fork->isEnabled());
        QVERIFY(m_fixture.trainUntil(40));
        auto& timeline = m_fixture.the<TimelineStrip>();
        timeline.slider().setValue(12);
        const int step = m_fixture.the<GateGridModel>().shown().provenance.step;
        const std::string source = m_fixture.snapshot().runFolder;
        QVERIFY(QDir().mkpath(QString::fromStdString(source)));  // the fake keeps none
        const std::uint64_t run = m_fixture.snapshot().run;
        QVERIFY(timeline.forkButton().isVisible() && timeline.forkButton().isEnabled());
        QTest::mouseClick(&timeline.forkButton(), Qt::LeftButton);
        const auto posted = m_fixture.session->posted<ForkRunCommand>();
        QCOMPARE(posted.size(), std::size_t(1));
        QCOMPARE(posted[0].source, source);
        QCOMPARE(posted[0].step, std::int64_t(step));
        QVERIFY(posted[0].runFolder != source && !posted[0].runFolder.empty());
        QVERIFY(!posted[0].target);
        QTRY_VERIFY(m_fixture.snapshot().run > run);
        QCOMPARE(m_fixture.snapshot().runFolder, posted[0].runFolder);
        QVERIFY(m_fixture.the<GateGridModel>().isShowingSession());
    }

    /// The menu's entry, reachable by keys, does the same; without a step on show it forks where the run stands.
    void menuForksWhereTheRunStands() {
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(20));
        const int step = m_fixture.snapshot().step;
        actions().fork->trigger();
        QCOMPARE(m_fixture.session->posted<ForkRunCommand>().size(), std::size_t(1));
        QCOMPARE(m_fixture.session->posted<ForkRunCommand>()[0].step, std::int64_t(step));
    }

    void runsThatMoveWeightsCannotBeForked() {
        QVERIFY(m_fixture.open());
        StartCommand start;
        start.config = defaultTrainingConfig("demo", false);
        start.config.mode = LearningMode::GatesAndWeights;
        start.config.stepCount = 100000;
        start.runFolder = "somewhere";
        m_fixture.session->post(start);
        QTRY_VERIFY(m_fixture.snapshot().step >= 5);
        const auto& button = m_fixture.the<TimelineStrip>().forkButton();
        QTRY_VERIFY(button.toolTip().contains(QStringLiteral("weights of this run train")));
        QVERIFY(!button.isEnabled() && !actions().fork->isEnabled() && !actions().goBack->isEnabled());
    }

    void goesBackToBeforeTheTarget() {
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(20));
        QVERIFY(!actions().goBack->isEnabled());  // nothing was moved yet
        const SessionSnapshot before = m_fixture.snapshot();
        auto& stack = m_fixture.the<QUndoStack>();
        m_fixture.the<SteeringPanel>().targetBox().setValue(80);
        QTRY_COMPARE(m_fixture.snapshot().target, 0.8);
        QCOMPARE(stack.index(), 1);
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Space);
        QTRY_VERIFY(m_fixture.snapshot().step > before.step + 15);
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Space);
        QVERIFY(m_fixture.reaches(SessionState::Paused));
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Z, Qt::ControlModifier | Qt::AltModifier);
        QCOMPARE(m_fixture.session->posted<RewindCommand>().size(), std::size_t(1));
        QCOMPARE(m_fixture.session->posted<RewindCommand>()[0].step, std::int64_t(before.step));
        QTRY_COMPARE(m_fixture.snapshot().step, before.step);
        QVERIFY(m_fixture.snapshot().logAlpha == before.logAlpha);
        QCOMPARE(m_fixture.the<SparsitySlider>().target(), before.target);
        QCOMPARE(m_fixture.the<SteeringPanel>().committedTarget(), before.target);
        QCOMPARE(stack.index(), 0);  // what is undone already is no step of undo
        QCOMPARE(stack.count(), 0);
        const auto& marks = m_fixture.the<RunHistory>().events();
        QCOMPARE(marks.back().kind, std::string("rewind"));
        QVERIFY(std::none_of(marks.begin(), marks.end(), [](const auto& mark) { return mark.kind == "retarget"; }));
    }

    void undoOfTheTargetAloneStays() {
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(20));
        m_fixture.the<SteeringPanel>().targetBox().setValue(80);
        QTRY_COMPARE(m_fixture.snapshot().target, 0.8);
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Z, Qt::ControlModifier);
        QTRY_COMPARE(m_fixture.snapshot().target, 0.5);
        QVERIFY(m_fixture.session->posted<RewindCommand>().empty());
    }

    void otherStepsOfUndoStay() {
        QUndoStack stack;
        TargetEdits edits(stack);
        edits.commit(0.5, 0.6);
        edits.goBackTo(0.7);  // led away from .5, not from .7
        QCOMPARE(stack.index(), 1);
        edits.goBackTo(0.5);
        QCOMPARE(stack.count(), 0);
        edits.goBackTo(0.5);
    }

    void holdAndFreezeAreSentAndShown() {
        QVERIFY(m_fixture.open());
        QVERIFY(!actions().hold->isEnabled());
        QVERIFY(m_fixture.trainUntil(10));
        QVERIFY(actions().hold->isEnabled() && !actions().hold->isChecked());
        QVERIFY(!m_fixture.hasLabel(QStringLiteral("multipliers held")));
        actions().hold->trigger();
        QTRY_VERIFY(m_fixture.snapshot().areMultipliersHeld);
        QVERIFY(m_fixture.hasLabel(QStringLiteral("multipliers held")));
        QCOMPARE(m_fixture.the<RunHistory>().events().back().kind, std::string("hold"));
        actions().freeze->trigger();
        QTRY_VERIFY(m_fixture.hasLabel(QStringLiteral("gates frozen")));
        actions().hold->trigger();
        QTRY_VERIFY(!m_fixture.snapshot().areMultipliersHeld);
        QVERIFY(!actions().hold->isChecked() && !m_fixture.hasLabel(QStringLiteral("multipliers held")));
        const auto posted = m_fixture.session->posted<HoldCommand>();
        QCOMPARE(posted.size(), std::size_t(2));
        QVERIFY(posted[0].isHeld && !posted[1].isHeld);
    }

    void menusHaveThem() {
        QVERIFY(m_fixture.open());
        QList<QAction*> listed;
        for (const QAction* menu : m_fixture.window->menuBar()->actions()) listed << menu->menu()->actions();
        for (QAction* action : {actions().fork, actions().hold, actions().goBack, actions().freeze})
            QVERIFY(listed.contains(action));
    }

    /// A run that was taken back and left so: what was undone is no longer shown.
    void savedRunsKnowWhereTheyWentBack() {
        QTemporaryDir folder;
        std::ofstream(folder.filePath(QStringLiteral("config.json")).toStdString())
            << toJson(defaultTrainingConfig("demo", false));
        std::ofstream events(folder.filePath(QStringLiteral("events.jsonl")).toStdString());
        for (int step = 0; step < 30; ++step) events << R"({"event":"step","loss":2,"step":)" << step << "}\n";
        events << R"({"event":"done","step":30,"text":"Finished"})" << '\n'
               << R"({"event":"rewind","fromStep":30,"step":20,"text":"Back to step 20 from step 30"})" << '\n';
        events.close();
        const SavedRun run = readSavedRun(folder.path());
        QCOMPARE(run.points.size(), std::size_t(20));
        QCOMPARE(run.stepsDone(), 20);
        const RunSummary summary = readRunSummary(folder.path());
        QCOMPARE(summary.step, 20);
        QVERIFY(summary.fate != RunFate::Finished);
    }

private:
    [[nodiscard]] WindowActions& actions() { return m_fixture.the<WindowActions>(); }

    WindowFixture m_fixture;
};

QTEST_MAIN(TestForks)
#include "tst_forks.moc"
