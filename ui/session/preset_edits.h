// Changes of the saved presets as steps of undo.
#pragma once

#include "core/layout/layout_file.h"

#include <QObject>
#include <QString>
#include <map>
#include <optional>

class QUndoStack;

namespace consa {

class PresetListModel;

/// Every change writes or deletes files at once and can be undone. What can't be done is said through
/// problemOccurred() and is no step of undo.
class PresetEdits final : public QObject {
    Q_OBJECT

public:
    /// Both must outlive this.
    PresetEdits(PresetListModel& model, QUndoStack& stack, QObject* parent = nullptr)
        : QObject(parent), m_model(model), m_stack(stack) {}

    /// Saves `file` under `name`, replacing one of the same name. True when done.
    bool save(const QString& name, const LayoutFile& file);
    void rename(int row, const QString& name);
    void setNote(int row, const QString& note);
    void remove(int row);
    /// Copies a row, built in or not, under a name of its own; the new name, empty when it failed.
    QString duplicate(int row);

signals:
    void problemOccurred(const QString& sentence);

private:
    class Change;
    /// Presets by name; empty where there is none.
    using Files = std::map<QString, std::optional<LayoutFile>>;

    bool push(Files after, const QString& text);
    /// True when all was written.
    bool apply(const Files& files);
    [[nodiscard]] std::optional<LayoutFile> fileOf(const QString& name) const;

    PresetListModel& m_model;
    QUndoStack& m_stack;
};

}  // namespace consa
