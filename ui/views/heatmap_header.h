// The line above the heatmap: what is on show, which view of it, compared with what.
#pragma once

#include <QWidget>

class QAction;
class QButtonGroup;
class QLabel;
class QMenu;
class QToolButton;

namespace consa {

/// The four views of the gates.
enum class GatePage { Probability, Mask, Change, Table };

/// Says what the user wants; changes nothing itself.
class HeatmapHeader final : public QWidget {
    Q_OBJECT

public:
    explicit HeatmapHeader(QWidget* parent = nullptr);

    void setTitle(const QString& title);
    void setPage(GatePage page);
    void setTransposed(bool isTransposed);
    /// What the Change view compares with, and the menu that chooses it.
    void setReferenceMenu(QMenu* menu);
    void setReferenceName(const QString& name);

    /// One action a view, in their order, then the one that turns the heatmap.
    [[nodiscard]] QList<QAction*> actions() const { return m_actions; }

signals:
    void pageRequested(consa::GatePage page);
    void transposeRequested(bool isTransposed);

private:
    QToolButton* addButton(QAction* action);

    QLabel* m_title;
    QList<QAction*> m_actions;
    QToolButton* m_reference;
    QToolButton* m_transposeButton = nullptr;
};

}  // namespace consa
