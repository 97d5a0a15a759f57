// Lines of the log and their file.
#include "ui/models/log_model.h"

#include <QDir>
#include <QFile>
#include <QFileInfo>

namespace consa {

namespace {
constexpr std::size_t kLineLimit = 5000;
constexpr qint64 kFileLimit = 1'000'000;
}  // namespace

QString levelWord(LogLevel level) {
    switch (level) {
        case LogLevel::Note:
            return LogModel::tr("note");
        case LogLevel::Warning:
            return LogModel::tr("warning");
        case LogLevel::Problem:
            return LogModel::tr("error");
    }
    return {};
}

LogModel::LogModel(std::filesystem::path file, QObject* parent)
    : QAbstractTableModel(parent), m_file(std::move(file)) {}

int LogModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : static_cast<int>(m_lines.size());
}

int LogModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : ColumnCount;
}

QVariant LogModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const Line& line = m_lines[static_cast<std::size_t>(index.row())];
    if (role == LevelRole) return static_cast<int>(line.level);
    if (role == Qt::ToolTipRole && index.column() == Text) return line.text;
    if (role == Qt::TextAlignmentRole)
        return int((index.column() == Step ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    switch (index.column()) {
        case Time:
            return line.time.toString(QStringLiteral("HH:mm:ss"));
        case Level:
            return levelWord(line.level);
        case Step:
            return line.step < 0 ? QVariant(QStringLiteral("–")) : QVariant(line.step);
        case Text:
            return line.text;
        default:
            return {};
    }
}

QVariant LogModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (orientation != Qt::Horizontal) return {};
    if (role == Qt::TextAlignmentRole)
        return int((section == Step ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter);
    if (role != Qt::DisplayRole) return {};
    return QStringList{tr("Time"), tr("Level"), tr("Step"), tr("What happened")}.value(section);
}

void LogModel::add(LogLevel level, const QString& text, int step) {
    if (text.isEmpty()) return;
    const Line line{QDateTime::currentDateTime(), level, step, text};
    if (level != LogLevel::Note) ++m_problemCount;
    if (m_lines.size() == kLineLimit) {
        beginRemoveRows({}, 0, 0);
        m_lines.pop_front();
        endRemoveRows();
    }
    beginInsertRows({}, rowCount(), rowCount());
    m_lines.push_back(line);
    endInsertRows();
    if (!m_file.empty()) write(line);
}

/// A full disk must not stop anything: what can't be written is still on show.
void LogModel::write(const Line& line) const {
    const QString path = QString::fromStdString(m_file.string());
    if (QFileInfo(path).size() > kFileLimit) {
        QFile::remove(path + QStringLiteral(".1"));
        QFile::rename(path, path + QStringLiteral(".1"));
    }
    QDir().mkpath(QFileInfo(path).path());
    QFile file(path);
    if (!file.open(QIODevice::Append)) return;
    const QString step = line.step < 0 ? QStringLiteral("-") : QString::number(line.step);
    file.write((line.time.toString(Qt::ISODate) + QLatin1Char('\t') + levelWord(line.level) + QLatin1Char('\t') + step +
                QLatin1Char('\t') + QString(line.text).replace(QLatin1Char('\n'), QLatin1Char(' ')) + QLatin1Char('\n'))
                   .toUtf8());
}

}  // namespace consa
