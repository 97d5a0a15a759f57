// The gates as a sortable table that can be copied.
#pragma once

#include "ui/views/heatmap_scene.h"

#include <QTableView>

class QSortFilterProxyModel;

namespace consa {

class GateGridModel;

/// Rows are units. Ctrl+C copies the selected rows, tab-separated with their headers.
class GateTable final : public QTableView {
    Q_OBJECT

public:
    explicit GateTable(GateGridModel& model, QWidget* parent = nullptr);

    void select(UnitIndex cell);
    [[nodiscard]] std::optional<UnitIndex> currentCell() const;
    /// The selected rows, or all without a selection.
    [[nodiscard]] QString copiedText() const;

signals:
    void currentCellChanged();
    /// 1, 2 and 3 ask for the heatmap's views.
    void viewRequested(consa::HeatmapView view);

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void currentChanged(const QModelIndex& current, const QModelIndex& previous) override;

private:
    GateGridModel& m_model;
    QSortFilterProxyModel* m_sorted;
};

}  // namespace consa
