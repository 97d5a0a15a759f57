// Every command of the window by its words.
#pragma once

#include <QDialog>
#include <QList>

class QAction;
class QLineEdit;
class QListWidget;

namespace consa {

/// The enabled actions that have all typed words in their text or tip, best first; Enter triggers the chosen one.
class CommandPalette final : public QDialog {
    Q_OBJECT

public:
    CommandPalette(const QList<QAction*>& actions, QWidget* parent = nullptr);

    [[nodiscard]] QLineEdit& line() { return *m_line; }
    /// The actions on show, in their order.
    [[nodiscard]] QList<QAction*> shown() const { return m_shown; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void filter();
    void triggerChosen();

    QList<QAction*> m_actions;
    QList<QAction*> m_shown;
    QLineEdit* m_line;
    QListWidget* m_list;
};

/// The actions of a window that a user can name: those with a text, each text once.
[[nodiscard]] QList<QAction*> namedActions(const QWidget& window);

}  // namespace consa
