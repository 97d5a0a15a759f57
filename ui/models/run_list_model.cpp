// Rows from run folders.
#include "ui/models/run_list_model.h"

#include "core/base/error.h"
#include "ui/style/number_text.h"

#include <QDir>
#include <QFile>
#include <algorithm>

namespace consa {

namespace {

bool isNumber(int column) {
    return column == RunListModel::Step || column == RunListModel::Target || column == RunListModel::Sparsity ||
           column == RunListModel::Loss;
}

QString percent(double share) {
    return QStringLiteral("%1 %").arg(share * 100, 0, 'f', 1);
}

}  // namespace

RunListModel::RunListModel(std::filesystem::path folder, QObject* parent)
    : QAbstractTableModel(parent), m_folder(std::move(folder)) {
    reload();
}

int RunListModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_runs.size());
}

int RunListModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant RunListModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const RunSummary& one = run(index.row());
    switch (role) {
        case Qt::DisplayRole:
            return text(one, index.column());
        case Qt::TextAlignmentRole:
            return int((isNumber(index.column()) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
        case Qt::CheckStateRole:
            if (index.column() != Name) return {};
            return m_overlaid.contains(one.folder) ? Qt::Checked : Qt::Unchecked;
        case Qt::ToolTipRole:
            return index.column() == Name ? tr("Check to lay its curves over those on show\n%1").arg(one.folder)
                                          : QString();
        default:
            return {};
    }
}

QString RunListModel::text(const RunSummary& run, int column) const {
    switch (column) {
        case Name:
            return run.name;
        case Fate:
            return fateWord(run.fate);
        case Model:
            return run.model;
        case Step:
            return QStringLiteral("%1/%2").arg(run.step).arg(run.stepCount);
        case Target:
            return percent(run.target);
        case Sparsity:
            if (!run.sparsity) return QStringLiteral("–");
            return tr("%1 (%2 of %3 full)").arg(percent(*run.sparsity)).arg(run.fullCount).arg(run.unitCount);
        case Loss:
            return run.step > 0 ? numberText(run.loss, 3) : QStringLiteral("–");
        case Device:
            return run.device;
        case Changed:
            return run.changed.toString(QStringLiteral("yyyy-MM-dd HH:mm"));
        default:
            return {};
    }
}

QVariant RunListModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return int((isNumber(section) ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    const QStringList words{tr("Run"),      tr("State"),     tr("Model"),  tr("Step"),   tr("Target"),
                            tr("Sparsity"), tr("Last loss"), tr("Device"), tr("Changed")};
    return words.value(section);
}

Qt::ItemFlags RunListModel::flags(const QModelIndex& index) const {
    Qt::ItemFlags flags = QAbstractTableModel::flags(index);
    if (index.isValid() && index.column() == Name) flags |= Qt::ItemIsUserCheckable;
    return flags;
}

bool RunListModel::setData(const QModelIndex& index, const QVariant& value, int role) {
    if (role != Qt::CheckStateRole || !index.isValid() || index.column() != Name) return false;
    if (value.toInt() == Qt::Checked) {
        m_overlaid.insert(run(index.row()).folder);
    } else {
        m_overlaid.erase(run(index.row()).folder);
    }
    emit dataChanged(index, index, {Qt::CheckStateRole});
    emit overlaysChanged();
    return true;
}

int RunListModel::rowOf(const QString& folder) const {
    const auto found =
        std::find_if(m_runs.begin(), m_runs.end(), [&](const RunSummary& run) { return run.folder == folder; });
    return found == m_runs.end() ? -1 : static_cast<int>(found - m_runs.begin());
}

QStringList RunListModel::overlaid() const {
    QStringList folders;
    for (const RunSummary& one : m_runs)
        if (m_overlaid.contains(one.folder)) folders << one.folder;
    return folders;
}

void RunListModel::reload() {
    std::vector<RunSummary> runs;
    const QDir folder(QString::fromStdString(m_folder.string()));
    for (const QString& name : folder.entryList(QDir::Dirs | QDir::NoDotAndDotDot)) {
        try {
            runs.push_back(readRunSummary(folder.filePath(name)));
        } catch (const Error&) {  // no run, or one that is just being made
        }
    }
    std::sort(runs.begin(), runs.end(), [](const RunSummary& left, const RunSummary& right) {
        return left.changed != right.changed ? left.changed > right.changed : left.name > right.name;
    });
    if (runs == m_runs) return;
    const bool hasSameRows =
        std::equal(runs.begin(), runs.end(), m_runs.begin(), m_runs.end(),
                   [](const RunSummary& left, const RunSummary& right) { return left.folder == right.folder; });
    if (!hasSameRows) beginResetModel();
    m_runs = std::move(runs);
    if (!hasSameRows) return endResetModel();
    emit dataChanged(index(0, 0), index(rowCount() - 1, ColumnCount - 1));
}

void RunListModel::remove(int row) {
    const QString folder = run(row).folder;
    if (readRunSummary(folder).fate == RunFate::GoingOn)
        throw Error(folder.toStdString() + " is being written by another program; stop it there first.");
    // Not into a trash: where a disk has none, Qt 6.4 makes one in the working directory.
    const bool isGone = QDir(folder).removeRecursively();
    const bool wasOverlaid = m_overlaid.erase(folder) > 0;
    reload();
    if (wasOverlaid) emit overlaysChanged();
    if (!isGone)
        throw Error("Cannot delete " + folder.toStdString() + "; is it write-protected?", ErrorKind::RunFailed);
}

}  // namespace consa
