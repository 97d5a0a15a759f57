// The log: filtered by level and text, followed until the user scrolls.
#pragma once

#include <QWidget>

class QAction;
class QComboBox;
class QLineEdit;
class QSortFilterProxyModel;
class QTableView;

namespace consa {

class LogModel;

class LogPanel final : public QWidget {
    Q_OBJECT

public:
    explicit LogPanel(LogModel& model, QWidget* parent = nullptr);

    /// Shows warnings and errors alone.
    void showProblems();
    /// Lines that pass the filter.
    [[nodiscard]] int shownCount() const;
    /// The shown lines, tab-separated.
    [[nodiscard]] QString shownText() const;

signals:
    void noteOccurred(const QString& note);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void createHeader();
    void applyFilter();
    void openFile();

    LogModel& m_model;
    QSortFilterProxyModel* m_filtered;
    QTableView* m_table;
    QComboBox* m_level = nullptr;
    QLineEdit* m_text = nullptr;
    QAction* m_clear = nullptr;
};

}  // namespace consa
