// The panels of the window and where they stand: heatmap in the middle, curves beside it, steering and results below.
#pragma once

#include <QMainWindow>

class QDockWidget;
class QTabBar;
class QStackedWidget;

namespace consa {

/// A main window inside the main window, so that messages stretch over all panels. Remembers its layout.
class DockArea final : public QMainWindow {
    Q_OBJECT

public:
    explicit DockArea(QWidget* parent = nullptr);

    void setPanels(QWidget* heatmap, QWidget* curves, QWidget* steering);
    /// Adds a tab to the results below.
    void addResult(const QString& title, QWidget* panel);
    /// Brings a result's tab to the front.
    void showResult(QWidget* panel);
    /// Puts every dock back to where it was first.
    void resetLayout();
    /// Restores what saveLayout() kept; without it or with one of another version the first layout stays.
    void restoreLayout();
    void saveLayout() const;
    [[nodiscard]] QList<QDockWidget*> docks() const;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    /// Without a heading the dock has no title bar and stays where it is.
    QDockWidget* createDock(const QString& objectName, const QString& title, QWidget* panel, QWidget* heading);
    void placeDocks();
    void shareSpace();

    QDockWidget* m_curves = nullptr;
    QDockWidget* m_steering = nullptr;
    QDockWidget* m_results = nullptr;
    QTabBar* m_resultTabs = nullptr;
    QStackedWidget* m_resultPanels = nullptr;
    bool m_isFirstLayout = true;
};

}  // namespace consa
