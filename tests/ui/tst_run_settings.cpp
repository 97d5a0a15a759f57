// The run settings: what excludes what, why, the same run as a command, and a run that holds a layout.
#include "tests/support/form_steps.h"
#include "tests/support/window_fixture.h"
#include "ui/models/gate_grid_model.h"
#include "ui/session/learn_command_line.h"
#include "ui/session/pin_edits.h"
#include "ui/views/form_fields.h"
#include "ui/views/gate_heatmap.h"
#include "ui/views/heatmap_panel.h"
#include "ui/views/preset_panel.h"
#include "ui/views/run_settings_dialog.h"
#include "ui/views/sparsity_slider.h"
#include "ui/views/status_strip.h"

#include <QClipboard>
#include <QComboBox>
#include <QLabel>
#include <QLineEdit>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QSpinBox>
#include <QStandardItemModel>
#include <QToolButton>

using namespace consa;

namespace {

const QStandardItem& item(const QWidget& form, const QString& name, const QString& word) {
    const auto& box = field<QComboBox>(form, name);
    return *static_cast<QStandardItemModel*>(box.model())->item(box.findText(word));
}

LayoutChoice layoutChoice(const QString& name, const UnitGrid& grid) {
    LayoutChoice choice{name, QStringLiteral("/home/ada/my presets/") + name + QStringLiteral(".json"), {}};
    choice.file.layout = AttentionLayout(grid, true);
    choice.file.layout.setFull(1, 0, false);
    choice.file.windowTokens = 32;
    choice.file.sinkTokens = 2;
    return choice;
}

const UnitGrid kGrid{8, 4, Granularity::KvHead};
const QString kDemo = QStringLiteral("consa learn --model demo --out runs/demo");

}  // namespace

