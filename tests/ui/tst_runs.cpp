// Runs of the data folder: listed, looked at, laid over, resumed, followed while another program writes them.
#include "core/base/file_io.h"
#include "core/base/folder_lock.h"
#include "tests/support/window_fixture.h"
#include "ui/models/run_history.h"
#include "ui/models/run_list_model.h"
#include "ui/session/run_follower.h"
#include "ui/session/run_summary.h"
#include "ui/views/history_chart.h"
#include "ui/views/message_bar.h"
#include "ui/views/run_panel.h"

#include <QAbstractItemModelTester>
#include <QMessageBox>
#include <QPushButton>
#include <QToolButton>
#include <QtTest>
#include <filesystem>
#include <fstream>

using namespace consa;

namespace {

std::string stepLine(int step) {
    return "{\"event\":\"step\",\"step\":" + std::to_string(step) + ",\"loss\":" + std::to_string(4.0 - 0.1 * step) +
           ",\"expectedSparsity\":0.4,\"target\":0.5}\n";
}

void append(const std::filesystem::path& folder, const std::string& lines) {
    std::ofstream(folder / "events.jsonl", std::ios::app) << lines;
}

void setAge(const std::filesystem::path& folder, int seconds) {
    std::filesystem::last_write_time(folder / "events.jsonl",
                                     std::filesystem::file_time_type::clock::now() - std::chrono::seconds(seconds));
}

void makeRun(const std::filesystem::path& folder, int steps, bool hasEnded) {
    std::filesystem::create_directories(folder);
    TrainingConfig config;
    config.stepCount = 40;
    writeFileAtomically(folder / "config.json", "{\"device\": \"CPU\", \"config\": " + toJson(config) + "}");
    std::string lines;
    for (int step = 0; step < steps; ++step) lines += stepLine(step);
    append(folder, lines + (hasEnded ? "{\"event\":\"done\",\"step\":40,\"text\":\"Finished\"}\n" : ""));
    if (!hasEnded) return;
    LayoutFile layout;
    layout.modelName = "Tiny";
    layout.modelArchitecture = "llama";
    layout.layout = AttentionLayout({6, 2, Granularity::KvHead}, true);
    layout.layout.setFull(0, 0, false);
    layout.windowTokens = 8;
    writeLayoutFile(folder / "layout.json", layout);
}

}  // namespace

