// Look of our tables.
#include "ui/views/empty_state_table.h"

#include "ui/style/application_style.h"

#include <QHeaderView>
#include <QPainter>

namespace consa {

EmptyStateTable::EmptyStateTable(const QString& emptyText, QWidget* parent)
    : QTableView(parent), m_emptyText(emptyText) {
    setSelectionBehavior(QAbstractItemView::SelectRows);
    setSelectionMode(QAbstractItemView::SingleSelection);
    setEditTriggers(QAbstractItemView::NoEditTriggers);
    setShowGrid(false);
    setWordWrap(false);
    setTabKeyNavigation(false);
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollMode(QAbstractItemView::ScrollPerPixel);
    verticalHeader()->hide();
    verticalHeader()->setDefaultSectionSize(22);
    verticalHeader()->setMinimumSectionSize(20);
    horizontalHeader()->setHighlightSections(false);
}

void EmptyStateTable::setModelWithStretch(QAbstractItemModel* model, int stretchColumn) {
    setModel(model);
    horizontalHeader()->setSectionResizeMode(QHeaderView::ResizeToContents);
    if (stretchColumn >= 0) horizontalHeader()->setSectionResizeMode(stretchColumn, QHeaderView::Stretch);
    horizontalHeader()->setMinimumSectionSize(56);
}

void EmptyStateTable::paintEvent(QPaintEvent* event) {
    QTableView::paintEvent(event);
    if (model() && model()->rowCount() > 0) return;
    QPainter painter(viewport());
    painter.setPen(mutedColor(palette()));
    painter.drawText(viewport()->rect().adjusted(16, 8, -16, -8), Qt::AlignCenter | Qt::TextWordWrap, m_emptyText);
}

}  // namespace consa
