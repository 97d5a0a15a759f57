// A run that was only looked at is gone on with, and forked: the window over the real session, on the demo.
#include "core/base/file_io.h"
#include "core/session/experiment_session.h"
#include "core/session/run_folder.h"
#include "tests/support/test_home.h"
#include "tests/support/watch_session.h"
#include "ui/main_window.h"
#include "ui/models/gate_grid_model.h"
#include "ui/models/gate_record.h"
#include "ui/models/run_history.h"
#include "ui/views/history_chart.h"
#include "ui/views/message_bar.h"
#include "ui/views/timeline_strip.h"

#include <QSlider>
#include <QToolButton>
#include <QtTest>
#include <filesystem>
#include <memory>

using namespace consa;
namespace fs = std::filesystem;

namespace {

constexpr int kSteps = 30;

}  // namespace

class TestSavedRuns : public QObject {
    Q_OBJECT

private slots:
    /// A run that was stopped on its way, by a session that is gone.
    void initTestCase() {
        QVERIFY(m_home.isValid());
        useTestHome(m_home);
        ExperimentSession session;
        test::Watcher watcher(session);
        session.post(StartCommand{test::quickConfig(kSteps), pathOf("first").string()});
        QVERIFY(watcher.until([](const SessionSnapshot& s) { return s.step >= 12; }));
        session.post(StopCommand{});
        QVERIFY(watcher.untilState(SessionState::Finished));
        m_stoppedAt = watcher.latest->step;
        QVERIFY(m_stoppedAt < kSteps);
        // Each test takes a run of its own on.
        fs::copy(pathOf("first"), pathOf("second"), fs::copy_options::recursive);
    }

    void cleanup() {
        m_window.reset();
        m_session.reset();
    }

    void lookedAtAndResumed() {
        QVERIFY(lookAt("first"));
        for (auto* button : m_window->findChild<MessageBar*>()->findChildren<QToolButton*>())
            if (button->isVisible() && button->text() == QStringLiteral("Resume")) button->click();
        QTRY_VERIFY_WITH_TIMEOUT(snapshot().state == SessionState::Finished && snapshot().step == kSteps, 20000);
        QCOMPARE(snapshot().runFolder, pathOf("first").string());
        QVERIFY(snapshot().model && snapshot().modelPath == "demo");
        QVERIFY(the<GateGridModel>().isShowingSession());
        compareCurves("first");
        QCOMPARE(RunFolder::open(pathOf("first")).loadCheckpoint().step, std::int64_t(kSteps));
        QTRY_COMPARE(the<GateRecord>().frames().front().step, 0);  // the steps from before are on the timeline
        QVERIFY(readLayoutFile(pathOf("first") / "layout.json").layout == the<GateGridModel>().layout());
    }

    void lookedAtAndForked() {
        const std::string before = readFile(pathOf("second") / "events.jsonl");
        QVERIFY(lookAt("second"));
        auto& timeline = the<TimelineStrip>();
        QTRY_VERIFY(timeline.forkButton().isEnabled());
        timeline.slider().setValue(1);
        const int step = the<GateGridModel>().shown().provenance.step;
        QVERIFY(step > 0 && step < m_stoppedAt);
        const std::vector<double> shown = the<GateGridModel>().probability();
        QTest::mouseClick(&timeline.forkButton(), Qt::LeftButton);
        QTRY_VERIFY_WITH_TIMEOUT(snapshot().state == SessionState::Finished && snapshot().step == kSteps, 20000);
        const fs::path fork = snapshot().runFolder;
        QVERIFY(fork != pathOf("second"));
        const RunFolder folder = RunFolder::open(fork);
        QVERIFY(folder.record().forkedFrom == (ForkOrigin{"second", step}));
        compareCurves(fork.filename().string());
        // It began with the gates that were on show.
        the<TimelineStrip>().slider().setValue(static_cast<int>(the<GateRecord>().indexAt(step)));
        QCOMPARE(the<GateGridModel>().shown().provenance.step, step);
        QCOMPARE(the<GateGridModel>().probability(), shown);
        QCOMPARE(readFile(pathOf("second") / "events.jsonl"), before);  // the run itself is as it was
    }

private:
    [[nodiscard]] static fs::path pathOf(const std::string& name) { return dataFolder() / "runs" / name; }
    [[nodiscard]] const SessionSnapshot& snapshot() const { return m_window->controller().snapshot(); }
    template <typename Part>
    [[nodiscard]] Part& the() const {
        return *m_window->findChild<Part*>();
    }

    /// A later start of the program, with nothing but the run's folder: no model is opened for it.
    bool lookAt(const char* name) {
        m_session = std::make_unique<ExperimentSession>();
        m_window = std::make_unique<MainWindow>(*m_session);
        m_window->show();
        if (!QTest::qWaitForWindowExposed(m_window.get())) return false;
        m_window->openAtStart(QString::fromStdString(pathOf(name).string()));
        return the<HistoryChart>().pointCount() == m_stoppedAt && snapshot().state == SessionState::Empty &&
               the<GateGridModel>().layout().grid.unitCount() > 0;
    }

    /// Every step once, from before and after, as the folder has them.
    void compareCurves(const std::string& name) const {
        const std::vector<HistoryPoint> points = RunFolder::open(pathOf(name)).readHistory(kSteps);
        QTRY_COMPARE(the<RunHistory>().points().size(), std::size_t(kSteps));
        QCOMPARE(points.size(), std::size_t(kSteps));
        for (std::size_t index = 0; index < points.size(); ++index) {
            QCOMPARE(the<RunHistory>().points()[index].step, static_cast<int>(index));
            QCOMPARE(the<RunHistory>().points()[index].loss, points[index].loss);
        }
    }

    QTemporaryDir m_home;
    int m_stoppedAt = 0;
    std::unique_ptr<ExperimentSession> m_session;
    std::unique_ptr<MainWindow> m_window;
};

QTEST_MAIN(TestSavedRuns)
#include "tst_saved_runs.moc"
