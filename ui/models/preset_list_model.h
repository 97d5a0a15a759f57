// Saved layouts of a folder, newest first, and those that come with the program; another shape's are greyed.
#pragma once

#include "core/layout/layout_file.h"
#include "ui/models/built_in_presets.h"

#include <QAbstractTableModel>
#include <QDateTime>
#include <filesystem>
#include <set>
#include <vector>

namespace consa {

/// One layout a row. The check box says that the next evaluation includes it. Name and note of a saved one can be
/// edited; the model only asks for it, by renameRequested() and noteRequested().
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

    /// What the program brings along, below the saved ones.
    void setBuiltIns(std::vector<BuiltInPreset> presets);
    [[nodiscard]] bool isBuiltIn(int row) const { return m_presets[static_cast<std::size_t>(row)].path.empty(); }
    /// The row of a saved preset; -1 for none.
    [[nodiscard]] int rowOf(const QString& name) const;

    /// The shape that a preset must have to be evaluated; an empty grid fits none.
    void setModelShape(const UnitGrid& shape);
    [[nodiscard]] const UnitGrid& modelShape() const { return m_shape; }
    [[nodiscard]] bool fits(int row) const;
    /// The open model's name; presets that were made with another one say so.
    void setModelName(const std::string& name);
    /// A sentence when `file`, called `name`, was made with another model than the open one; else empty.
    [[nodiscard]] QString otherModelWarning(const LayoutFile& file, const QString& name) const;

    [[nodiscard]] const LayoutFile& preset(int row) const { return m_presets[static_cast<std::size_t>(row)].file; }
    [[nodiscard]] QString name(int row) const;
    [[nodiscard]] QString path(int row) const;
    [[nodiscard]] bool contains(const QString& name) const;
    /// Rows checked and fitting, in order.
    [[nodiscard]] std::vector<int> checkedRows() const;

    /// The name as a file can have it.
    [[nodiscard]] static QString fileName(const QString& name);
    /// Writes `file` as NAME.json into the folder, replacing one of the same name. Throws Error.
    void save(const QString& name, const LayoutFile& file);
    /// Deletes a saved preset's file. Throws Error.
    void remove(const QString& name);
    /// Reads the folder again; returns one sentence a file that could not be read.
    QStringList reload();

signals:
    void renameRequested(int row, const QString& name);
    void noteRequested(int row, const QString& note);

private:
    struct Preset {
        std::filesystem::path path;  // empty: built in
        QDateTime date;
        LayoutFile file;
        QString name;
    };

    [[nodiscard]] QVariant text(int row, int column) const;
    [[nodiscard]] QString toolTip(int row) const;
    void list(std::vector<Preset> saved);

    std::filesystem::path m_folder;
    UnitGrid m_shape;
    std::string m_modelName;
    std::vector<Preset> m_presets;  // saved, then built in
    std::vector<BuiltInPreset> m_builtIns;
    std::set<QString> m_checked;  // names
};

/// "30 x 3" or "30 layers".
[[nodiscard]] QString shapeText(const UnitGrid& grid);

}  // namespace consa
