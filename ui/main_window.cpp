// What the window consists of and how its parts are connected.
#include "ui/main_window.h"

#include "core/base/file_io.h"
#include "ui/dock_area.h"
#include "ui/export/figure_actions.h"
#include "ui/models/comparison_model.h"
#include "ui/models/frontier_record.h"
#include "ui/models/gate_grid_model.h"
#include "ui/models/gate_record.h"
#include "ui/models/log_model.h"
#include "ui/models/preset_list_model.h"
#include "ui/models/run_history.h"
#include "ui/models/run_list_model.h"
#include "ui/session/kept_gates.h"
#include "ui/session/pin_edits.h"
#include "ui/session/recent_files.h"
#include "ui/session/run_follower.h"
#include "ui/session/target_edits.h"
#include "ui/views/comparison_plot.h"
#include "ui/views/comparison_view.h"
#include "ui/views/gate_heatmap.h"
#include "ui/views/heatmap_panel.h"
#include "ui/views/history_chart.h"
#include "ui/views/log_panel.h"
#include "ui/views/message_bar.h"
#include "ui/views/preset_panel.h"
#include "ui/views/reference_menu.h"
#include "ui/views/run_controls.h"
#include "ui/views/run_panel.h"
#include "ui/views/status_strip.h"
#include "ui/views/steering_panel.h"
#include "ui/window_actions.h"

#include <QAbstractButton>
#include <QAbstractItemView>
#include <QApplication>
#include <QDoubleSpinBox>
#include <QKeyEvent>
#include <QScreen>
#include <QSettings>
#include <QStatusBar>
#include <QUndoStack>
#include <QVBoxLayout>
#include <chrono>