class TestRuns : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QVERIFY(m_fixture.prepare()); }
    void init() { std::filesystem::remove_all(runs()); }
    void cleanup() { m_fixture.close(); }

    void summaryTellsWhatBecameOfIt() {
        makeRun(runs() / "done", 40, true);
        makeRun(runs() / "now", 7, false);
        makeRun(runs() / "cut", 9, false);
        setAge(runs() / "cut", 300);
        const RunSummary done = summary("done");
        QVERIFY(done.fate == RunFate::Finished && done.step == 40 && done.stepCount == 40);
        QCOMPARE(done.loss, 0.1);
        QVERIFY(done.sparsity && *done.sparsity == 1.0 / 12);
        QCOMPARE(done.device, QStringLiteral("CPU"));
        QVERIFY(summary("now").fate == RunFate::GoingOn);
        QVERIFY(summary("cut").fate == RunFate::CutOff && !summary("cut").sparsity);
        append(runs() / "done", "{\"event\":\"resume\",\"step\":40}\n" + stepLine(41));
        QVERIFY(summary("done").fate == RunFate::GoingOn);
    }

    /// Slow steps and long evaluations write nothing for minutes; the run is not cut off while its program lives.
    void quietRunGoesOnWhileItsProgramHoldsTheFolder() {
        makeRun(runs() / "slow", 7, false);
        setAge(runs() / "slow", 300);
        {
            const FolderLock elsewhere(runs() / "slow");
            QVERIFY(summary("slow").fate == RunFate::GoingOn);
            QVERIFY(m_fixture.open());
            QVERIFY(!m_fixture.the<MessageBar>().text().contains(QStringLiteral("cut off")));  // nor offered to discard
            auto& panel = m_fixture.the<RunPanel>();
            panel.selectRow(0);
            QVERIFY(!panel.deleteAction()->isEnabled() && !panel.resumeAction()->isEnabled());
            panel.openAction()->trigger();
            QTest::qWait(700);  // longer than it takes to look again
            QVERIFY(m_fixture.the<RunFollower>().isFollowing());
        }
        // Its program dies.
        QTRY_VERIFY(!m_fixture.the<RunFollower>().isFollowing());
        QVERIFY(summary("slow").fate == RunFate::CutOff);
        QVERIFY(m_fixture.the<MessageBar>().text().contains(QStringLiteral("step 7 of 40")));
    }

    void listIsNewestFirstAndFollowsTheFolder() {
        makeRun(runs() / "old", 40, true);
        setAge(runs() / "old", 500);
        makeRun(runs() / "new", 40, true);
        std::filesystem::create_directories(runs() / "no run");
        RunListModel model(runs());
        const QAbstractItemModelTester tester(&model);
        QCOMPARE(model.rowCount(), 2);
        QCOMPARE(model.run(0).name, QStringLiteral("new"));
        QSignalSpy reset(&model, &QAbstractItemModel::modelReset);
        QSignalSpy changed(&model, &QAbstractItemModel::dataChanged);
        model.reload();
        QVERIFY(reset.isEmpty() && changed.isEmpty());
        append(runs() / "new", stepLine(41));
        model.reload();
        QVERIFY(reset.isEmpty());
        QCOMPARE(changed.count(), 1);
        makeRun(runs() / "third", 3, false);
        model.reload();
        QCOMPARE(reset.count(), 1);
        QCOMPARE(model.rowCount(), 3);
    }

    void checkedRunsLieOverTheCurves() {
        makeRun(runs() / "a", 40, true);
        makeRun(runs() / "b", 30, true);
        QVERIFY(m_fixture.open());
        auto& model = m_fixture.the<RunListModel>();
        auto& chart = m_fixture.the<HistoryChart>();
        QVERIFY(model.setData(model.index(0, 0), Qt::Checked, Qt::CheckStateRole));
        QVERIFY(model.setData(model.index(1, 0), Qt::Checked, Qt::CheckStateRole));
        QCOMPARE(chart.overlayCount(), 2);
        QVERIFY(m_fixture.trainUntil(5));
        QVERIFY(chart.pointCount() >= 5);
        QVERIFY(model.setData(model.index(0, 0), Qt::Unchecked, Qt::CheckStateRole));
        QCOMPARE(chart.overlayCount(), 1);
    }

    void opensAndResumes() {
        makeRun(runs() / "a", 40, true);
        QVERIFY(m_fixture.open());
        auto& panel = m_fixture.the<RunPanel>();
        QVERIFY(!panel.resumeAction()->isEnabled());
        panel.selectRow(0);
        panel.openAction()->trigger();
        QCOMPARE(m_fixture.the<HistoryChart>().pointCount(), 40);
        panel.resumeAction()->trigger();
        const auto resumed = m_fixture.session->posted<ResumeRunCommand>();
        QCOMPARE(resumed.size(), std::size_t(1));
        QCOMPARE(resumed.front().runFolder, (runs() / "a").string());
    }

    void sessionsCurvesComeBack() {
        makeRun(runs() / "a", 40, true);
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(20));
        m_fixture.session->post(StopCommand{});
        QVERIFY(m_fixture.reaches(SessionState::Finished));
        auto& chart = m_fixture.the<HistoryChart>();
        auto& history = m_fixture.the<RunHistory>();
        QTRY_COMPARE(std::int64_t(chart.pointCount()), m_fixture.session->publishedPoints());
        const int count = chart.pointCount();
        const HistoryPoint last = history.points().back();
        const std::size_t marks = history.events().size();
        QVERIFY(marks > 0);
        m_fixture.window->openPath(QString::fromStdString((runs() / "a").string()));
        QCOMPARE(chart.pointCount(), 40);
        QVERIFY(history.events().empty());
        // What the session says meanwhile does not reach the curves on show.
        m_fixture.session->post(CutCommand{0.3});
        QTRY_VERIFY(m_fixture.snapshot().cut == 0.3);
        QCOMPARE(chart.pointCount(), 40);
        QVERIFY(m_fixture.click(QStringLiteral("Back to the session")));
        QCOMPARE(chart.pointCount(), count);
        QVERIFY(history.points().back() == last);
        QCOMPARE(history.events().size(), marks);
        QVERIFY(!m_fixture.the<MessageBar>().isVisible());  // it spoke of the run looked at
    }

    void sessionWithoutARunHasNoCurvesAgain() {
        makeRun(runs() / "a", 40, true);
        QVERIFY(m_fixture.open());
        m_fixture.window->openPath(QString::fromStdString((runs() / "a").string()));
        QCOMPARE(m_fixture.the<HistoryChart>().pointCount(), 40);
        QVERIFY(m_fixture.click(QStringLiteral("Back to the session")));
        QCOMPARE(m_fixture.the<HistoryChart>().pointCount(), 0);
        QVERIFY(m_fixture.hasLabel(QStringLiteral("Nothing trained yet")));
    }

    void followsWhatAnotherProgramWrites() {
        makeRun(runs() / "elsewhere", 5, false);
        QVERIFY(m_fixture.open());
        auto& panel = m_fixture.the<RunPanel>();
        panel.selectRow(0);
        QVERIFY(!panel.resumeAction()->isEnabled());  // somebody else is at it
        panel.openAction()->trigger();
        auto& chart = m_fixture.the<HistoryChart>();
        QCOMPARE(chart.pointCount(), 5);
        QVERIFY(m_fixture.the<RunFollower>().isFollowing());
        const std::string line = stepLine(6);
        append(runs() / "elsewhere", stepLine(5) + line.substr(0, 20));
        QTRY_COMPARE(chart.pointCount(), 6);  // the half line waits
        append(runs() / "elsewhere", line.substr(20));
        QTRY_COMPARE(chart.pointCount(), 7);
        append(runs() / "elsewhere", "{\"event\":\"done\",\"step\":7,\"text\":\"Finished\"}\n");
        QTRY_VERIFY(!m_fixture.the<RunFollower>().isFollowing());
        QCOMPARE(chart.pointCount(), 7);
        QVERIFY(m_fixture.the<MessageBar>().text().contains(QStringLiteral("step 7 of 40")));
    }

    void deletesAfterAQuestion() {
        makeRun(runs() / "a", 40, true);
        QVERIFY(m_fixture.open());
        auto& panel = m_fixture.the<RunPanel>();
        panel.selectRow(0);
        for (const QString& answer : {QStringLiteral("Cancel"), QStringLiteral("Delete")}) {
            QTimer::singleShot(0, this, [answer] {
                auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
                for (QAbstractButton* button : box->buttons())
                    if (button->text().remove(QLatin1Char('&')) == answer) button->click();
            });
            panel.deleteAction()->trigger();
            QCOMPARE(std::filesystem::exists(runs() / "a"), answer == QLatin1String("Cancel"));
        }
        QCOMPARE(m_fixture.the<RunListModel>().rowCount(), 0);
    }

    void aCutOffRunCanBeDiscardedOrResumed() {
        makeRun(runs() / "first", 9, false);
        makeRun(runs() / "second", 9, false);
        setAge(runs() / "first", 300);
        setAge(runs() / "second", 400);
        const auto press = [this](const QString& text) {
            for (auto* button : m_fixture.the<MessageBar>().findChildren<QToolButton*>())
                if (button->text() == text && !button->isHidden()) return button->click();
            QFAIL(qPrintable(text));
        };
        QVERIFY(m_fixture.open());
        QTRY_VERIFY(m_fixture.the<MessageBar>().text().contains(QStringLiteral("first was cut off")));
        QTimer::singleShot(0, this, [] {
            auto* box = qobject_cast<QMessageBox*>(QApplication::activeModalWidget());
            QVERIFY(box->text().contains(QStringLiteral("first")));
            for (QAbstractButton* button : box->buttons())
                if (button->text().remove(QLatin1Char('&')) == QStringLiteral("Delete")) button->click();
        });
        press(QStringLiteral("Discard…"));
        QVERIFY(!std::filesystem::exists(runs() / "first"));
        QVERIFY(std::filesystem::exists(runs() / "second"));
        QVERIFY(m_fixture.the<MessageBar>().isHidden());
        QVERIFY(m_fixture.open());
        QTRY_VERIFY(m_fixture.the<MessageBar>().text().contains(QStringLiteral("second was cut off")));
        press(QStringLiteral("Resume"));
        QCOMPARE(m_fixture.session->posted<ResumeRunCommand>().back().runFolder, (runs() / "second").string());
        // A message without actions has no buttons but its cross.
        m_fixture.the<MessageBar>().showError(QStringLiteral("oops"));
        for (auto* button : m_fixture.the<MessageBar>().findChildren<QToolButton*>())
            QVERIFY(button->isHidden() || button->text().isEmpty());
    }

    void aCutOffRunIsOfferedOnce() {
        makeRun(runs() / "crashed", 9, false);
        setAge(runs() / "crashed", 300);
        QVERIFY(m_fixture.open());
        auto& bar = m_fixture.the<MessageBar>();
        QTRY_VERIFY(bar.text().contains(QStringLiteral("crashed was cut off at step 9 of 40")));
        QVERIFY(m_fixture.session->posted<ResumeRunCommand>().empty());
        QVERIFY(m_fixture.open());
        QVERIFY(!m_fixture.the<MessageBar>().text().contains(QStringLiteral("cut off")));
    }

private:
    [[nodiscard]] static std::filesystem::path runs() { return dataFolder() / "runs"; }
    [[nodiscard]] static RunSummary summary(const char* name) {
        return readRunSummary(QString::fromStdString((runs() / name).string()));
    }

    WindowFixture m_fixture;
};

QTEST_MAIN(TestRuns)
#include "tst_runs.moc"
