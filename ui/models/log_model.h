// What happened, line by line, in the window and in a file.
#pragma once

#include <QAbstractTableModel>
#include <QDateTime>
#include <deque>
#include <filesystem>

namespace consa {

enum class LogLevel { Note, Warning, Problem };

/// Keeps the latest lines; all of them go into a file that is set aside when it grows past a megabyte.
class LogModel final : public QAbstractTableModel {
    Q_OBJECT

public:
    enum Column { Time, Level, Step, Text, ColumnCount };
    enum Role { LevelRole = Qt::UserRole };

    /// `file` is appended to; an empty path keeps no file.
    explicit LogModel(std::filesystem::path file, QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    /// `step` below 0: of no run.
    void add(LogLevel level, const QString& text, int step = -1);
    /// Warnings and problems so far.
    [[nodiscard]] int problemCount() const { return m_problemCount; }
    [[nodiscard]] const std::filesystem::path& file() const { return m_file; }

private:
    struct Line {
        QDateTime time;
        LogLevel level;
        int step;
        QString text;
    };
    void write(const Line& line) const;

    std::filesystem::path m_file;
    std::deque<Line> m_lines;
    int m_problemCount = 0;
};

/// "note", "warning", "error".
[[nodiscard]] QString levelWord(LogLevel level);

}  // namespace consa
