// The window's own actions, and the menus and tool bar that gather everybody's.
#pragma once

#include <QObject>

class QAction;
class QActionGroup;
class QMainWindow;
class QMenu;
class QToolBar;
class QToolButton;

namespace consa {

/// Actions without a panel of their own. Each has a text and a tooltip; their owner is this object.
class WindowActions final : public QObject {
    Q_OBJECT

public:
    explicit WindowActions(QMainWindow* window);

    QAction* openDemo;
    QAction* openDefault;
    QAction* openModelFile;
    QAction* openModelFolder;
    QAction* openTextFiles;
    QAction* openTextFolder;
    QAction* openRun;
    QAction* runSettings;
    QAction* freeze;
    QAction* hold;
    QAction* fork;
    QAction* goBack;
    QAction* evaluateCuts;
    QAction* polish;
    QAction* focusTarget;
    QAction* resetLayout;
    QAction* toggleTheme;
    QAction* largerText;
    QAction* smallerText;
    QAction* maximise;
    QAction* fullScreen;
    QAction* palette;
    QAction* preferences;
    QAction* shortcuts;
    QAction* help;
    QAction* about;
    QAction* quit;

    /// Creates an action of this window that belongs to no menu, with several keys.
    QAction* createHidden(const QString& text, const QList<QKeySequence>& keys);

private:
    QAction* create(const QString& text, const QString& toolTip, const QString& shortcut = {},
                    const QString& icon = {});

    QMainWindow* m_window;
};

/// A dialog that lists every action of the window with its keys.
void showShortcutSheet(QMainWindow* window);
/// How to read and steer, in a few paragraphs: what the README says.
void showHelp(QMainWindow* window);
void showAbout(QMainWindow* window);

}  // namespace consa
