// Learned against rules on the same text: the table, the Evaluate button and its progress.
#pragma once

#include "core/session/session_snapshot.h"

#include <QWidget>

class QAction;
class QComboBox;
class QLabel;
class QProgressBar;
class QToolButton;

namespace consa {

class ComparisonModel;
class ComparisonPlot;
class EmptyStateTable;
class FrontierRecord;
struct FrontierPoint;

/// Says what the user wants; posts nothing itself.
class ComparisonView final : public QWidget {
    Q_OBJECT

public:
    /// Both must outlive this.
    ComparisonView(ComparisonModel& model, const FrontierRecord& frontier, QWidget* parent = nullptr);

    [[nodiscard]] QAction* evaluateAction() const { return m_evaluate; }
    [[nodiscard]] QAction* cancelAction() const { return m_cancel; }
    [[nodiscard]] QAction* copyAction() const { return m_copy; }
    [[nodiscard]] ComparisonPlot& plot() { return *m_plot; }
    /// "dev", "test" or "all".
    [[nodiscard]] QString split() const;
    /// How many presets the next evaluation includes.
    void setPresetCount(int count);

public slots:
    void setSnapshot(const consa::SessionSnapshot& snapshot);

signals:
    void evaluateRequested();
    void cancelRequested();
    /// A row was chosen: its mask belongs into the heatmap.
    void rowActivated(int row);
    void pointActivated(const consa::FrontierPoint& point);
    void noteOccurred(const QString& note);

private:
    void createHeader();
    void createPlotChoice();
    void connectTable();
    void copyTable();
    [[nodiscard]] QString factsText() const;

    ComparisonModel& m_model;
    QAction* m_evaluate;
    QAction* m_cancel;
    QToolButton* m_evaluateButton = nullptr;
    QToolButton* m_cancelButton = nullptr;
    QComboBox* m_split = nullptr;
    QProgressBar* m_progress = nullptr;
    QLabel* m_facts = nullptr;
    QAction* m_copy;
    QComboBox* m_picture = nullptr;
    ComparisonPlot* m_plot;
    EmptyStateTable* m_table;
};

}  // namespace consa
