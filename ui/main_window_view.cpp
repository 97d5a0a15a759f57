// What the window does about its own looks: theme, size of text, panels, palette of commands, preferences.
#include "ui/dock_area.h"
#include "ui/main_window.h"
#include "ui/session/recent_files.h"
#include "ui/style/application_style.h"
#include "ui/views/command_palette.h"
#include "ui/views/comparison_view.h"
#include "ui/views/gate_heatmap.h"
#include "ui/views/heatmap_panel.h"
#include "ui/views/history_chart.h"
#include "ui/views/log_panel.h"
#include "ui/views/preferences_dialog.h"
#include "ui/views/preset_panel.h"
#include "ui/views/run_panel.h"
#include "ui/views/sparsity_slider.h"
#include "ui/views/status_strip.h"
#include "ui/views/steering_panel.h"
#include "ui/window_actions.h"

#include <QAction>
#include <QApplication>
#include <QFileInfo>
#include <QMenu>
#include <QSettings>
#include <QTableView>
#include <algorithm>

namespace consa {

void MainWindow::rememberCurves() {
    const QString axisKey = QStringLiteral("curves/axis"), smoothingKey = QStringLiteral("curves/smoothing");
    const QSettings settings;
    const int axis = settings.value(axisKey, 0).toInt();
    const bool isAxis = axis >= static_cast<int>(CurveAxis::Steps) && axis <= static_cast<int>(CurveAxis::Time);
    if (isAxis) m_chart->setAxis(static_cast<CurveAxis>(axis));
    m_chart->setSmoothing(std::max(1, settings.value(smoothingKey, 1).toInt()));
    connect(m_chart, &HistoryChart::looksChosen, this, [this, axisKey, smoothingKey] {
        QSettings().setValue(axisKey, static_cast<int>(m_chart->axis()));
        QSettings().setValue(smoothingKey, m_chart->smoothing());
    });
}

void MainWindow::connectView() {
    rememberCurves();
    connect(m_actions->resetLayout, &QAction::triggered, m_docks, &DockArea::resetLayout);
    connect(m_actions->toggleTheme, &QAction::triggered, this,
            [this] { setTheme(isDark(palette()) ? ThemeChoice::Light : ThemeChoice::Dark); });
    connect(m_actions->largerText, &QAction::triggered, this, [this] { setScale(steppedUiScale(uiScale(), 1)); });
    connect(m_actions->smallerText, &QAction::triggered, this, [this] { setScale(steppedUiScale(uiScale(), -1)); });
    connect(m_actions->maximise, &QAction::triggered, this,
            [this] { m_docks->toggleMaximised(QApplication::focusWidget()); });
    connect(m_actions->fullScreen, &QAction::triggered, this,
            [this](bool isOn) { isOn ? showFullScreen() : showNormal(); });
    connect(m_actions->shortcuts, &QAction::triggered, this, [this] { showShortcutSheet(this); });
    connect(m_actions->help, &QAction::triggered, this, [this] { showHelp(this); });
    connect(m_actions->about, &QAction::triggered, this, [this] { showAbout(this); });
    connect(m_actions->quit, &QAction::triggered, this, &QWidget::close);
    connect(m_actions->palette, &QAction::triggered, this, [this] {
        CommandPalette palette(namedActions(*this), this);
        palette.exec();
    });
    connect(m_actions->preferences, &QAction::triggered, this, &MainWindow::showPreferences);
    const auto focusOn = [this](int key, const QString& text, QWidget* panel, QWidget* target) {
        QAction* action = m_actions->createHidden(text, {QKeySequence(Qt::ALT | Qt::Key(key))});
        connect(action, &QAction::triggered, this, [this, panel, target] {
            m_docks->showTab(panel);
            target->setFocus(Qt::ShortcutFocusReason);
        });
    };
    focusOn(Qt::Key_1, tr("Go to heatmap"), m_heatmapPanel, &m_heatmapPanel->heatmap());
    focusOn(Qt::Key_2, tr("Go to curves"), m_chart, m_chart);
    focusOn(Qt::Key_3, tr("Go to slider"), m_steering, &m_steering->slider());
    focusOn(Qt::Key_4, tr("Go to comparison"), m_comparisonView, m_comparisonView->findChild<QTableView*>());
    focusOn(Qt::Key_5, tr("Go to presets"), m_presetPanel, m_presetPanel->findChild<QTableView*>());
    focusOn(Qt::Key_6, tr("Go to runs"), m_runPanel, m_runPanel->findChild<QTableView*>());
    focusOn(Qt::Key_7, tr("Go to log"), m_logPanel, m_logPanel->findChild<QTableView*>());
}

void MainWindow::setTheme(ThemeChoice theme) {
    applyApplicationStyle(theme, uiScale());
    QSettings().setValue(QStringLiteral("window/theme"), themeWord(theme));
}

void MainWindow::setScale(double scale) {
    applyApplicationStyle(themeFromWord(QSettings().value(QStringLiteral("window/theme")).toString()), scale);
    QSettings().setValue(QStringLiteral("window/scale"), scale);
    m_status->showNote(tr("Text at %1 %").arg(qRound(scale * 100)));
}

void MainWindow::showPreferences() {
    PreferencesDialog dialog(themeFromWord(QSettings().value(QStringLiteral("window/theme")).toString()), uiScale(),
                             m_actions->evaluateCuts->isChecked(), this);
    connect(&dialog, &PreferencesDialog::themeChosen, this, &MainWindow::setTheme);
    connect(&dialog, &PreferencesDialog::scaleChosen, this, &MainWindow::setScale);
    connect(&dialog, &PreferencesDialog::evaluateCutsChosen, this, [this](bool isWanted) {
        if (m_actions->evaluateCuts->isChecked() != isWanted) m_actions->evaluateCuts->trigger();
    });
    connect(&dialog, &PreferencesDialog::layoutResetRequested, m_docks, &DockArea::resetLayout);
    dialog.exec();
}

void MainWindow::fillRecentMenu() {
    m_recentMenu->clear();
    int digit = 1;
    for (const QString& path : m_recent->paths()) {
        QAction* action = m_recentMenu->addAction(QFileInfo(path).fileName(), this, [this, path] { openPath(path); });
        action->setToolTip(path);
        action->setShortcut(QKeySequence(Qt::CTRL | Qt::Key(Qt::Key_0 + digit++)));
    }
    m_recentMenu->setEnabled(!m_recent->paths().isEmpty());
    if (m_recent->paths().isEmpty()) return;
    m_recentMenu->addSeparator();
    m_recentMenu->addAction(tr("Forget these"), m_recent, &RecentFiles::clear)
        ->setToolTip(tr("Empty the list of recent files"));
}

}  // namespace consa
