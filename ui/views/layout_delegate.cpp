// Paints the line sample before the name.
#include "ui/views/layout_delegate.h"

#include "ui/models/comparison_model.h"
#include "ui/style/application_style.h"
#include "ui/style/layout_lines.h"

#include <QApplication>
#include <QPainter>

namespace consa {

namespace {
constexpr int kSampleWidth = 28;
}

void LayoutDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    QStyleOptionViewItem item = option;
    initStyleOption(&item, index);
    const QString text = item.text;
    item.text.clear();
    QApplication::style()->drawControl(QStyle::CE_ItemViewItem, &item, painter, item.widget);
    const bool isSelected = item.state & QStyle::State_Selected;
    const QColor textColor = item.palette.color(isSelected ? QPalette::HighlightedText : QPalette::Text);
    const std::vector<LayoutLine> lines =
        layoutLines(index.data(ComparisonModel::LayoutNamesRole).toStringList(), textColor, mutedColor(item.palette));
    LayoutLine line = lines.at(static_cast<std::size_t>(index.row()));
    if (isSelected) line.color = textColor;
    painter->save();
    painter->setPen(line.pen(2));
    const int middle = item.rect.center().y();
    painter->drawLine(item.rect.left() + 8, middle, item.rect.left() + kSampleWidth, middle);
    painter->setPen(textColor);
    painter->setFont(item.font);
    painter->drawText(item.rect.adjusted(kSampleWidth + 10, 0, -4, 0), Qt::AlignLeft | Qt::AlignVCenter, text);
    painter->restore();
}

QSize LayoutDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    return QStyledItemDelegate::sizeHint(option, index) + QSize(kSampleWidth + 16, 0);
}

}  // namespace consa
