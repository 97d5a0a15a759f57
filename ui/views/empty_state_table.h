// A list that says what to do while it is empty.
#pragma once

#include <QTableView>

namespace consa {

/// A read-only table with whole-row selection and one muted sentence in place of its rows.
class EmptyStateTable final : public QTableView {
    Q_OBJECT

public:
    explicit EmptyStateTable(const QString& emptyText, QWidget* parent = nullptr);

    /// Columns fit their content; `stretchColumn` takes the rest of the width, -1 leaves it empty.
    void setModelWithStretch(QAbstractItemModel* model, int stretchColumn);

    /// The header and two rows.
    [[nodiscard]] QSize minimumSizeHint() const override { return {200, 72}; }

protected:
    void paintEvent(QPaintEvent* event) override;

private:
    QString m_emptyText;
};

}  // namespace consa
