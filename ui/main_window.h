// The window: panels, actions and the session wired together. Connects; computes nothing.
#pragma once

#include "core/layout/layout_file.h"
#include "ui/session/run_plan.h"
#include "ui/session/session_controller.h"
#include "ui/style/application_style.h"
#include "ui/views/heatmap_scene.h"

#include <QMainWindow>
#include <QTimer>
#include <optional>
#include <utility>

class QMenu;
class QToolButton;
class QUndoStack;

namespace consa {

class ComparisonModel;
class ComparisonPlot;
class ComparisonView;
class DockArea;
class FigureActions;
class FrontierRecord;
class GateGridModel;
class GateRecord;
struct GateFrame;
class HeatmapPanel;
class HistoryChart;
class KeptGates;
class LogModel;
class LogPanel;
class MessageBar;
class PinEdits;
class PresetListModel;
class PresetPanel;
class RecentFiles;
class ReferenceMenu;
class RunControls;
class RunFollower;
class RunHistory;
class RunListModel;
class RunPanel;
class StatusStrip;
class SteeringPanel;
class TargetEdits;
class WindowActions;

/// Shows and steers one session, which must outlive it.
class MainWindow final : public QMainWindow {
    Q_OBJECT

public:
    explicit MainWindow(SessionInterface& session, QWidget* parent = nullptr);
    ~MainWindow() override;

    /// Opens the demo, or what `path` names: a model, a run folder, a layout file, a text. Errors go into the bar, and
    /// those of the start to stderr.
    void openAtStart(const QString& path);
    void openPath(const QString& path);

    [[nodiscard]] SessionController& controller() { return *m_controller; }

protected:
    void closeEvent(QCloseEvent* event) override;
    void changeEvent(QEvent* event) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    // main_window.cpp: what the window consists of.
    void createPanels();
    void connectSession();
    void connectSteering();
    void connectPins();
    void connectResults();
    void connectFiles();
    void restoreWindow();

    // main_window_view.cpp: its own looks.
    void connectView();
    /// The curves' axis and smoothing, as they were chosen at an earlier start.
    void rememberCurves();
    void setTheme(ThemeChoice theme);
    void setScale(double scale);
    void showPreferences();
    void fillRecentMenu();

    // main_window_menus.cpp: how its commands are reached.
    void createMenus();
    void createFileMenu();
    void createEditMenu();
    void createRunMenu();
    void createViewMenu();
    void createToolBar();
    void createStepKeys();

    // main_window_session.cpp: what it does with the session.
    void showSnapshot(const SessionSnapshot& snapshot);
    void showPlan();
    void listBuiltIns(const SessionSnapshot& snapshot);
    void showTitles(const SessionSnapshot& snapshot);
    void askForCutCurve(const SessionSnapshot& snapshot);
    /// Compares a running training again when as many steps have passed as the user wants.
    void evaluateAgain(const SessionSnapshot& snapshot);
    [[nodiscard]] static QString curvesHint(const SessionSnapshot& snapshot);
    /// What the curves need to know of the run that they show.
    void describeCurves(const TrainingConfig& config, int stepCount);
    void showEvents(const std::vector<SessionEvent>& events);
    void showFailure(const QString& text);
    void startRun();
    void commitTarget(double target);
    void applyTarget(double target);
    void pinUnit(UnitIndex cell, std::optional<bool> isFull);
    void moveCut(std::optional<double> cut);
    /// Posts the cut at once when it still waits for the slider to rest.
    void sendCut();
    void evaluate();
    /// Says which checked presets were made with another model than the open one.
    void warnOfOtherModels();
    void evaluateExport(const LayoutFile& file, const QString& name);
    void planSinklessRun();
    void planHeldRun(int presetRow);
    void countLayouts();
    void editRunSettings(const TrainingConfig& config);

    // main_window_settings.cpp: the settings of the next run, kept for each model and kind of device.
    void keepRunSettings() const;
    void recallRunSettings(const SessionSnapshot& snapshot);

    // main_window_runs.cpp: what it does with run folders and the log.
    void connectRuns();
    void connectLog();
    void openRun(const QString& folder);
    void resumeRun(const QString& folder);
    void followRun(const QString& folder);
    void stopFollowing();
    void overlayRuns();
    void offerRecovery();

    // main_window_forks.cpp: what it does with kept states, and holding.
    void connectForks();
    void showForks(const SessionSnapshot& snapshot);
    void enableForks(const SessionSnapshot& snapshot);
    void forkRun(int step);

    // main_window_timeline.cpp: the steps of the run on show.
    void connectTimeline();
    void recordGates(const SessionSnapshot& snapshot);
    void showStep(std::size_t frame);
    void showLatestStep();
    void showOpenedRun(const QString& folder, const LayoutFile& latest, bool isGoingOn);
    void addOpenedSteps(const SessionSnapshot& run, const std::vector<GateFrame>& frames);

    // main_window_files.cpp: what it opens.
    void openModel(const QString& model, const std::vector<std::string>& texts = {});
    void openTexts(const std::vector<std::string>& texts);
    void openLayout(const QString& path);
    void showLayout(const LayoutFile& file, const QString& name);
    void showSessionAgain();
    void browseForModel(bool isFolder);
    void browseForTexts(bool isFolder);
    void browseForRun();
    [[nodiscard]] bool isRunGoingOn() const;

    SessionController* m_controller;
    RunPlan m_plan;
    QUndoStack* m_undo;
    PinEdits* m_pins;
    TargetEdits* m_targets;
    GateGridModel* m_gates;
    GateRecord* m_record;
    KeptGates* m_pastGates;    // of the session's run, before its first step here
    KeptGates* m_openedGates;  // of the saved run on show
    RunHistory* m_history;
    ComparisonModel* m_comparison;
    FrontierRecord* m_frontier;
    PresetListModel* m_presets;
    RunListModel* m_runs;
    RunFollower* m_follower;
    LogModel* m_log;
    RecentFiles* m_recent;
    WindowActions* m_actions;
    RunControls* m_runControls;
    FigureActions* m_figures = nullptr;
    MessageBar* m_messages = nullptr;
    DockArea* m_docks = nullptr;
    HeatmapPanel* m_heatmapPanel = nullptr;
    ReferenceMenu* m_reference = nullptr;
    HistoryChart* m_chart = nullptr;
    SteeringPanel* m_steering = nullptr;
    ComparisonPlot* m_positionPlot = nullptr;
    ComparisonPlot* m_frontierPlot = nullptr;
    ComparisonView* m_comparisonView = nullptr;
    PresetPanel* m_presetPanel = nullptr;
    RunPanel* m_runPanel = nullptr;
    LogPanel* m_logPanel = nullptr;
    StatusStrip* m_status = nullptr;
    QMenu* m_recentMenu = nullptr;
    QToolButton* m_modelButton = nullptr;
    QToolButton* m_textButton = nullptr;
    std::string m_builtInsFor;    // model and window whose built-in presets are listed
    std::string m_lastError;      // of a snapshot, shown once
    int m_rewindCount = 0;        // of the snapshot on show
    std::uint64_t m_pastRun = 0;  // whose kept states were asked for
    QString m_openedRun;          // folder of the saved run on show; empty while the session is
    LayoutFile m_openedLayout;    // that run as it was left
    int m_evaluatedStep = 0;      // of the latest comparison that was asked for
    QTimer m_cutRest;
    std::pair<std::string, std::vector<std::string>> m_askedFor;  // model and texts whose cut curve is asked for
};

}  // namespace consa
