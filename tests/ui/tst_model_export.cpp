// A preset built into a model folder from the window: what is written, evaluated and offered.
#include "core/checkpoint/hf_checkpoint.h"
#include "core/layout/layout_patterns.h"
#include "tests/support/fake_session.h"
#include "tests/support/test_home.h"
#include "ui/export/model_export.h"
#include "ui/main_window.h"
#include "ui/style/application_style.h"
#include "ui/views/model_export_dialog.h"
#include "ui/views/preset_panel.h"
#include "ui/views/run_settings_dialog.h"

#include <QAction>
#include <QPushButton>
#include <QSignalSpy>
#include <QtTest>

#include <algorithm>

using namespace consa;

namespace {

/// The demo's model with every second layer full.
LayoutFile demoLayout() {
    LayoutFile file;
    file.layout =
        layoutsFromRule("interleaved:0@0.5", openCheckpoint("demo")->config().grid(Granularity::KvHead))[0].layout;
    file.windowTokens = 48;
    file.sinkTokens = 4;
    return file;
}

}  // namespace

class TestModelExport : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        QVERIFY(m_home.isValid());
        useTestHome(m_home);
    }

    void writesAFolderThatOpensAgain() {
        QWidget parent;
        const QString folder = m_home.filePath(QStringLiteral("written"));
        const LayoutFile file = demoLayout();
        const ModelExportResult result = exportModelFolder(QStringLiteral("demo"), file, folder, &parent);
        QCOMPARE(result.problem, QString());
        QVERIFY(result.written.contains(folder));
        const auto checkpoint = openCheckpoint(folder.toStdString());
        const int layerCount = file.layout.grid.layerCount;
        for (int layer = 0; layer < layerCount; ++layer)
            QCOMPARE(checkpoint->config().nativeWindow(layer), file.layout.isHeadFull(layer, 0) ? 0 : 48);
        QCOMPARE(checkpoint->readFloat32("model.norm.weight"),
                 openCheckpoint("demo")->readFloat32("model.norm.weight"));
        const ModelExportResult again = exportModelFolder(QStringLiteral("demo"), file, folder, &parent);
        QVERIFY(again.written.isEmpty());
        QVERIFY2(again.problem.contains(folder), qPrintable(again.problem));
    }

    void saysWhatCannotBeWritten() {
        QWidget parent;
        LayoutFile file = demoLayout();
        file.layout = AttentionLayout({3, 5, Granularity::Layer}, true);
        const QString folder = m_home.filePath(QStringLiteral("other"));
        const ModelExportResult result = exportModelFolder(QStringLiteral("demo"), file, folder, &parent);
        QVERIFY2(result.problem.contains(QStringLiteral("3 x 5")), qPrintable(result.problem));
        QVERIFY(!QFileInfo::exists(folder));
        QVERIFY(!exportModelFolder(QStringLiteral("/no/such/model"), file, folder, &parent).problem.isEmpty());
    }

    void offersWhatLosesNothing() {
        const ModelExportDialog lossless(QStringLiteral("consa"), QString());
        const ModelExportDialog lossy(QStringLiteral("consa"), QStringLiteral("no sinks"));
        QVERIFY(button(lossless, QStringLiteral("Learn without")) == nullptr);
        QVERIFY(button(lossy, QStringLiteral("Learn without")) != nullptr);
    }

    void evaluatesWhatTransformersWillHave() {
        FakeSession session;
        MainWindow window(session);
        window.show();
        window.openAtStart({});
        QTRY_VERIFY(window.controller().snapshot().state == SessionState::Ready);
        const UnitGrid grid = window.controller().snapshot().model->grid(Granularity::KvHead);
        auto* panel = window.findChild<PresetPanel*>();
        LayoutFile file;
        file.layout = layoutsFromRule("random:1@0.5", grid)[0].layout;
        file.windowTokens = 64;
        file.sinkTokens = 4;
        QVERIFY(panel->savePreset(QStringLiteral("half"), file));
        panel->selectRow(0);
        press(QStringLiteral("Evaluate as exported"));
        panel->exportModelAction()->trigger();
        QTRY_COMPARE(session.posted<EvaluateCommand>().size(), std::size_t{1});
        const EvaluateCommand command = session.posted<EvaluateCommand>().front();
        QCOMPARE(command.layouts.size(), std::size_t{3});
        QCOMPARE(command.layouts[1].sinkTokens, 4);
        QCOMPARE(command.layouts[2].sinkTokens, 0);
        QVERIFY(command.layouts[2].layout.grid.granularity == Granularity::Layer);
        QCOMPARE(command.layouts[2].layout.fullCount(), grid.layerCount / 2);
    }

    void plansARunWithoutSinks() {
        FakeSession session;
        MainWindow window(session);
        window.show();
        window.openAtStart({});
        QTRY_VERIFY(window.controller().snapshot().state == SessionState::Ready);
        auto* panel = window.findChild<PresetPanel*>();
        panel->selectRow(0);  // of the test before
        press(QStringLiteral("Learn without"));
        QTimer::singleShot(100, this, [] {
            auto* settings = qobject_cast<RunSettingsDialog*>(QApplication::activeModalWidget());
            QVERIFY(settings);
            settings->accept();
        });
        panel->exportModelAction()->trigger();
        QAction* start = nullptr;
        for (QAction* each : window.findChildren<QAction*>())
            if (each->text() == QStringLiteral("Start")) start = each;
        QVERIFY(start);
        start->trigger();
        QTRY_COMPARE(session.posted<StartCommand>().size(), std::size_t{1});
        const TrainingConfig config = session.posted<StartCommand>().front().config;
        QCOMPARE(config.sinkTokens, 0);
        QVERIFY(config.granularity == Granularity::Layer);
    }

private:
    static QPushButton* button(const QWidget& dialog, const QString& start) {
        const QList<QPushButton*> all = dialog.findChildren<QPushButton*>();
        const auto found = std::find_if(all.begin(), all.end(),
                                        [&](const QPushButton* each) { return each->text().startsWith(start); });
        return found == all.end() ? nullptr : *found;
    }

    /// Presses a button of the export dialog once it is open.
    void press(const QString& start) {
        QTimer::singleShot(0, this, [start] {
            QWidget* dialog = QApplication::activeModalWidget();
            QVERIFY(dialog);
            QPushButton* found = button(*dialog, start);
            QVERIFY(found);
            found->click();
        });
    }

    QTemporaryDir m_home;
};

QTEST_MAIN(TestModelExport)
#include "tst_model_export.moc"
