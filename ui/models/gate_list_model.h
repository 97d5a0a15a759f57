// The gates as a list, one unit a row: what the Table view sorts and copies, and what a screen reader reads.
#pragma once

#include <QAbstractTableModel>

namespace consa {

class GateGridModel;

/// Follows a GateGridModel, which must outlive it.
class GateListModel final : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Layer, Unit, Probability, LogAlpha, Decision, PinnedTo, Change, ColumnCount };
    /// Numbers for sorting; words where there are none.
    enum Role { SortRole = Qt::UserRole };

    explicit GateListModel(GateGridModel& grid, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

private:
    [[nodiscard]] QVariant value(const QModelIndex& gate, int column) const;

    GateGridModel& m_grid;
};

}  // namespace consa
