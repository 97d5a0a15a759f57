// The panels of the window and where they stand: heatmap in the middle, curves beside it, steering and results below.
#pragma once

#include <QMainWindow>

class QDockWidget;
class QTabBar;
class QStackedWidget;

namespace consa {

/// A main window inside the main window, so that messages stretch over all panels. Remembers its layout. Where the
/// window is too low for three rows of panels, the results share the place of the plots.
class DockArea final : public QMainWindow {
    Q_OBJECT

public:
    explicit DockArea(QWidget* parent = nullptr);

    void setPanels(QWidget* heatmap, QWidget* curves, QWidget* steering);
    /// Adds a tab beside the curves.
    void addPlot(const QString& title, QWidget* panel) { m_plotTabs.add(title, panel); }
    /// Adds a tab to the results below.
    void addResult(const QString& title, QWidget* panel) { m_resultTabs.add(title, panel); }
    /// Brings the tab of a plot or a result to the front.
    void showTab(QWidget* panel);
    /// Shows the panel that holds `focus` alone (without one, the heatmap), or everything again.
    void toggleMaximised(QWidget* focus);
    [[nodiscard]] bool isMaximised() const { return !m_hidden.isEmpty(); }
    /// Puts every dock back to where it was first.
    void resetLayout();
    /// Restores what saveLayout() kept; without it or with one of another version the first layout stays.
    void restoreLayout();
    void saveLayout() const;
    [[nodiscard]] QList<QDockWidget*> docks() const;

protected:
    void resizeEvent(QResizeEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    /// Panels that share a dock, and the tabs that choose one.
    struct Tabs {
        QTabBar* bar = nullptr;
        QStackedWidget* panels = nullptr;

        void create(const QString& name);
        void add(const QString& title, QWidget* panel);
    };

    /// Without a heading the dock has no title bar and stays where it is.
    QDockWidget* createDock(const QString& objectName, const QString& title, QWidget* panel, QWidget* heading);
    void placeDocks();
    void placeResults();
    void shareSpace();

    QDockWidget* m_curves = nullptr;
    QDockWidget* m_steering = nullptr;
    QDockWidget* m_results = nullptr;
    Tabs m_plotTabs;
    Tabs m_resultTabs;
    QList<QWidget*> m_hidden;  // while one panel is shown alone
    bool m_isFirstLayout = true;
    bool m_isCompact = false;
    int m_steeringHeight = 0;  // that the space was shared for
};

}  // namespace consa
