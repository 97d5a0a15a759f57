// Presets are files: listing, saving and deleting work on the folder.
#include "ui/models/preset_list_model.h"

#include "core/base/error.h"

#include <QFileInfo>
#include <QGuiApplication>
#include <QPalette>
#include <algorithm>

namespace consa {

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
    const Preset& preset = m_presets[static_cast<std::size_t>(index.row())];
    if (role == Qt::TextAlignmentRole && (index.column() == Shape || index.column() == Sparsity)) {
        return int(Qt::AlignRight | Qt::AlignVCenter);
    }
    if (role == Qt::CheckStateRole && index.column() == Name) {
        return m_checked.contains(preset.path) && fits(index.row()) ? Qt::Checked : Qt::Unchecked;
    }
    if (role == Qt::ForegroundRole && !fits(index.row())) {
        return QGuiApplication::palette().brush(QPalette::Disabled, QPalette::Text);
    }
    if (role == Qt::ToolTipRole) {
        if (!fits(index.row())) {
            return m_shape.layerCount == 0
                       ? tr("No model is open to evaluate it on.")
                       : tr("This layout is %1, the open model is %2: it can be looked at, not evaluated.")
                             .arg(shapeText(preset.file.layout.grid), shapeText(m_shape));
        }
        return tr("Checked presets are measured by the next evaluation. Window %1, sinks %2.")
            .arg(preset.file.windowTokens)
            .arg(preset.file.sinkTokens);
    }
    if (role != Qt::DisplayRole) return {};
    switch (index.column()) {
        case Name:
            return name(index.row());
        case Model:
            return QString::fromStdString(preset.file.modelName);
        case Shape:
            return shapeText(preset.file.layout.grid);
        case Sparsity:
            return QStringLiteral("%1 %").arg(preset.file.layout.sparsity() * 100, 0, 'f', 1);
        case Note:
            return QString::fromStdString(preset.file.note);
        case Date:
            return preset.date.toString(QStringLiteral("yyyy-MM-dd HH:mm"));
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
    if (index.isValid() && index.column() == Name && fits(index.row())) flags |= Qt::ItemIsUserCheckable;
    return flags;
}

bool PresetListModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (role != Qt::CheckStateRole || !index.isValid() || index.column() != Name || !fits(index.row())) return false;
    const auto& path = m_presets[static_cast<std::size_t>(index.row())].path;
    if (value.toInt() == Qt::Checked) {
        m_checked.insert(path);
    } else {
        m_checked.erase(path);
    }
    emit dataChanged(index, index, {Qt::CheckStateRole});
    return true;
}

void PresetListModel::setModelShape(const UnitGrid& shape) {
    if (m_shape == shape) return;
    m_shape = shape;
    if (rowCount() > 0) emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

bool PresetListModel::fits(int row) const {
    const UnitGrid& grid = preset(row).layout.grid;
    return grid.layerCount == m_shape.layerCount && grid.kvHeadCount == m_shape.kvHeadCount;
}

QString PresetListModel::name(int row) const {
    return QString::fromStdString(m_presets[static_cast<std::size_t>(row)].path.stem().string());
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
        if (fits(row) && m_checked.contains(m_presets[static_cast<std::size_t>(row)].path)) rows.push_back(row);
    }
    return rows;
}

void PresetListModel::save(const QString& name, const LayoutFile& file) {
    QString fileName = name.trimmed();
    fileName.replace(QLatin1Char('/'), QLatin1Char('-'));
    if (fileName.isEmpty() || fileName.startsWith(QLatin1Char('.'))) {
        throw Error("A preset needs a name that does not begin with a dot.");
    }
    writeLayoutFile(m_folder / (fileName.toStdString() + ".json"), file);
    reload();
}

void PresetListModel::remove(int row) {
    const auto& path = m_presets[static_cast<std::size_t>(row)].path;
    std::error_code error;
    std::filesystem::remove(path, error);
    if (error) throw Error("Cannot delete " + path.string() + ": " + error.message() + ".", ErrorKind::RunFailed);
    reload();
}

QStringList PresetListModel::reload() {
    QStringList problems;
    std::vector<Preset> presets;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(m_folder, error)) {
        if (entry.path().extension() != ".json") continue;
        try {
            const QDateTime date = QFileInfo(QString::fromStdString(entry.path().string())).lastModified();
            presets.push_back({entry.path(), date, readLayoutFile(entry.path())});
        } catch (const Error& problem) {
            problems << QString::fromUtf8(problem.what());
        }
    }
    std::sort(presets.begin(), presets.end(), [](const Preset& left, const Preset& right) {
        return left.date != right.date ? left.date > right.date : left.path < right.path;
    });
    beginResetModel();
    m_presets = std::move(presets);
    endResetModel();
    return problems;
}

}  // namespace consa
