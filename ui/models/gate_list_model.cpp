// Rows of the list are the grid's cells in reading order.
#include "ui/models/gate_list_model.h"

#include "ui/models/gate_grid_model.h"
#include "ui/style/number_text.h"

namespace consa {

GateListModel::GateListModel(GateGridModel& grid, QObject* parent) : QAbstractTableModel(parent), m_grid(grid) {
    connect(&grid, &QAbstractItemModel::modelAboutToBeReset, this, [this] { beginResetModel(); });
    connect(&grid, &QAbstractItemModel::modelReset, this, [this] { endResetModel(); });
    connect(&grid, &QAbstractItemModel::dataChanged, this, [this] {
        if (rowCount() > 0) emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
    });
}

int GateListModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : m_grid.grid().unitCount();
}

int GateListModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant GateListModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const int unitsPerLayer = m_grid.grid().unitsPerLayer();
    const QModelIndex gate = m_grid.index(index.row() / unitsPerLayer, index.row() % unitsPerLayer);
    const QVariant exact = value(gate, index.column());
    switch (role) {
        case SortRole:
            return exact;
        case Qt::DisplayRole: {
            if (!exact.isValid()) return QStringLiteral("–");
            if (exact.userType() != QMetaType::Double) return exact.toString();
            if (index.column() == Change) return signedNumberText(exact.toDouble(), 4);
            return numberText(exact.toDouble(), index.column() == LogAlpha ? 2 : 4);
        }
        case Qt::TextAlignmentRole: {
            const bool isWord = index.column() == Decision || index.column() == PinnedTo;
            return int((isWord ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
        }
        default:
            return {};
    }
}

QVariant GateListModel::value(const QModelIndex& gate, int column) const {
    const auto word = [](const QVariant& isFull) {
        return !isFull.isValid() ? QVariant() : QVariant(isFull.toBool() ? tr("full") : tr("sliding"));
    };
    switch (column) {
        case Layer:
            return gate.row();
        case Unit:
            return m_grid.grid().granularity == Granularity::Layer ? QVariant(tr("all")) : QVariant(gate.column());
        case Probability:
            return gate.data(GateGridModel::ProbabilityRole);
        case LogAlpha:
            return gate.data(GateGridModel::LogAlphaRole);
        case Decision:
            return word(gate.data(GateGridModel::FullRole));
        case PinnedTo:
            return word(gate.data(GateGridModel::PinRole));
        case Change:
            return gate.data(GateGridModel::ChangeRole);
        default:
            return {};
    }
}

QVariant GateListModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole) {
        const bool isWord = section == Decision || section == PinnedTo;
        return int((isWord ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter);
    }
    if (role == Qt::ToolTipRole && section == Change && m_grid.hasReference())
        return tr("P(full) minus that of %1").arg(m_grid.reference().name);
    if (role != Qt::DisplayRole) return {};
    switch (section) {
        case Layer:
            return tr("Layer");
        case Unit:
            return tr("KV head");
        case Probability:
            return tr("P(full)");
        case LogAlpha:
            return tr("log alpha");
        case Decision:
            return tr("Decision");
        case PinnedTo:
            return tr("Pinned");
        case Change:
            return tr("Change");
        default:
            return {};
    }
}

}  // namespace consa
