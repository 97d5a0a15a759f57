// The run folders of a folder, newest first.
#pragma once

#include "ui/session/run_summary.h"

#include <QAbstractTableModel>
#include <filesystem>
#include <set>
#include <vector>

namespace consa {

/// One run a row. The check box lays its curves over those on show.
class RunListModel final : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, Fate, Model, Step, Target, Sparsity, Loss, Device, Changed, ColumnCount };

    /// Lists `folder`, which need not exist yet.
    explicit RunListModel(std::filesystem::path folder, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;

    [[nodiscard]] const RunSummary& run(int row) const { return m_runs[static_cast<std::size_t>(row)]; }
    /// -1 when it is not listed.
    [[nodiscard]] int rowOf(const QString& folder) const;
    /// Folders whose curves are wanted over those on show, in the order of the rows.
    [[nodiscard]] QStringList overlaid() const;

    /// Reads the folder again; rows change only where something did. Folders that hold no run are left out.
    void reload();
    /// Deletes the run's folder for good. Throws Error.
    void remove(int row);

signals:
    void overlaysChanged();

private:
    [[nodiscard]] QString text(const RunSummary& run, int column) const;

    std::filesystem::path m_folder;
    std::vector<RunSummary> m_runs;
    std::set<QString> m_overlaid;  // folders
};

}  // namespace consa
