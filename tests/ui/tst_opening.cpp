// What is opened into the window: run folders, layouts dropped on it, and what can't be opened.
#include "core/base/file_io.h"
#include "core/session/run_folder.h"
#include "tests/support/window_fixture.h"
#include "ui/models/gate_grid_model.h"
#include "ui/session/saved_run.h"
#include "ui/views/history_chart.h"
#include "ui/views/message_bar.h"

#include <unistd.h>
#include <QMimeData>
#include <QTemporaryFile>
#include <cstdio>

using namespace consa;

class TestOpening : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QVERIFY(m_fixture.prepare()); }
    void cleanup() { m_fixture.close(); }

    void errorsComeIntoTheBar() {
        FakeSession::Options options;
        options.failOn = "default";
        QVERIFY(m_fixture.open(options));
        m_fixture.action(QStringLiteral("Open SmolLM2-135M"))->trigger();
        auto* bar = &m_fixture.the<MessageBar>();
        QTRY_VERIFY(bar->isVisible());
        QVERIFY(bar->text().contains(QStringLiteral("default is cut short; download it again.")));
        QVERIFY(m_fixture.reaches(SessionState::Empty));
        QVERIFY(!m_fixture.action(QStringLiteral("Start"))->isEnabled());
        m_fixture.window->openPath(QStringLiteral("/no/such/file.gguf"));
        QVERIFY(bar->text().contains(QStringLiteral("/no/such/file.gguf")));
    }

    void whatCanNotBeOpenedAtTheStartIsSaidInTheTerminalToo() {
        QTemporaryFile said;
        QVERIFY(said.open());
        const int terminal = dup(STDERR_FILENO);
        std::fflush(stderr);
        dup2(said.handle(), STDERR_FILENO);
        m_fixture.show({}, QStringLiteral("/no/such/thing"));
        std::fflush(stderr);
        dup2(terminal, STDERR_FILENO);
        close(terminal);
        QFile terminalText(said.fileName());
        QVERIFY(terminalText.open(QIODevice::ReadOnly));
        QVERIFY(terminalText.readAll().contains("consa-explorer: Error: There is no /no/such/thing"));
        QVERIFY(m_fixture.the<MessageBar>().text().contains(QStringLiteral("/no/such/thing")));
    }

    void runFolderShowsItsCurvesAndLayout() {
        const QTemporaryDir folder;
        const std::filesystem::path path = folder.path().toStdString();
        LayoutFile layout;
        layout.modelName = "Tiny";
        layout.modelArchitecture = "llama";
        layout.layout = AttentionLayout({6, 2, Granularity::KvHead}, true);
        layout.windowTokens = 8;
        writeLayoutFile(path / "layout.json", layout);
        writeFileAtomically(path / "config.json",
                            "{\"format\": \"consa-run\", \"config\": " + toJson(TrainingConfig{}) + "}");
        writeFileAtomically(path / "events.jsonl",
                            "{\"event\":\"step\",\"step\":1,\"loss\":3.5,\"target\":0.5}\n"
                            "{\"event\":\"retarget\",\"step\":1,\"text\":\"Target set\"}\n"
                            "{\"event\":\"step\",\"step\":2,\"loss\":3.25,\"target\":0.7}\n"
                            "{\"event\":\"st");
        // Nobody has written to it for a while.
        QFile events(folder.filePath(QStringLiteral("events.jsonl")));
        QVERIFY(events.open(QIODevice::ReadWrite));
        QVERIFY(events.setFileTime(QDateTime::currentDateTime().addSecs(-120), QFileDevice::FileModificationTime));
        events.close();
        const SavedRun run = readSavedRun(folder.path());
        QCOMPARE(run.points.size(), std::size_t(2));
        QCOMPARE(run.points.back().loss, 3.25);
        m_fixture.show({}, folder.path());
        QVERIFY(m_fixture.session->posted<OpenCommand>().empty());
        QCOMPARE(m_fixture.the<HistoryChart>().pointCount(), 2);
        QCOMPARE(m_fixture.the<GateGridModel>().rowCount(), 6);
        auto* bar = &m_fixture.the<MessageBar>();
        QVERIFY(bar->isVisible());
        QVERIFY(m_fixture.click(QStringLiteral("Resume")));
        QCOMPARE(m_fixture.session->posted<ResumeRunCommand>().front().runFolder, folder.path().toStdString());
    }

    void droppedFilesAreOpened() {
        QVERIFY(m_fixture.open());
        const QTemporaryDir folder;
        LayoutFile layout;
        layout.modelName = "Tiny";
        layout.modelArchitecture = "llama";
        layout.layout = AttentionLayout({30, 3, Granularity::KvHead}, false);
        layout.windowTokens = 8;
        const QString path = folder.filePath(QStringLiteral("mine.json"));
        writeLayoutFile(path.toStdString(), layout);
        QVERIFY(readLayoutFile(path.toStdString()) == layout);
        QMimeData content;
        content.setUrls({QUrl::fromLocalFile(path)});
        QDragEnterEvent enter(QPoint(100, 100), Qt::CopyAction, &content, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(m_fixture.window.get(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent drop(QPointF(100, 100), Qt::CopyAction, &content, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(m_fixture.window.get(), &drop);
        auto* gates = &m_fixture.the<GateGridModel>();
        const QString said = m_fixture.the<MessageBar>().text();
        QVERIFY2(said.contains(QStringLiteral("30 x 3")) && said.contains(QStringLiteral("8 x 4")), qPrintable(said));
        QCOMPARE(gates->rowCount(), 30);
        QVERIFY(m_fixture.hasLabel(QStringLiteral("Showing mine.json")));
        QVERIFY(m_fixture.click(QStringLiteral("Back to the session")));
        QCOMPARE(gates->rowCount(), 8);
    }

private:
    WindowFixture m_fixture;
};

QTEST_MAIN(TestOpening)
#include "tst_opening.moc"
