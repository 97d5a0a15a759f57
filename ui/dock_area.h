// The panels of the window and where they stand: heatmap in the middle, curves beside it, steering and results below.
#pragma once

#include <QMainWindow>

class QDockWidget;
class QTabWidget;

namespace consa {

/// A main window inside the main window, so that messages stretch over all panels. Remembers its layout.
class DockArea final : public QMainWindow {
    Q_OBJECT

public:
    explicit DockArea(QWidget* parent = nullptr);

    void setPanels(QWidget* heatmap, QWidget* curves, QWidget* steering, QTabWidget* results);
    /// Puts every dock back to where it was first.
    void resetLayout();
    /// Restores what saveLayout() kept; without it or with one of another version the first layout stays.
    void restoreLayout();
    void saveLayout() const;
    [[nodiscard]] QList<QDockWidget*> docks() const;

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QDockWidget* createDock(const QString& objectName, const QString& title, QWidget* panel);
    void placeDocks();
    void shareSpace();

    QDockWidget* m_curves = nullptr;
    QDockWidget* m_steering = nullptr;
    QDockWidget* m_results = nullptr;
    bool m_isFirstLayout = true;
};

}  // namespace consa
