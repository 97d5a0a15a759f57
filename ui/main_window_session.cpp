// What the window does with its session: shows snapshots, posts commands.
#include "core/layout/layer_layout.h"
#include "ui/dock_area.h"
#include "ui/main_window.h"
#include "ui/models/comparison_model.h"
#include "ui/models/gate_grid_model.h"
#include "ui/models/preset_list_model.h"
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
        m_steering->setNextTarget(m_plan.config().target);
        m_steering->setRampSteps(m_plan.config().rampSteps);
    }
    m_presets->setModelShape(snapshot.model ? snapshot.model->grid(Granularity::KvHead) : UnitGrid{});
    m_presetPanel->setModelPath(QString::fromStdString(snapshot.modelPath));
    m_gates->setSnapshot(snapshot);
    m_chart->setStepCount(snapshot.run > 0 ? snapshot.stepCount : 0);
    m_steering->setSnapshot(snapshot);
    m_comparison->setSnapshot(snapshot);
    m_comparisonView->setSnapshot(snapshot);
    m_runControls->setSnapshot(snapshot);
    m_status->setSnapshot(snapshot);
    m_heatmapPanel->setSnapshot(snapshot);
    m_actions->freeze->setEnabled(isRunGoingOn());
    m_actions->freeze->setChecked(snapshot.isFrozen);
    countLayouts();

    const QString model = snapshot.model ? QString::fromStdString(snapshot.model->name) : QString();
    m_modelButton->setText(model.isEmpty() ? tr("Open model") : tr("Model: %1").arg(model));
    m_textButton->setText(snapshot.corpusPaths.empty()
                              ? tr("Open texts")
                              : tr("Texts: %1").arg(textNames(snapshot.corpusPaths)) + heldOut(snapshot));
    m_textButton->setToolTip(snapshot.corpus ? QString::fromStdString(snapshot.corpus->line) : QString());
    setWindowTitle(model.isEmpty() ? tr("ConSA Explorer") : tr("%1 – ConSA Explorer").arg(model));

    const std::string error = snapshot.messageIsError ? snapshot.message : std::string();
    if (error != m_lastError && !error.empty()) m_messages->showError(QString::fromStdString(error));
    m_lastError = error;
}

void MainWindow::showEvents(const std::vector<SessionEvent>& events) {
    for (const SessionEvent& event : events) {
        const QString text = QString::fromStdString(event.text);
        if (event.kind == "error") {
            m_lastError = event.text;
            m_messages->showError(text);
        } else if (!text.isEmpty()) {
            m_status->showNote(text);
        }
        if (event.kind == "evaluate") m_docks->showResult(m_comparisonView);
    }
}

bool MainWindow::isRunGoingOn() const {
    const SessionState state = m_controller->snapshot().state;
    return state == SessionState::Training || state == SessionState::Paused;
}

void MainWindow::startRun() {
    m_messages->hide();
    showSessionAgain();
    m_plan.setRampSteps(m_steering->rampSteps());
    m_controller->post(m_plan.startCommand());
}

void MainWindow::commitTarget(double target) {
    m_plan.setTarget(target);
    // A finished run trains on only when asked to; then the slider speaks of the next run.
    if (m_controller->snapshot().state == SessionState::Finished) return;
    m_controller->post(RetargetCommand{target, m_steering->rampSteps()});
}

void MainWindow::moveCut(std::optional<double> cut) {
    showSessionAgain();
    m_gates->setCut(cut);
    m_controller->post(CutCommand{cut});
}

void MainWindow::evaluate() {
    EvaluateCommand command;
    command.split = m_comparisonView->split().toStdString();
    command.maxTokens = defaultEvaluationTokens(m_controller->snapshot());
    for (int row : m_presets->checkedRows()) {
        const LayoutFile& preset = m_presets->preset(row);
        command.layouts.push_back(
            {m_presets->name(row).toStdString(), preset.layout, preset.windowTokens, preset.sinkTokens});
    }
    m_docks->showResult(m_comparisonView);
    m_controller->post(std::move(command));
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
    m_docks->showResult(m_comparisonView);
    m_controller->post(std::move(command));
}

void MainWindow::planSinklessRun() {
    TrainingConfig config = m_plan.config();
    config.granularity = Granularity::Layer;
    config.sinkTokens = 0;
    editRunSettings(config);
}

void MainWindow::countLayouts() {
    const int presetCount = static_cast<int>(m_presets->checkedRows().size());
    m_comparisonView->setPresetCount(presetCount);
}

void MainWindow::editRunSettings(const TrainingConfig& config) {
    const SessionSnapshot& snapshot = m_controller->snapshot();
    RunSettingsDialog dialog(config, m_plan.defaults(), snapshot.model ? snapshot.model->longestContextTokens() : 0,
                             this);
    if (dialog.exec() != QDialog::Accepted) return;
    m_plan.edit(dialog.config());
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