namespace consa {

namespace {

// A drag through many cuts is one question to the engine (taste).
constexpr std::chrono::milliseconds kCutRest{150};
const QString kEvaluateCutsKey = QStringLiteral("run/evaluateCuts");

}  // namespace

MainWindow::MainWindow(SessionInterface& session, QWidget* parent)
    : QMainWindow(parent),
      m_controller(new SessionController(session, this)),
      m_undo(new QUndoStack(this)),
      m_pins(new PinEdits(*m_undo, this)),
      m_targets(new TargetEdits(*m_undo, this)),
      m_gates(new GateGridModel(this)),
      m_record(new GateRecord(64'000'000, this)),
      m_pastGates(new KeptGates(this)),
      m_openedGates(new KeptGates(this)),
      m_history(new RunHistory(this)),
      m_comparison(new ComparisonModel(this)),
      m_frontier(new FrontierRecord(dataFolder() / "frontier", this)),
      m_presets(new PresetListModel(dataFolder() / "presets", this)),
      m_runs(new RunListModel(dataFolder() / "runs", this)),
      m_follower(new RunFollower(this)),
      m_log(new LogModel(dataFolder() / "log.txt", this)),
      m_recent(new RecentFiles(this)),
      m_actions(new WindowActions(this)),
      m_runControls(new RunControls(this)) {
    setWindowTitle(tr("ConSA Explorer"));
    setAcceptDrops(true);
    createPanels();
    createMenus();
    createToolBar();
    createStepKeys();
    connectSession();
    connectSteering();
    connectPins();
    connectTimeline();
    connectForks();
    connectResults();
    connectRuns();
    connectLog();
    connectFiles();
    connectView();
    restoreWindow();
    qApp->installEventFilter(this);
    m_heatmapPanel->heatmap().setFocus();
}

MainWindow::~MainWindow() {
    qApp->removeEventFilter(this);
    delete m_controller;  // hears nothing more of the session while the panels go
}

void MainWindow::createPanels() {
    m_messages = new MessageBar;
    m_docks = new DockArea;
    m_heatmapPanel = new HeatmapPanel(*m_gates, *m_record);
    m_chart = new HistoryChart(*m_history);
    m_chart->setEmptyText(curvesHint({}));
    m_steering = new SteeringPanel(*m_gates);
    m_comparisonView = new ComparisonView(*m_comparison);
    m_presetPanel = new PresetPanel(*m_presets, *m_undo);
    m_docks->setPanels(m_heatmapPanel, m_chart, m_steering);
    m_positionPlot = new ComparisonPlot(ComparisonPicture::Positions, *m_comparison, *m_frontier);
    m_frontierPlot = new ComparisonPlot(ComparisonPicture::Frontier, *m_comparison, *m_frontier);
    m_docks->addPlot(tr("By position"), m_positionPlot);
    m_docks->addPlot(tr("Frontier"), m_frontierPlot);
    m_docks->addResult(tr("Compare"), m_comparisonView);
    m_docks->addResult(tr("Presets"), m_presetPanel);
    m_runPanel = new RunPanel(*m_runs);
    m_docks->addResult(tr("Runs"), m_runPanel);
    m_logPanel = new LogPanel(*m_log);
    m_docks->addResult(tr("Log"), m_logPanel);
    m_figures = new FigureActions(
        {*m_gates, m_heatmapPanel->heatmap(), *m_history, *m_comparison, *m_frontier, *m_controller}, this);
    m_reference = new ReferenceMenu(*m_gates, *m_record, *m_presets, this);
    m_heatmapPanel->setReferenceMenu(m_reference);
    m_heatmapPanel->setOpenDefaultAction(m_actions->openDefault);
    m_heatmapPanel->setEmptyActions({m_actions->openModelFile, m_actions->openDefault, m_actions->openDemo});

    m_heatmapPanel->setCancelAction(m_comparisonView->cancelAction());

    auto* content = new QWidget;
    auto* layout = new QVBoxLayout(content);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addWidget(m_messages);
    layout->addWidget(m_docks, 1);
    setCentralWidget(content);
    m_status = new StatusStrip;
    statusBar()->setSizeGripEnabled(false);
    statusBar()->addWidget(m_status, 1);
}

void MainWindow::connectSession() {
    connect(m_controller, &SessionController::pointsArrived, m_history, &RunHistory::appendPoints);
    connect(m_controller, &SessionController::eventsArrived, m_history, &RunHistory::appendEvents);
    connect(m_controller, &SessionController::eventsArrived, this, &MainWindow::showEvents);
    connect(m_controller, &SessionController::snapshotArrived, this, &MainWindow::showSnapshot);
    connect(m_runControls, &RunControls::startRequested, this, &MainWindow::startRun);
    connect(m_runControls, &RunControls::resumeRequested, this, [this] { m_controller->post(ResumeCommand{}); });
    connect(m_runControls, &RunControls::pauseRequested, this, [this] { m_controller->post(PauseCommand{}); });
    connect(m_runControls, &RunControls::stopRequested, this, [this] {
        sendCut();
        m_controller->post(StopCommand{});
    });
    connect(m_actions->runSettings, &QAction::triggered, this, [this] { editRunSettings(m_plan.config()); });
}

void MainWindow::connectSteering() {
    connect(m_targets, &TargetEdits::requested, this, &MainWindow::applyTarget);
    connect(m_steering, &SteeringPanel::targetCommitted, this, &MainWindow::commitTarget);
    connect(m_steering, &SteeringPanel::cutMoved, this, &MainWindow::moveCut);
    connect(m_steering, &SteeringPanel::continueRequested, this, [this](double target) {
        m_controller->post(RetargetCommand{target, m_steering->rampSteps()});
    });
    m_cutRest.setSingleShot(true);
    m_cutRest.setInterval(kCutRest);
    connect(&m_cutRest, &QTimer::timeout, this, [this] { m_controller->post(CutCommand{m_gates->cut()}); });
    m_actions->evaluateCuts->setChecked(QSettings().value(kEvaluateCutsKey, true).toBool());
    connect(m_actions->evaluateCuts, &QAction::triggered, this, [this](bool isWanted) {
        QSettings().setValue(kEvaluateCutsKey, isWanted);
        m_controller->post(CutCurveCommand{isWanted});
    });
    connect(m_actions->polish, &QAction::triggered, this, [this] { m_controller->post(PolishCommand{}); });
    connect(m_actions->focusTarget, &QAction::triggered, this, [this] {
        m_steering->targetBox().setFocus(Qt::ShortcutFocusReason);
        m_steering->targetBox().selectAll();
    });
}

void MainWindow::connectPins() {
    GateHeatmap& heatmap = m_heatmapPanel->heatmap();
    connect(&heatmap, &GateHeatmap::pinRequested, this, &MainWindow::pinUnit);
    connect(&heatmap, &GateHeatmap::unpinAllRequested, m_pins, &PinEdits::unpinAll);
    connect(m_controller, &SessionController::eventsArrived, m_pins, &PinEdits::hearEvents);
    connect(m_pins, &PinEdits::requested, this,
            [this](const std::vector<Pin>& pins) { m_controller->post(PinCommand{pins}); });
    connect(m_pins, &PinEdits::pinsChanged, this, [this] {
        if (m_pins->grid() == m_plan.grid()) m_plan.setPins(m_pins->pins());
        m_gates->setPins(m_pins->pins());
        m_steering->updateFacts();
    });
}

void MainWindow::connectResults() {
    connect(m_comparisonView, &ComparisonView::evaluateRequested, this, [this] {
        m_docks->showTab(m_comparisonView);
        warnOfOtherModels();
        evaluate();
    });
    connect(m_comparisonView, &ComparisonView::cancelRequested, this,
            [this] { m_controller->post(CancelEvaluationCommand{}); });
    connect(m_comparisonView, &ComparisonView::rowActivated, this, [this](int row) {
        const ComparisonRow& shown = m_comparison->comparison().rows[static_cast<std::size_t>(row)];
        LayoutFile file = m_gates->sessionFile();
        file.layout = shown.layout;
        file.probabilities.clear();
        showLayout(file, QString::fromStdString(shown.name));
    });
    connect(m_frontier, &FrontierRecord::problemOccurred, m_messages, &MessageBar::showError);
    connect(m_frontierPlot, &ComparisonPlot::pointActivated, this, [this](const FrontierPoint& point) {
        LayoutFile file = m_gates->sessionFile();
        file.layout = point.layout;
        file.windowTokens = point.windowTokens;
        file.sinkTokens = point.sinkTokens;
        file.probabilities.clear();
        showLayout(file, point.name);
    });
    connect(m_positionPlot, &ComparisonPlot::rowActivated, m_comparisonView, &ComparisonView::activateRow);
    connect(m_comparisonView, &ComparisonView::noteOccurred, m_status, &StatusStrip::showNote);
    connect(m_presets, &QAbstractItemModel::dataChanged, this, &MainWindow::countLayouts);
    connect(m_presetPanel, &PresetPanel::saveRequested, this, [this] {
        if (m_gates->grid().unitCount() > 0) m_presetPanel->askAndSave(m_gates->shown());
    });
    connect(m_presetPanel, &PresetPanel::presetShown, this, &MainWindow::showLayout);
    connect(m_presetPanel, &PresetPanel::exportEvaluationRequested, this, &MainWindow::evaluateExport);
    connect(m_presetPanel, &PresetPanel::changeRequested, this, [this](int row) {
        showSessionAgain();
        m_reference->choosePreset(row);
        m_heatmapPanel->setPage(GatePage::Change);
    });
    connect(m_presetPanel, &PresetPanel::holdRequested, this, &MainWindow::planHeldRun);
    connect(m_presets, &QAbstractItemModel::modelReset, this, &MainWindow::countLayouts);
    connect(m_presetPanel, &PresetPanel::sinklessRunRequested, this, &MainWindow::planSinklessRun);
    connect(m_presetPanel, &PresetPanel::noteOccurred, m_status, &StatusStrip::showNote);
    connect(m_presetPanel, &PresetPanel::problemOccurred, m_messages, &MessageBar::showError);
    connect(m_presetPanel, &PresetPanel::warningOccurred, this,
            [this](const QString& text) { m_messages->showMessage(MessageBar::Severity::Warning, text); });
    connect(m_figures, &FigureActions::noteOccurred, m_status, &StatusStrip::showNote);
    connect(m_figures, &FigureActions::problemOccurred, m_messages, &MessageBar::showError);
    connect(m_heatmapPanel, &HeatmapPanel::sessionRequested, this, [this] {
        // What it says of the run that was on show has had its time.
        if (!m_openedRun.isEmpty() && m_messages->severity() == MessageBar::Severity::Note) m_messages->hide();
        showSessionAgain();
    });
}

void MainWindow::connectFiles() {
    connect(m_actions->openDemo, &QAction::triggered, this, [this] { openModel(QStringLiteral("demo"), {"demo"}); });
    connect(m_actions->openDefault, &QAction::triggered, this,
            [this] { openModel(QStringLiteral("default"), {"default"}); });
    connect(m_actions->openModelFile, &QAction::triggered, this, [this] { browseForModel(false); });
    connect(m_actions->openModelFolder, &QAction::triggered, this, [this] { browseForModel(true); });
    connect(m_actions->openTextFiles, &QAction::triggered, this, [this] { browseForTexts(false); });
    connect(m_actions->openTextFolder, &QAction::triggered, this, [this] { browseForTexts(true); });
    connect(m_actions->openRun, &QAction::triggered, this, &MainWindow::browseForRun);
}

void MainWindow::restoreWindow() {
    const QSize room = screen()->availableGeometry().size();
    resize(QSize(1440, 900).boundedTo(room));
    const QSettings settings;
    restoreGeometry(settings.value(QStringLiteral("window/geometry")).toByteArray());
    if (width() > room.width() || height() > room.height()) resize(size().boundedTo(room));
    m_docks->restoreLayout();
}

void MainWindow::changeEvent(QEvent* event) {
    QMainWindow::changeEvent(event);
    if (event->type() != QEvent::WindowStateChange) return;
    m_controller->setPullInterval(isMinimized() ? std::chrono::milliseconds(500) : std::chrono::milliseconds(33));
}

// Space belongs to a focused button, box or list before it starts a run.
bool MainWindow::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::ShortcutOverride && static_cast<QKeyEvent*>(event)->key() == Qt::Key_Space) {
        const auto* list = qobject_cast<QAbstractItemView*>(watched);
        const bool hasCheckBox = list && list->currentIndex().flags().testFlag(Qt::ItemIsUserCheckable);
        const bool usesSpace = hasCheckBox || qobject_cast<QAbstractButton*>(watched) || watched->inherits("QComboBox");
        if (usesSpace) {
            event->accept();
            return true;
        }
    }
    return QMainWindow::eventFilter(watched, event);
}

}  // namespace consa
