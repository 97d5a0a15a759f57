// What the window does with its session: shows snapshots, posts commands.
#include "core/layout/layer_layout.h"
#include "ui/dock_area.h"
#include "ui/main_window.h"
#include "ui/models/built_in_presets.h"
#include "ui/models/comparison_model.h"
#include "ui/models/frontier_record.h"
#include "ui/models/gate_grid_model.h"
#include "ui/models/log_model.h"
#include "ui/models/preset_list_model.h"
#include "ui/models/run_list_model.h"
#include "ui/session/pin_edits.h"
#include "ui/session/run_follower.h"
#include "ui/session/target_edits.h"
#include "ui/views/comparison_view.h"
#include "ui/views/heatmap_panel.h"
#include "ui/views/history_chart.h"
#include "ui/views/message_bar.h"
#include "ui/views/preset_panel.h"
#include "ui/views/run_controls.h"
#include "ui/views/run_settings_dialog.h"
#include "ui/views/status_strip.h"
#include "ui/views/steering_panel.h"
#include "ui/window_actions.h"

#include <QAction>
#include <QCloseEvent>
#include <QFileInfo>
#include <QMessageBox>
#include <QPushButton>
#include <QSettings>
#include <QToolButton>
#include <utility>

namespace consa {

namespace {

/// "demo", "default", or the names of files and folders.
QString textNames(const std::vector<std::string>& paths) {
    QStringList names;
    for (const std::string& path : paths) names << QFileInfo(QString::fromStdString(path)).fileName();
    return names.size() > 2 ? MainWindow::tr("%1 texts").arg(names.size()) : names.join(QStringLiteral(", "));
}

/// ", 30 % held out": what no training sees; empty before texts are open.
QString heldOut(const SessionSnapshot& snapshot) {
    if (!snapshot.corpus) return {};
    return MainWindow::tr(", %1 % held out").arg(100 * snapshot.corpus->heldOutShare(), 0, 'f', 0);
}

}  // namespace

void MainWindow::showSnapshot(const SessionSnapshot& snapshot) {
    if (m_plan.follow(snapshot)) {
        recallRunSettings(snapshot);
        m_steering->setNextTarget(m_plan.config().target);
        m_steering->setRampSteps(m_plan.config().rampSteps);
        m_pins->reset(m_plan.config().pins, m_plan.grid());
    }
    m_presets->setModelShape(snapshot.model ? snapshot.model->grid(Granularity::KvHead) : UnitGrid{});
    m_presets->setModelName(snapshot.model ? snapshot.model->name : std::string());
    listBuiltIns(snapshot);
    m_presetPanel->setModelPath(QString::fromStdString(snapshot.modelPath));
    m_pins->setSnapshot(snapshot);
    if (m_openedRun.isEmpty()) describeCurves(snapshot.config, snapshot.run > 0 ? snapshot.stepCount : 0);
    showForks(snapshot);
    m_comparison->setSnapshot(snapshot);
    m_frontier->setSnapshot(snapshot);
    m_comparisonView->setSnapshot(snapshot);
    m_runControls->setSnapshot(snapshot);
    m_status->setSnapshot(snapshot);
    showPlan();
    m_heatmapPanel->setSnapshot(snapshot);
    const bool isAtRest = snapshot.state == SessionState::Paused || snapshot.state == SessionState::Finished;
    m_actions->polish->setEnabled(isAtRest && !snapshot.logAlpha.empty() &&
                                  snapshot.config.mode != LearningMode::Recover);
    m_chart->setEmptyText(curvesHint(snapshot));
    countLayouts();
    showTitles(snapshot);
    askForCutCurve(snapshot);
    evaluateAgain(snapshot);

    const std::string error = snapshot.messageIsError ? snapshot.message : std::string();
    if (error != m_lastError && !error.empty()) showFailure(QString::fromStdString(error));
    m_lastError = error;
}

void MainWindow::describeCurves(const TrainingConfig& config, int stepCount) {
    m_chart->setStepCount(stepCount);
    m_chart->setLoss(config.loss);
    m_chart->setStepTokens(double(config.batchSize) * config.contextTokens);
}

void MainWindow::listBuiltIns(const SessionSnapshot& snapshot) {
    const std::string model = !snapshot.model ? ""
                                              : snapshot.modelPath + ' ' + snapshot.model->name + ' ' +
                                                    std::to_string(snapshot.config.windowTokens) + ' ' +
                                                    std::to_string(snapshot.config.sinkTokens);
    if (std::exchange(m_builtInsFor, model) != model) m_presets->setBuiltIns(builtInPresets(snapshot));
}

/// Gates and slider: of the run, or before one as the next run would begin.
void MainWindow::showPlan() {
    const SessionSnapshot snapshot = m_plan.preview(m_controller->snapshot());
    const bool hasOtherUnits = snapshot.logAlpha.empty() && m_pins->grid() != m_plan.grid();
    if (hasOtherUnits) m_pins->reset(m_plan.config().pins, m_plan.grid());
    m_gates->setSnapshot(snapshot);
    m_gates->setPins(m_pins->pins());
    recordGates(snapshot);
    m_steering->setSnapshot(snapshot);
}

void MainWindow::showTitles(const SessionSnapshot& snapshot) {
    const QString model = snapshot.model ? QString::fromStdString(snapshot.model->name) : QString();
    m_modelButton->setText(model.isEmpty() ? tr("Open model") : tr("Model: %1").arg(model));
    m_textButton->setText(snapshot.corpusPaths.empty()
                              ? tr("Open texts")
                              : tr("Texts: %1").arg(textNames(snapshot.corpusPaths)) + heldOut(snapshot));
    m_textButton->setToolTip(snapshot.corpus ? QString::fromStdString(snapshot.corpus->line) : QString());
    setWindowTitle(model.isEmpty() ? tr("ConSA Explorer") : tr("%1 – ConSA Explorer").arg(model));
}

/// Once for every model and texts: the engine gives up where the texts are too short.
void MainWindow::askForCutCurve(const SessionSnapshot& snapshot) {
    std::pair opened(snapshot.modelPath, snapshot.corpusPaths);
    if (!snapshot.model || snapshot.state == SessionState::Loading || opened == m_askedFor) return;
    m_askedFor = std::move(opened);
    if (m_actions->evaluateCuts->isChecked()) m_controller->post(CutCurveCommand{true});
}

QString MainWindow::curvesHint(const SessionSnapshot& snapshot) {
    if (snapshot.state == SessionState::Loading) return tr("Loading…");
    return snapshot.model ? tr("Nothing trained yet. Press Space.") : tr("Open a model, then train its gates.");
}

void MainWindow::evaluateAgain(const SessionSnapshot& snapshot) {
    const std::optional<int> steps = m_comparisonView->repeatSteps();
    if (snapshot.step < m_evaluatedStep) m_evaluatedStep = 0;  // another run
    if (!steps || snapshot.state != SessionState::Training || snapshot.step < m_evaluatedStep + *steps) return;
    evaluate();
}

void MainWindow::showEvents(const std::vector<SessionEvent>& events) {
    for (const SessionEvent& event : events) {
        const QString text = QString::fromStdString(event.text);
        if (event.kind == "error") {
            m_lastError = event.text;
            showFailure(text);
            if (isRunGoingOn() && m_steering->dropPendingTarget()) {
                m_plan.setTarget(m_controller->snapshot().target);
                m_targets->takeBack();
            }
        } else if (!text.isEmpty()) {
            m_log->add(event.kind == "warning" ? LogLevel::Warning : LogLevel::Note, text, event.step);
            m_status->setProblemCount(m_log->problemCount());
            m_status->showNote(text);
        }
        if (event.kind == "evaluate") m_docks->showTab(m_comparisonView);
    }
}

bool MainWindow::isRunGoingOn() const {
    const SessionState state = m_controller->snapshot().state;
    return state == SessionState::Training || state == SessionState::Paused;
}

void MainWindow::startRun() {
    m_messages->hide();
    showSessionAgain();
    m_cutRest.stop();
    m_plan.setRampSteps(m_steering->rampSteps());
    m_controller->post(m_plan.startCommand());
    m_pins->runRequested();
}

void MainWindow::commitTarget(double target) {
    m_targets->commit(m_steering->committedTarget(), target);
}

void MainWindow::applyTarget(double target) {
    m_plan.setTarget(target);
    m_steering->setCommittedTarget(target);
    // A finished run trains on only when asked to; then the slider speaks of the next run.
    if (m_controller->snapshot().state == SessionState::Finished) return;
    m_controller->post(RetargetCommand{target, m_steering->rampSteps()});
}

void MainWindow::pinUnit(UnitIndex cell, std::optional<bool> isFull) {
    const bool isPlanned = m_controller->snapshot().logAlpha.empty();
    if (isPlanned && m_plan.config().mode == LearningMode::Recover)
        return m_messages->showMessage(
            MessageBar::Severity::Warning,
            tr("The next run holds a fixed layout; choose another mode in the run settings (Ctrl+,) to pin units."));
    m_pins->pin(cell.layer, cell.unit, isFull);
}

void MainWindow::moveCut(std::optional<double> cut) {
    showSessionAgain();
    m_gates->setCut(cut);
    m_cutRest.start();
}

void MainWindow::sendCut() {
    if (!m_cutRest.isActive()) return;
    m_cutRest.stop();
    m_controller->post(CutCommand{m_gates->cut()});
}

void MainWindow::evaluate() {
    sendCut();
    EvaluateCommand command;
    command.split = m_comparisonView->split().toStdString();
    command.maxTokens = defaultEvaluationTokens(m_controller->snapshot());
    for (int row : m_presets->checkedRows()) {
        const LayoutFile& preset = m_presets->preset(row);
        command.layouts.push_back(
            {m_presets->name(row).toStdString(), preset.layout, preset.windowTokens, preset.sinkTokens});
    }
    m_evaluatedStep = m_controller->snapshot().step;
    m_controller->post(std::move(command));
}

void MainWindow::warnOfOtherModels() {
    QStringList warnings;
    for (int row : m_presets->checkedRows()) {
        const QString warning = m_presets->otherModelWarning(m_presets->preset(row), m_presets->name(row));
        if (!warning.isEmpty()) warnings << warning;
    }
    if (warnings.isEmpty()) return;
    const QString more = warnings.size() == 1 ? QString() : tr(" %n other(s) too.", nullptr, int(warnings.size()) - 1);
    m_messages->showMessage(MessageBar::Severity::Warning, warnings.front() + more);
}

void MainWindow::evaluateExport(const LayoutFile& file, const QString& name) {
    const SessionSnapshot& snapshot = m_controller->snapshot();
    if (!snapshot.model) return m_messages->showError(tr("Open the model first, then evaluate its export."));
    EvaluateCommand command;
    command.split = m_comparisonView->split().toStdString();
    command.maxTokens = defaultEvaluationTokens(snapshot);
    command.includeLearned = command.includeRules = false;
    const std::string label = name.toStdString();
    const AttentionLayout allFull(snapshot.model->grid(Granularity::KvHead), true);
    command.layouts = {{"full", allFull, file.windowTokens, file.sinkTokens},
                       {label, file.layout, file.windowTokens, file.sinkTokens},
                       {label + tr(", as exported").toStdString(), asLayers(file).layout, file.windowTokens, 0}};
    m_docks->showTab(m_comparisonView);
    m_controller->post(std::move(command));
}

void MainWindow::planSinklessRun() {
    TrainingConfig config = m_plan.config();
    config.granularity = Granularity::Layer;
    config.sinkTokens = 0;
    editRunSettings(config);
}

void MainWindow::planHeldRun(int presetRow) {
    TrainingConfig config = m_plan.config();
    config.mode = LearningMode::Recover;
    config.layout = m_presets->path(presetRow).toStdString();
    config.windowTokens = m_presets->preset(presetRow).windowTokens;
    config.sinkTokens = m_presets->preset(presetRow).sinkTokens;
    editRunSettings(config);
}

void MainWindow::countLayouts() {
    const int presetCount = static_cast<int>(m_presets->checkedRows().size());
    m_comparisonView->setPresetCount(presetCount);
}

void MainWindow::editRunSettings(const TrainingConfig& config) {
    const SessionSnapshot& snapshot = m_controller->snapshot();
    std::vector<LayoutChoice> layouts;
    for (int row = 0; row < m_presets->rowCount(); ++row)
        if (m_presets->fits(row) && !m_presets->isBuiltIn(row))
            layouts.push_back({m_presets->name(row), m_presets->path(row), m_presets->preset(row)});
    RunSettingsDialog dialog(config, m_plan.defaults(), snapshot.model ? snapshot.model->longestContextTokens() : 0,
                             std::move(layouts), this);
    m_runs->reload();
    dialog.setConditions(runConditions(snapshot, *m_runs));
    if (dialog.exec() != QDialog::Accepted) return;
    m_plan.edit(dialog.config(), dialog.heldLayout());
    keepRunSettings();
    showPlan();
    if (isRunGoingOn()) m_status->showNote(tr("The settings hold from the next run on"));
}

void MainWindow::closeEvent(QCloseEvent* event) {
    if (isRunGoingOn()) {
        QMessageBox box(QMessageBox::Question, tr("A run is going on"),
                        tr("Save and stop at step %1?").arg(m_controller->snapshot().step), QMessageBox::Cancel, this);
        QPushButton* quit = box.addButton(tr("Save and quit"), QMessageBox::AcceptRole);
        box.setDefaultButton(quit);
        box.exec();
        if (box.clickedButton() != quit) return event->ignore();
        m_controller->post(StopCommand{});
    }
    QSettings().setValue(QStringLiteral("window/geometry"), saveGeometry());
    m_docks->saveLayout();
    event->accept();
}

}  // namespace consa
