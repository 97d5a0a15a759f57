// The last evaluation as a table: a layout a row, figures with the decimals that their errors allow.
#pragma once

#include "core/session/session_snapshot.h"

#include <QAbstractTableModel>
#include <optional>

namespace consa {

/// Rows in the order of the evaluation.
class ComparisonModel final : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column {
        Layout,
        FullUnits,
        Sparsity,
        Perplexity,
        Delta,
        Versus,
        Gain,
        RuleGap,
        SlidingGap,
        Recall,
        Cache,
        Age,
        ColumnCount
    };
    enum Role { LayoutNamesRole = Qt::UserRole, IsBestRole };

    explicit ComparisonModel(QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    /// Takes the snapshot's comparison when it has one; the steps since then make the learned row stale.
    void setSnapshot(const SessionSnapshot& snapshot);

    /// The row that column Versus compares with; empty for none.
    void setSelectedRow(std::optional<int> row);
    [[nodiscard]] std::optional<int> selectedRow() const { return m_selected; }
    /// Of all rows, in order; each name decides how the others are drawn.
    [[nodiscard]] QStringList layoutNames() const;
    /// All columns of all rows, tab-separated, as shown.
    [[nodiscard]] QString toText() const;

    [[nodiscard]] const Comparison& comparison() const { return m_comparison; }
    /// Steps trained since the learned row was cut; empty when it is of another run.
    [[nodiscard]] std::optional<int> learnedAge() const;

signals:
    void selectedRowChanged();

private:
    [[nodiscard]] QString text(int row, int column) const;
    [[nodiscard]] QString versusText(int row) const;
    [[nodiscard]] QString ageText(const ComparisonRow& row) const;
    [[nodiscard]] QString toolTip(const ComparisonRow& row, int column) const;
    [[nodiscard]] bool isBest(const ComparisonRow& row) const;

    Comparison m_comparison;
    std::optional<int> m_selected;
    std::uint64_t m_comparisonRun = 0;
    std::uint64_t m_run = 0;
    int m_step = 0;
    std::optional<ModelConfig> m_model;
};

}  // namespace consa
