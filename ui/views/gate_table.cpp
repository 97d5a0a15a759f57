// Sorting, selecting and copying of gates.
#include "ui/views/gate_table.h"

#include "ui/models/gate_grid_model.h"
#include "ui/models/gate_list_model.h"
#include "ui/style/number_text.h"

#include <QClipboard>
#include <QGuiApplication>
#include <QHeaderView>
#include <QKeyEvent>
#include <QSortFilterProxyModel>

namespace consa {

GateTable::GateTable(GateGridModel& model, QWidget* parent)
    : QTableView(parent), m_model(model), m_sorted(new QSortFilterProxyModel(this)) {
    m_sorted->setSourceModel(new GateListModel(model, this));
    m_sorted->setSortRole(GateListModel::SortRole);
    setModel(m_sorted);
    setAccessibleName(tr("Table of the gates"));
    setSortingEnabled(true);
    sortByColumn(GateListModel::Layer, Qt::AscendingOrder);
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setShowGrid(false);
    setTabKeyNavigation(false);
    setFrameShape(QFrame::NoFrame);
    verticalHeader()->hide();
    verticalHeader()->setDefaultSectionSize(22);
    horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    horizontalHeader()->setHighlightSections(false);
}

void GateTable::select(UnitIndex cell) {
    const int row = cell.layer * m_model.grid().unitsPerLayer() + cell.unit;
    const QModelIndex index = m_sorted->mapFromSource(m_sorted->sourceModel()->index(row, 0));
    if (!index.isValid() || index.row() == currentIndex().row()) return;
    setCurrentIndex(index);
}

std::optional<UnitIndex> GateTable::currentCell() const {
    const int unitsPerLayer = m_model.grid().unitsPerLayer();
    if (!currentIndex().isValid() || unitsPerLayer == 0) return std::nullopt;
    const int row = m_sorted->mapToSource(currentIndex()).row();
    return UnitIndex{row / unitsPerLayer, row % unitsPerLayer};
}

QString GateTable::copiedText() const {
    QStringList lines;
    const auto line = [](const auto& cellOf) {
        QStringList cells;
        for (int column = 0; column < GateListModel::ColumnCount; ++column) cells << cellOf(column);
        return cells.join(QLatin1Char('\t'));
    };
    lines << line([this](int column) { return m_sorted->headerData(column, Qt::Horizontal).toString(); });
    const bool takesAll = !selectionModel()->hasSelection();
    for (int row = 0; row < m_sorted->rowCount(); ++row) {
        if (!takesAll && !selectionModel()->isRowSelected(row)) continue;
        lines << line([this, row](int column) { return withHyphens(m_sorted->index(row, column).data().toString()); });
    }
    return lines.join(QLatin1Char('\n')) + QLatin1Char('\n');
}

void GateTable::keyPressEvent(QKeyEvent* event) {
    if (event->matches(QKeySequence::Copy)) return QGuiApplication::clipboard()->setText(copiedText());
    switch (event->key()) {
        case Qt::Key_1:
            emit viewRequested(HeatmapView::Probability);
            return;
        case Qt::Key_2:
            emit viewRequested(HeatmapView::Mask);
            return;
        case Qt::Key_3:
            emit viewRequested(HeatmapView::Change);
            return;
        default:
            QTableView::keyPressEvent(event);
    }
}

void GateTable::currentChanged(const QModelIndex& current, const QModelIndex& previous) {
    QTableView::currentChanged(current, previous);
    if (current.row() != previous.row()) emit currentCellChanged();
}

}  // namespace consa