class TestRunSettings : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QVERIFY(m_fixture.prepare()); }
    void cleanup() { m_fixture.close(); }

    void saysWhatItIsAbout() {
        TrainingConfig config = defaultTrainingConfig("demo", false);
        config.model = "/models/tiny.gguf";
        config.corpus = {"/texts/a b.txt", "demo"};
        const RunSettingsDialog dialog(config, config, 8192);
        QStringList lines;
        for (const QLabel* label : dialog.findChildren<QLabel*>()) lines << label->text();
        QVERIFY2(lines.contains(QStringLiteral("Model: tiny.gguf   Texts: a b.txt, demo")),
                 qPrintable(lines.join('|')));
    }

    void defaultsNeedNoOptions() {
        const TrainingConfig config = defaultTrainingConfig("demo", false);
        const RunSettingsDialog dialog(config, config, 8192);
        QCOMPARE(dialog.commandLine(), kDemo);
        QVERIFY(dialog.config() == config);
        QVERIFY(dialog.problem().isEmpty());
    }

    void commandNamesWhatDiffers() {
        const TrainingConfig defaults = defaultTrainingConfig("my model's.gguf", true);
        TrainingConfig config = defaults;
        config.corpus = {"a text.txt", "b.txt"};
        config.text.packsDocuments = true;
        config.device = "cuda:1";
        config.mode = LearningMode::GatesAndWeights;
        config.loss = TrainingLoss::DistillKl;
        config.scope = Scope::PerLayer;
        config.sparsityEstimate = SparsityEstimate::Sampled;
        config.pins = {{3, 1, true}, {0, 2, false}};
        config.target = 0.7;
        config.weightLearningRate = 3e-6;
        config.loraRank = 8;
        config.gateLearningRate = 0.15;
        config.seed = 7;
        QCOMPARE(learnCommandLine(config, defaults),
                 QStringLiteral("consa learn --model 'my model'\\''s.gguf' --corpus 'a text.txt' b.txt --pack --device "
                                "cuda:1 --mode gates+weights --loss distill-kl --scope per-layer --sparsity-estimate "
                                "sampled --pin 3.1=full --pin 0.2=sliding --target 0.7 --seed 7 --lr 0.15 --weight-lr "
                                "3e-06 --lora-rank 8 --out 'runs/my model'\\''s'"));
        // Broken lines are the same command to a shell.
        QString lines = learnCommandLine(config, defaults, 60);
        QVERIFY(lines.contains(QStringLiteral(" \\\n  --")));
        for (const QString& line : lines.split(QLatin1Char('\n'))) QVERIFY2(line.size() <= 64, qPrintable(line));
        QCOMPARE(lines.replace(QStringLiteral(" \\\n  "), QStringLiteral(" ")), learnCommandLine(config, defaults));
        config.mode = LearningMode::Gates;
        QVERIFY(!learnCommandLine(config, defaults).contains(QStringLiteral("--weight-lr")));
        // What has no effect, which consa refuses, is left out.
        config.rampSteps = 99;
        config.loraRank = 0;
        config.loraAlpha = 99;
        QVERIFY(!learnCommandLine(config, defaults).contains(QStringLiteral("99")));
        config.moves = {{5, 0.8}};
        QVERIFY(learnCommandLine(config, defaults).contains(QStringLiteral("--ramp 99")));
        config.mode = LearningMode::Recover;
        const QString held = learnCommandLine(config, defaults);
        for (const char* option : {"--target", "--scope", "--ramp", "--lr ", "--lora-alpha"})
            QVERIFY2(!held.contains(QLatin1String(option)), option);
        QCOMPARE(shellQuoted(QString()), QStringLiteral("''"));
        QCOMPARE(shellQuoted(QStringLiteral("$HOME;x")), QStringLiteral("'$HOME;x'"));
    }

    void everyFieldSurvivesTheForm() {
        TrainingConfig config = defaultTrainingConfig("demo", false);
        config.mode = LearningMode::GatesAndWeights;
        config.granularity = Granularity::Layer;
        config.loss = TrainingLoss::DistillHidden;
        config.sparsityEstimate = SparsityEstimate::Sampled;
        config.gateLearningRate = 0.0125;
        config.warmupShare = 0.25;
        config.multiplierRate = 0.7;
        config.quadraticWeight = 3;
        config.holdShare = 0.5;
        config.weightLearningRate = 2e-7;
        config.weightDecay = 0.01;
        config.gradientClip = 0.5;
        config.loraRank = 4;
        config.loraAlpha = 32;
        config.target = 0.3;
        const RunSettingsDialog dialog(config, defaultTrainingConfig("demo", false), 8192);
        QVERIFY(dialog.config() == config);
    }

    void choicesThatExcludeEachOtherSayWhy() {
        const TrainingConfig config = defaultTrainingConfig("demo", false);
        const RunSettingsDialog dialog(config, config, 8192);
        choose(dialog, QStringLiteral("Granularity"), QStringLiteral("One per layer"));
        QVERIFY(!item(dialog, QStringLiteral("Scope"), QStringLiteral("Inside every layer")).isEnabled());
        QVERIFY(!item(dialog, QStringLiteral("Scope"), QStringLiteral("Inside every layer")).toolTip().isEmpty());
        choose(dialog, QStringLiteral("Granularity"), QStringLiteral("One per KV head"));
        QVERIFY(item(dialog, QStringLiteral("Scope"), QStringLiteral("Inside every layer")).isEnabled());
        QVERIFY(!field<NumberBox>(dialog, QStringLiteral("Weight decay")).isEnabled());
        QVERIFY(field<NumberBox>(dialog, QStringLiteral("Weight decay")).toolTip().contains(QStringLiteral("Gates")));
        choose(dialog, QStringLiteral("Method"), QStringLiteral("L1"));
        QVERIFY(!field<NumberBox>(dialog, QStringLiteral("Quadratic weight")).isEnabled());
        choose(dialog, QStringLiteral("Mode"), QStringLiteral("Gates and weights"));
        QVERIFY(field<NumberBox>(dialog, QStringLiteral("Weight decay")).isEnabled());
        QVERIFY(!field<NumberBox>(dialog, QStringLiteral("LoRA alpha")).isEnabled());
        QVERIFY2(dialog.problem().contains(QStringLiteral("--method l1")), qPrintable(dialog.problem()));
        QVERIFY(!item(dialog, QStringLiteral("Method"), QStringLiteral("Random")).isEnabled());
        choose(dialog, QStringLiteral("Method"), QStringLiteral("ConSA"));
        QVERIFY(dialog.problem().isEmpty());
        field<QSpinBox>(dialog, QStringLiteral("Window")).setValue(600);
        QVERIFY2(dialog.problem().contains(QStringLiteral("--window 600")), qPrintable(dialog.problem()));
    }

    void pinsLeaveConsaAlone() {
        TrainingConfig config = defaultTrainingConfig("demo", false);
        config.pins = {{1, 1, true}};
        const RunSettingsDialog dialog(config, defaultTrainingConfig("demo", false), 8192);
        QVERIFY(dialog.commandLine().contains(QStringLiteral("--pin 1.1=full")));
        QVERIFY(!item(dialog, QStringLiteral("Method"), QStringLiteral("Ranked")).isEnabled());
        QVERIFY(
            item(dialog, QStringLiteral("Method"), QStringLiteral("Ranked")).toolTip().contains(QStringLiteral("pin")));
    }

    void recoverNeedsALayout() {
        const TrainingConfig config = defaultTrainingConfig("demo", false);
        const RunSettingsDialog none(config, config, 8192);
        QVERIFY(!item(none, QStringLiteral("Mode"), QStringLiteral("Recover a layout")).isEnabled());
        const RunSettingsDialog dialog(config, config, 8192,
                                       {layoutChoice(QStringLiteral("one"), kGrid),
                                        layoutChoice(QStringLiteral("two"), {8, 4, Granularity::Layer})});
        QVERIFY(!field<QComboBox>(dialog, QStringLiteral("Layout")).isEnabled());
        choose(dialog, QStringLiteral("Mode"), QStringLiteral("Recover a layout"));
        QVERIFY(dialog.heldLayout().has_value());
        QCOMPARE(dialog.config().windowTokens, 32);  // the layout's own
        QCOMPARE(dialog.config().sinkTokens, 2);
        choose(dialog, QStringLiteral("Layout"), QStringLiteral("two"));
        QVERIFY(dialog.config().granularity == Granularity::Layer);
        QVERIFY(
            dialog.commandLine().contains(QStringLiteral("--mode recover --layout '/home/ada/my presets/two.json'")));
        QVERIFY(!field<QComboBox>(dialog, QStringLiteral("Method")).isEnabled());
        QVERIFY(dialog.problem().isEmpty());
    }

    void fieldsAreNamedAndExplained() {
        const TrainingConfig config = defaultTrainingConfig("demo", false);
        const RunSettingsDialog dialog(config, config, 8192);
        int count = 0;
        for (const QWidget* one : dialog.findChildren<QWidget*>()) {
            const bool isField =
                qobject_cast<const QComboBox*>(one) || qobject_cast<const QAbstractSpinBox*>(one) ||
                qobject_cast<const QPlainTextEdit*>(one) ||
                (qobject_cast<const QLineEdit*>(one) && !qobject_cast<const QAbstractSpinBox*>(one->parentWidget()));
            if (!isField) continue;
            ++count;
            QVERIFY2(!one->accessibleName().isEmpty(), one->metaObject()->className());
            QVERIFY2(!one->toolTip().isEmpty(), qPrintable(one->accessibleName()));
        }
        QCOMPARE(count, 25);
    }

    void numbersAreTypedAsTheyAreRead() {
        NumberBox box(0, 10, {QStringLiteral("Rate"), QStringLiteral("tip")});
        box.setValue(1e-5);
        QCOMPARE(box.text(), QStringLiteral("1e-05"));
        QTest::keyClick(&box, Qt::Key_A, Qt::ControlModifier);
        QTest::keyClicks(&box, QStringLiteral("3e-4"));
        QTest::keyClick(&box, Qt::Key_Return);
        QCOMPARE(box.value(), 3e-4);
    }

    void commandIsCopied() {
        const TrainingConfig config = defaultTrainingConfig("demo", false);
        RunSettingsDialog dialog(config, config, 8192);
        for (auto* button : dialog.findChildren<QToolButton*>())
            if (button->text() == QLatin1String("Copy")) button->click();
        QCOMPARE(QGuiApplication::clipboard()->text(), kDemo);
    }

    void heldLayoutIsShownWhileWeightsTrain() {
        QVERIFY(m_fixture.open());
        StartCommand start;
        start.config = defaultTrainingConfig("demo", false);
        start.config.mode = LearningMode::Recover;
        start.config.loss = TrainingLoss::DistillKl;
        start.layout = layoutChoice(QStringLiteral("one"), kGrid).file.layout;
        m_fixture.session->post(start);
        QTRY_VERIFY(m_fixture.snapshot().step > 5);
        const auto& gates = m_fixture.the<GateGridModel>();
        QVERIFY(gates.isHeld());
        QVERIFY(gates.layout() == *start.layout);
        QVERIFY(gates.probability().empty());
        QVERIFY(m_fixture.hasLabel(QStringLiteral("Held layout: 8 × 4")));
        QVERIFY(!m_fixture.the<SparsitySlider>().isEnabled());
        QVERIFY(m_fixture.hasLabel(QStringLiteral("   KL ")));
    }

    void presetIsHeldByTheNextRun() {
        QVERIFY(m_fixture.open());
        m_fixture.the<PinEdits>().pin(2, 2, false);
        LayoutFile file = m_fixture.the<GateGridModel>().sessionFile();
        file.layout = layoutChoice(QStringLiteral("mine"), kGrid).file.layout;
        file.probabilities.clear();
        QVERIFY(m_fixture.the<PresetPanel>().savePreset(QStringLiteral("mine"), file));
        QTimer::singleShot(0, this, [] {
            auto* dialog = qobject_cast<RunSettingsDialog*>(QApplication::activeModalWidget());
            QVERIFY(dialog);
            choose(*dialog, QStringLiteral("Mode"), QStringLiteral("Recover a layout"));
            QVERIFY2(dialog->problem().isEmpty(), qPrintable(dialog->problem()));
            dialog->accept();
        });
        m_fixture.actionFor(QStringLiteral("Ctrl+,"))->trigger();
        const auto& gates = m_fixture.the<GateGridModel>();
        QVERIFY(gates.isHeld());  // already before the run
        QVERIFY(gates.layout() == file.layout);
        m_fixture.window->activateWindow();
        QVERIFY(QTest::qWaitForWindowActive(m_fixture.window.get()));
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Space);
        QVERIFY(m_fixture.reaches(SessionState::Training));
        const StartCommand start = m_fixture.session->posted<StartCommand>().back();
        QVERIFY(start.layout == file.layout);
        QVERIFY(start.config.mode == LearningMode::Recover);
        QVERIFY(start.config.pins.empty());  // a held layout has none
        QVERIFY(start.config.layout.ends_with("mine.json"));
        QVERIFY(gates.layout() == file.layout);
    }

    void settingsAreRememberedForTheirModel() {
        const auto edit = [this](int steps) {
            QTimer::singleShot(0, this, [steps] {
                auto* dialog = qobject_cast<RunSettingsDialog*>(QApplication::activeModalWidget());
                QVERIFY(dialog);
                for (auto* button : dialog->findChildren<QPushButton*>())
                    if (steps == 0 && button->text() == QLatin1String("Restore Defaults")) button->click();
                if (steps > 0) field<QSpinBox>(*dialog, QStringLiteral("Steps")).setValue(steps);
                dialog->accept();
            });
            m_fixture.actionFor(QStringLiteral("Ctrl+,"))->trigger();
        };
        const auto startedWith = [this] {
            QTest::keyClick(m_fixture.window.get(), Qt::Key_Space);
            return m_fixture.session->posted<StartCommand>().back().config;
        };
        const TrainingConfig defaults = defaultTrainingConfig("demo", false);
        QVERIFY(m_fixture.open());
        edit(77);
        QVERIFY(m_fixture.open());  // another start
        TrainingConfig wanted = defaults;
        wanted.stepCount = 77;
        QCOMPARE(startedWith(), wanted);
        QVERIFY(m_fixture.open());
        edit(0);
        QVERIFY(m_fixture.open());
        QCOMPARE(startedWith(), defaults);
        // What another version wrote is no reason to fail.
        QSettings().setValue(QStringLiteral("run/settings/demo/cpu"), QStringLiteral("{\"unheardOf\": 1}"));
        QVERIFY(m_fixture.open());
        QCOMPARE(startedWith(), defaults);
        QSettings().remove(QStringLiteral("run/settings"));
    }

private:
    WindowFixture m_fixture;
};

QTEST_MAIN(TestRunSettings)
#include "tst_run_settings.moc"
