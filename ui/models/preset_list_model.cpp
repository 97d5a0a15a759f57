// Presets are files: listing, saving and deleting work on the folder.
#include "ui/models/preset_list_model.h"

#include "core/base/error.h"
#include "core/base/folder_content.h"
#include "core/layout/model_match.h"
#include "ui/style/layout_thumbnail.h"

#include <QFileInfo>
#include <QGuiApplication>
#include <QPalette>
#include <algorithm>

namespace consa {

namespace {
constexpr QSize kThumbnail{64, 16};
}

QString shapeText(const UnitGrid& grid) {
    if (grid.granularity == Granularity::Layer)
        return QCoreApplication::translate("consa", "%1 layers").arg(grid.layerCount);
    return QStringLiteral("%1 × %2").arg(grid.layerCount).arg(grid.kvHeadCount);
}

PresetListModel::PresetListModel(std::filesystem::path folder, QObject* parent)
    : QAbstractTableModel(parent), m_folder(std::move(folder)) {
    reload();
}

int PresetListModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_presets.size());
}

int PresetListModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant PresetListModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const int row = index.row();
    switch (role) {
        case Qt::DisplayRole:
        case Qt::EditRole:
            return text(row, index.column());
        case Qt::DecorationRole:
            return index.column() == Name ? layoutThumbnail(preset(row).layout, kThumbnail) : QVariant();
        case Qt::TextAlignmentRole: {
            const bool isNumber = index.column() == Shape || index.column() == Sparsity;
            return int((isNumber ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
        }
        case Qt::CheckStateRole:
            if (index.column() != Name) return {};
            return m_checked.contains(name(row)) && fits(row) ? Qt::Checked : Qt::Unchecked;
        case Qt::ForegroundRole:
            return fits(row) ? QVariant() : QGuiApplication::palette().brush(QPalette::Disabled, QPalette::Text);
        case Qt::ToolTipRole:
            return toolTip(row);
        default:
            return {};
    }
}

QString PresetListModel::toolTip(int row) const {
    if (!fits(row)) {
        return m_shape.layerCount == 0 ? tr("No model is open to evaluate it on.")
                                       : tr("This layout is %1, the open model is %2: it can be looked at, not "
                                            "evaluated.")
                                             .arg(shapeText(preset(row).layout.grid), shapeText(m_shape));
    }
    const QString measured = tr("Checked presets are measured by the next evaluation. Window %1, sinks %2.")
                                 .arg(preset(row).windowTokens)
                                 .arg(preset(row).sinkTokens);
    const QString warning = otherModelWarning(preset(row), name(row));
    return warning.isEmpty() ? measured : measured + QLatin1Char('\n') + warning;
}

QVariant PresetListModel::text(int row, int column) const {
    const LayoutFile& file = preset(row);
    switch (column) {
        case Name:
            return name(row);
        case Model:
            return QString::fromStdString(file.modelName);
        case Shape:
            return shapeText(file.layout.grid);
        case Sparsity:
            return QStringLiteral("%1 %").arg(file.layout.sparsity() * 100, 0, 'f', 1);
        case Note:
            return QString::fromStdString(file.note);
        case Date:
            return isBuiltIn(row)
                       ? tr("built in")
                       : m_presets[static_cast<std::size_t>(row)].date.toString(QStringLiteral("yyyy-MM-dd HH:mm"));
        default:
            return {};
    }
}

QVariant PresetListModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole) {
        return int((section == Shape || section == Sparsity ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    }
    if (role != Qt::DisplayRole) return {};
    switch (section) {
        case Name:
            return tr("Preset");
        case Model:
            return tr("Model");
        case Shape:
            return tr("Shape");
        case Sparsity:
            return tr("Sparsity");
        case Note:
            return tr("Note");
        case Date:
            return tr("Saved");
        default:
            return {};
    }
}

Qt::ItemFlags PresetListModel::flags(const QModelIndex& index) const {
    Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    if (!index.isValid()) return flags;
    if (index.column() == Name && fits(index.row())) flags |= Qt::ItemIsUserCheckable;
    if (!isBuiltIn(index.row()) && (index.column() == Name || index.column() == Note)) flags |= Qt::ItemIsEditable;
    return flags;
}

bool PresetListModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (!index.isValid()) return false;
    if (role == Qt::EditRole) {
        const QString words = value.toString().trimmed();
        if (!flags(index).testFlag(Qt::ItemIsEditable) || words == text(index.row(), index.column())) return false;
        if (index.column() == Name) emit renameRequested(index.row(), words);
        if (index.column() == Note) emit noteRequested(index.row(), words);
        return true;
    }
    if (role != Qt::CheckStateRole || index.column() != Name || !fits(index.row())) return false;
    if (value.toInt() == Qt::Checked) {
        m_checked.insert(name(index.row()));
    } else {
        m_checked.erase(name(index.row()));
    }
    emit dataChanged(index, index, {Qt::CheckStateRole});
    return true;
}

