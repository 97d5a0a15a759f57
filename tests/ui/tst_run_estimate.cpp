// What the run settings say before the start: tokens, time and memory.
#include "core/base/file_io.h"
#include "core/checkpoint/known_shapes.h"
#include "core/session/run_folder.h"
#include "core/training/run_cost.h"
#include "tests/support/form_steps.h"
#include "tests/support/test_home.h"
#include "ui/models/run_list_model.h"
#include "ui/session/run_estimate.h"
#include "ui/session/session_controller.h"
#include "ui/views/run_settings_dialog.h"

#include <QLabel>
#include <QSpinBox>
#include <QTemporaryDir>

using namespace consa;

class TestRunEstimate : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() {
        QVERIFY(m_home.isValid());
        useTestHome(m_home);
    }

    void saysTokensAndTimeBeforeTheStart() {
        TrainingConfig config = defaultTrainingConfig("demo", false);
        config.stepCount = 100;
        config.batchSize = 2;
        config.contextTokens = 500;
        RunSettingsDialog dialog(config, config, 0);
        QVERIFY(dialog.estimate().contains(QLocale().toString(100000)));
        RunConditions known;
        known.model = knownShape("tiny");
        known.trainTokens = 50000;
        dialog.setConditions(known);
        QVERIFY(dialog.estimate().contains(QStringLiteral("%1 times").arg(QLocale().toString(2.0, 'f', 1))));
        QVERIFY(dialog.estimate().contains(QStringLiteral("time unknown until the first steps")));
        known.cpu.pace = RunPace{200.0 / estimateRunFlop(*known.model, config), QStringLiteral("monday")};
        dialog.setConditions(known);
        QVERIFY2(dialog.estimate().contains(QStringLiteral("about 3 min 20 s at the speed of monday")),
                 qPrintable(dialog.estimate()));
        // Twice the steps take twice the time; another device has no rate.
        field<QSpinBox>(dialog, QStringLiteral("Steps")).setValue(200);
        QVERIFY2(dialog.estimate().contains(QStringLiteral("6 min 40 s")), qPrintable(dialog.estimate()));
        choose(dialog, QStringLiteral("Device"), QStringLiteral("GPU"));
        QVERIFY(dialog.estimate().contains(QStringLiteral("time unknown until the first steps")));
    }

    void warnsWhenMemoryWillNotDo() {
        TrainingConfig config = defaultTrainingConfig("demo", true);
        config.device = "auto";
        RunSettingsDialog dialog(config, config, 0);
        RunConditions known;
        known.model = knownShape("smollm2-135m");
        known.isGpuOpen = true;
        const RunMemory memory = estimateRunMemory(*known.model, config, true);
        QVERIFY(memory.ofOneWindow < memory.ofWholeStep);
        dialog.setConditions(known);
        QVERIFY(dialog.memoryWarning().isEmpty());  // nothing known of the device
        const auto warningAt = [&](double free) {
            known.gpu.freeBytes = known.cpu.freeBytes = free;
            dialog.setConditions(known);
            return dialog.memoryWarning();
        };
        QVERIFY(warningAt(memory.ofWholeStep + 1).isEmpty());
        QVERIFY(warningAt(memory.ofWholeStep - 1).contains(QStringLiteral("smaller parts")));
        QVERIFY(warningAt(memory.ofOneWindow - 1).contains(QStringLiteral("shorter context")));
        bool isShown = false;
        for (const QLabel* label : dialog.findChildren<QLabel*>())
            isShown = isShown || (!label->isHidden() && label->text().startsWith(QStringLiteral("Warning: Does not")));
        QVERIFY(isShown);
        // Without the GPU's way of taking a step in parts it simply does not fit.
        choose(dialog, QStringLiteral("Device"), QStringLiteral("CPU"));
        config.device = "cpu";
        const QString onCpu = warningAt(estimateRunMemory(*known.model, config, false).ofWholeStep - 1);
        QVERIFY2(onCpu.contains(QStringLiteral("smaller batch")), qPrintable(onCpu));
    }

    void rateIsRememberedFromRunFolders() {
        const std::filesystem::path runs = dataFolder() / "runs";
        const auto makeRun = [&](const char* name, const char* device, double seconds) {
            RunRecord record;
            record.config = defaultTrainingConfig("demo", false);
            record.model = knownShape("tiny");
            record.device = device;
            RunFolder folder = RunFolder::create(runs / name, record);
            for (int step = 0; step < 10; ++step) {
                HistoryPoint point;
                point.step = step;
                point.seconds = seconds;
                folder.appendLine(toJsonLine(point));
            }
        };
        makeRun("here", "CPU, 2 threads", 0.5);
        makeRun("elsewhere", "CPU, 64 threads", 0.01);
        makeRun("gpu", "NVIDIA T4", 0.02);
        SessionSnapshot snapshot;
        snapshot.model = knownShape("tiny");
        snapshot.modelPath = "demo";
        snapshot.device.name = "CPU, 2 threads";
        const RunListModel list(runs);
        const RunConditions known = runConditions(snapshot, list);
        TrainingConfig config = defaultTrainingConfig("demo", false);
        config.device = "auto";
        QVERIFY(known.cpu.pace.has_value());
        QCOMPARE(known.cpu.pace->source, QStringLiteral("here"));
        QVERIFY(std::abs(*estimateSeconds(known, config) - 0.5 * config.stepCount) < 1e-6);
        config.device = "cuda";
        QVERIFY(std::abs(*estimateSeconds(known, config) - 0.02 * config.stepCount) < 1e-6);
        snapshot.modelPath = "other.gguf";
        QVERIFY(!runConditions(snapshot, list).cpu.pace);
        snapshot.run = 1;  // the session's own run comes first
        snapshot.secondsPerStep = 3;
        snapshot.config = config;
        config.device = "auto";
        QVERIFY(std::abs(*estimateSeconds(runConditions(snapshot, list), config) - 3.0 * config.stepCount) < 1e-6);
        std::filesystem::remove_all(runs);
    }

private:
    QTemporaryDir m_home;
};

QTEST_MAIN(TestRunEstimate)
#include "tst_run_estimate.moc"
