// Saved layouts of a folder, newest first; those of another shape are listed but greyed.
#pragma once

#include "core/layout/layout_file.h"

#include <QAbstractTableModel>
#include <QDateTime>
#include <filesystem>
#include <set>
#include <vector>

namespace consa {

/// One layout file a row. The check box says that the next evaluation includes it.
class PresetListModel final : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Name, Model, Shape, Sparsity, Note, Date, ColumnCount };

    /// Lists `folder`, which need not exist yet.
    explicit PresetListModel(std::filesystem::path folder, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;
    [[nodiscard]] Qt::ItemFlags flags(const QModelIndex& index) const override;
    bool setData(const QModelIndex& index, const QVariant& value, int role) override;

    /// The shape that a preset must have to be evaluated; an empty grid fits none.
    void setModelShape(const UnitGrid& shape);
    [[nodiscard]] const UnitGrid& modelShape() const { return m_shape; }
    [[nodiscard]] bool fits(int row) const;

    [[nodiscard]] const LayoutFile& preset(int row) const { return m_presets[static_cast<std::size_t>(row)].file; }
    [[nodiscard]] QString name(int row) const;
    [[nodiscard]] QString path(int row) const;
    [[nodiscard]] bool contains(const QString& name) const;
    /// Rows checked and fitting, in order.
    [[nodiscard]] std::vector<int> checkedRows() const;

    /// Writes `file` as NAME.json into the folder, replacing one of the same name. Throws Error.
    void save(const QString& name, const LayoutFile& file);
    /// Deletes the file of a row. Throws Error.
    void remove(int row);
    /// Reads the folder again; returns one sentence a file that could not be read.
    QStringList reload();

private:
    struct Preset {
        std::filesystem::path path;
        QDateTime date;
        LayoutFile file;
    };

    std::filesystem::path m_folder;
    UnitGrid m_shape;
    std::vector<Preset> m_presets;
    std::set<std::filesystem::path> m_checked;
};

/// "30 x 3" or "30 layers".
[[nodiscard]] QString shapeText(const UnitGrid& grid);

}  // namespace consa
