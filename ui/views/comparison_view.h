// Learned against rules on the same text: the table, the Evaluate button and its progress.
#pragma once

#include "core/session/session_snapshot.h"

#include <QWidget>
#include <optional>

class QAction;
class QCheckBox;
class QComboBox;
class QLabel;
class QHBoxLayout;
class QProgressBar;
class QSpinBox;
class QToolButton;

namespace consa {

class ComparisonModel;
class EmptyStateTable;

/// Says what the user wants; posts nothing itself.
class ComparisonView final : public QWidget {
    Q_OBJECT

public:
    explicit ComparisonView(ComparisonModel& model, QWidget* parent = nullptr);

    [[nodiscard]] QAction* evaluateAction() const { return m_evaluate; }
    [[nodiscard]] QAction* cancelAction() const { return m_cancel; }
    [[nodiscard]] QAction* copyAction() const { return m_copy; }
    /// "dev", "test" or "all".
    [[nodiscard]] QString split() const;
    /// Steps after which a running training is compared again; empty for never.
    [[nodiscard]] std::optional<int> repeatSteps() const;
    /// How many presets the next evaluation includes.
    void setPresetCount(int count);
    /// Selects a row as a click on it does.
    void activateRow(int row);

public slots:
    void setSnapshot(const consa::SessionSnapshot& snapshot);

signals:
    void evaluateRequested();
    void cancelRequested();
    /// A row was chosen: its mask belongs into the heatmap.
    void rowActivated(int row);
    void noteOccurred(const QString& note);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void createHeader();
    void placeHeader(bool isNarrow);
    void createRepeat();
    void connectTable();
    void copyTable();
    [[nodiscard]] QString factsText() const;

    ComparisonModel& m_model;
    QAction* m_evaluate;
    QAction* m_cancel;
    QToolButton* m_evaluateButton = nullptr;
    QToolButton* m_cancelButton = nullptr;
    QComboBox* m_split = nullptr;
    QCheckBox* m_repeats = nullptr;
    QSpinBox* m_repeatSteps = nullptr;
    QHBoxLayout* m_wideRepeat = nullptr;
    QHBoxLayout* m_wideFacts = nullptr;
    QHBoxLayout* m_narrowRow = nullptr;
    bool m_isNarrow = false;
    QProgressBar* m_progress = nullptr;
    QLabel* m_facts = nullptr;
    QAction* m_copy;
    EmptyStateTable* m_table;
};

}  // namespace consa
