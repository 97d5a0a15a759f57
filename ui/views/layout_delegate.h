// A layout's name with its colour and dash in front, the same wherever the layout appears.
#pragma once

#include <QStyledItemDelegate>

namespace consa {

/// For the first column of the comparison; reads ComparisonModel's roles.
class LayoutDelegate final : public QStyledItemDelegate {
    Q_OBJECT

public:
    using QStyledItemDelegate::QStyledItemDelegate;

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    [[nodiscard]] QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
};

}  // namespace consa
