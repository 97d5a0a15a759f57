// The runs of the data folder: look at, lay over, go on with, delete.
#pragma once

#include <QTimer>
#include <QWidget>

class QAction;

namespace consa {

class EmptyStateTable;
class RunListModel;

/// Says what the user wants; deletes by itself. While visible it looks for news every two seconds.
class RunPanel final : public QWidget {
    Q_OBJECT

public:
    explicit RunPanel(RunListModel& model, QWidget* parent = nullptr);

    [[nodiscard]] QAction* openAction() const { return m_open; }
    [[nodiscard]] QAction* resumeAction() const { return m_resume; }
    [[nodiscard]] QAction* deleteAction() const { return m_delete; }
    void selectRow(int row);
    /// Deletes the run after a question; nothing when it is not listed.
    void askAndDelete(const QString& folder);

signals:
    void openRequested(const QString& folder);
    void resumeRequested(const QString& folder);
    void noteOccurred(const QString& note);
    void problemOccurred(const QString& sentence);

protected:
    void showEvent(QShowEvent* event) override;
    void hideEvent(QHideEvent* event) override;

private:
    [[nodiscard]] int selectedRow() const;
    void updateActions();

    RunListModel& m_model;
    EmptyStateTable* m_table;
    QAction* m_open;
    QAction* m_resume;
    QAction* m_delete;
    QTimer m_refresh;
};

}  // namespace consa
