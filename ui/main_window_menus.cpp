// Menus, tool bar and the keys without a menu.
#include "ui/dock_area.h"
#include "ui/export/figure_actions.h"
#include "ui/main_window.h"
#include "ui/session/recent_files.h"
#include "ui/style/icons.h"
#include "ui/views/comparison_view.h"
#include "ui/views/heatmap_panel.h"
#include "ui/views/preset_panel.h"
#include "ui/views/run_controls.h"
#include "ui/views/run_panel.h"
#include "ui/views/sparsity_slider.h"
#include "ui/views/steering_panel.h"
#include "ui/window_actions.h"

#include <QAction>
#include <QDockWidget>
#include <QMenuBar>
#include <QToolBar>
#include <QToolButton>
#include <QUndoStack>

namespace consa {

void MainWindow::createMenus() {
    createFileMenu();
    createEditMenu();
    createRunMenu();
    createViewMenu();
    QMenu* presets = menuBar()->addMenu(tr("&Presets"));
    presets->addActions({m_presetPanel->saveAction(), m_presetPanel->loadAction(), m_presetPanel->compareAction()});
    presets->addSeparator();
    presets->addActions({m_presetPanel->renameAction(), m_presetPanel->noteAction(), m_presetPanel->duplicateAction(),
                         m_presetPanel->deleteAction(), m_presetPanel->holdAction()});
    presets->addSeparator();
    presets->addActions({m_presetPanel->importAction(), m_presetPanel->importFolderAction(),
                         m_presetPanel->exportAction(), m_presetPanel->exportModelAction()});
    menuBar()->addMenu(tr("&Help"))->addActions({m_actions->help, m_actions->shortcuts, m_actions->about});
    for (QAction* entry : menuBar()->actions()) entry->menu()->setToolTipsVisible(true);
}

void MainWindow::createFileMenu() {
    QMenu* file = menuBar()->addMenu(tr("&File"));
    file->addActions(
        {m_actions->openModelFile, m_actions->openModelFolder, m_actions->openDefault, m_actions->openDemo});
    file->addSeparator();
    file->addActions({m_actions->openTextFiles, m_actions->openTextFolder});
    file->addSeparator();
    file->addActions({m_actions->openRun, m_presetPanel->importAction()});
    m_recentMenu = file->addMenu(tr("Open recent"));
    m_recentMenu->setToolTipsVisible(true);
    connect(m_recent, &RecentFiles::changed, this, &MainWindow::fillRecentMenu);
    fillRecentMenu();
    file->addSeparator();
    file->addActions({m_figures->saveAction(), m_figures->reportAction(), m_actions->quit});
}

void MainWindow::createEditMenu() {
    QMenu* edit = menuBar()->addMenu(tr("&Edit"));
    QAction* undo = m_undo->createUndoAction(this, tr("Undo"));
    undo->setShortcut(QKeySequence(QStringLiteral("Ctrl+Z")));
    QAction* redo = m_undo->createRedoAction(this, tr("Redo"));
    redo->setShortcuts({QKeySequence(QStringLiteral("Ctrl+Shift+Z")), QKeySequence(QStringLiteral("Ctrl+Y"))});
    edit->addActions({undo, redo, m_actions->goBack});
    edit->addSeparator();
    edit->addActions({m_figures->copyAction(), m_comparisonView->copyAction(), m_actions->focusTarget});
    edit->addSeparator();
    edit->addActions({m_actions->palette, m_actions->preferences});
}

void MainWindow::createRunMenu() {
    QMenu* run = menuBar()->addMenu(tr("&Run"));
    run->addActions({m_runControls->toggleAction(), m_runControls->startAction(), m_runControls->pauseAction(),
                     m_runControls->stopAction()});
    run->addSeparator();
    run->addActions({m_comparisonView->evaluateAction(), m_comparisonView->cancelAction(), m_actions->evaluateCuts,
                     m_actions->polish, m_actions->freeze, m_actions->hold, m_actions->fork});
    run->addSeparator();
    run->addActions(
        {m_actions->runSettings, m_runPanel->openAction(), m_runPanel->resumeAction(), m_runPanel->deleteAction()});
}

void MainWindow::createViewMenu() {
    QMenu* view = menuBar()->addMenu(tr("&View"));
    for (const QDockWidget* dock : m_docks->docks()) view->addAction(dock->toggleViewAction());
    view->addSeparator();
    view->addActions(m_heatmapPanel->header().actions());
    view->addSeparator();
    view->addActions({m_actions->maximise, m_actions->fullScreen, m_actions->resetLayout});
    view->addSeparator();
    view->addActions({m_actions->toggleTheme, m_actions->largerText, m_actions->smallerText});
}

void MainWindow::createToolBar() {
    QToolBar* bar = addToolBar(tr("Main tool bar"));
    bar->setObjectName(QStringLiteral("mainToolBar"));
    bar->setMovable(false);
    bar->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    bar->setIconSize(QSize(18, 18));
    bar->setContextMenuPolicy(Qt::PreventContextMenu);
    bar->addActions({m_runControls->startAction(), m_runControls->pauseAction(), m_runControls->stopAction()});
    bar->addSeparator();
    const auto addMenuButton = [&](const QString& icon, const QString& text, const QString& tip,
                                   const QList<QAction*>& actions) {
        auto* menu = new QMenu(this);
        menu->addActions(actions);
        auto* button = new QToolButton;
        button->setIcon(lineIcon(icon));
        button->setText(text);
        button->setToolTip(tip);
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        button->setPopupMode(QToolButton::InstantPopup);
        button->setMenu(menu);
        bar->addWidget(button);
        return button;
    };
    m_modelButton = addMenuButton(
        QStringLiteral("model"), tr("Open model"), tr("Open another model"),
        {m_actions->openDefault, m_actions->openModelFile, m_actions->openModelFolder, m_actions->openDemo});
    m_textButton = addMenuButton(QStringLiteral("text"), tr("Open texts"), tr("Open other texts"),
                                 {m_actions->openTextFiles, m_actions->openTextFolder});
    bar->addAction(m_actions->runSettings);
    auto* spacer = new QWidget;
    spacer->setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Preferred);
    bar->addWidget(spacer);
    bar->addAction(m_actions->palette);
    bar->addActions({m_figures->copyAction(), m_figures->saveAction()});
}

void MainWindow::createStepKeys() {
    const auto addStep = [this](const QString& text, const QList<QKeySequence>& keys, double delta) {
        connect(m_actions->createHidden(text, keys), &QAction::triggered, this,
                [this, delta] { m_steering->slider().nudgeTarget(delta); });
    };
    addStep(tr("Target 1 % lower"), {QKeySequence(Qt::Key_BracketLeft)}, -0.01);
    addStep(tr("Target 1 % higher"), {QKeySequence(Qt::Key_BracketRight)}, 0.01);
    addStep(tr("Target 5 % lower"), {QKeySequence(Qt::SHIFT | Qt::Key_BracketLeft), QKeySequence(Qt::Key_BraceLeft)},
            -0.05);
    addStep(tr("Target 5 % higher"), {QKeySequence(Qt::SHIFT | Qt::Key_BracketRight), QKeySequence(Qt::Key_BraceRight)},
            0.05);
    addStep(tr("Target 0.1 % lower"), {QKeySequence(Qt::ALT | Qt::Key_BracketLeft)}, -0.001);
    addStep(tr("Target 0.1 % higher"), {QKeySequence(Qt::ALT | Qt::Key_BracketRight)}, 0.001);
}

}  // namespace consa