void PresetListModel::setModelShape(const UnitGrid& shape) {
    if (m_shape == shape) return;
    m_shape = shape;
    if (rowCount() > 0) emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

void PresetListModel::setModelName(const std::string& name) {
    if (m_modelName == name) return;
    m_modelName = name;
    if (rowCount() > 0) emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1), {Qt::ToolTipRole});
}

QString PresetListModel::otherModelWarning(const LayoutFile& file, const QString& name) const {
    if (isSameModelName(file.modelName, m_modelName)) return {};
    return tr("%1 was made with %2, the open model is %3: its heads do other work, so the layout may not suit it.")
        .arg(name, QString::fromStdString(file.modelName), QString::fromStdString(m_modelName));
}

bool PresetListModel::fits(int row) const {
    const UnitGrid& grid = preset(row).layout.grid;
    return grid.layerCount == m_shape.layerCount && grid.kvHeadCount == m_shape.kvHeadCount;
}

QString PresetListModel::name(int row) const {
    return m_presets[static_cast<std::size_t>(row)].name;
}

int PresetListModel::rowOf(const QString& name) const {
    for (int row = 0; row < rowCount(); ++row)
        if (!isBuiltIn(row) && m_presets[static_cast<std::size_t>(row)].name == name) return row;
    return -1;
}

void PresetListModel::setBuiltIns(std::vector<BuiltInPreset> presets) {
    std::vector<Preset> saved;
    for (Preset& one : m_presets)
        if (!one.path.empty()) saved.push_back(std::move(one));
    m_builtIns = std::move(presets);
    list(std::move(saved));
}

void PresetListModel::list(std::vector<Preset> saved) {
    beginResetModel();
    m_presets = std::move(saved);
    for (const BuiltInPreset& one : m_builtIns) m_presets.push_back({{}, {}, one.file, one.name});
    endResetModel();
}

QString PresetListModel::path(int row) const {
    return QString::fromStdString(m_presets[static_cast<std::size_t>(row)].path.string());
}

bool PresetListModel::contains(const QString& name) const {
    return QFileInfo::exists(QString::fromStdString((m_folder / (name.toStdString() + ".json")).string()));
}

std::vector<int> PresetListModel::checkedRows() const {
    std::vector<int> rows;
    for (int row = 0; row < rowCount(); ++row) {
        if (fits(row) && m_checked.contains(name(row))) rows.push_back(row);
    }
    return rows;
}

QString PresetListModel::fileName(const QString& name) {
    QString fileName = name.trimmed();
    return fileName.replace(QLatin1Char('/'), QLatin1Char('-'));
}

void PresetListModel::save(const QString& name, const LayoutFile& file) {
    const QString fileName = PresetListModel::fileName(name);
    if (fileName.isEmpty() || fileName.startsWith(QLatin1Char('.'))) {
        throw Error("A preset needs a name that does not begin with a dot.");
    }
    writeLayoutFile(m_folder / (fileName.toStdString() + ".json"), file);
    reload();
}

void PresetListModel::remove(const QString& name) {
    const std::filesystem::path path = m_folder / (name.toStdString() + ".json");
    std::error_code error;
    std::filesystem::remove(path, error);
    if (error) throw Error("Cannot delete " + path.string() + ": " + error.message() + ".", ErrorKind::RunFailed);
    reload();
}

QStringList PresetListModel::reload() {
    QStringList problems;
    std::vector<Preset> presets;
    std::error_code error;
    for (const std::string& name : namesIn(m_folder, error)) {
        const std::filesystem::path path = m_folder / name;
        if (path.extension() != ".json") continue;
        try {
            const QDateTime date = QFileInfo(QString::fromStdString(path.string())).lastModified();
            presets.push_back({path, date, readLayoutFile(path), QString::fromStdString(path.stem().string())});
        } catch (const Error& problem) {
            problems << QString::fromUtf8(problem.what());
        }
    }
    std::sort(presets.begin(), presets.end(), [](const Preset& left, const Preset& right) {
        return left.date != right.date ? left.date > right.date : left.path < right.path;
    });
    list(std::move(presets));
    return problems;
}

}  // namespace consa
