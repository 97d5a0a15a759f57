// Undo commands over preset files.
#include "ui/session/preset_edits.h"

#include "core/base/error.h"
#include "ui/models/preset_list_model.h"

#include <QUndoStack>
#include <utility>

namespace consa {

/// From one state of some files to another.
class PresetEdits::Change final : public QUndoCommand {
public:
    Change(PresetEdits& edits, Files before, Files after, const QString& text)
        : QUndoCommand(text), m_edits(edits), m_before(std::move(before)), m_after(std::move(after)) {}

    void undo() override { setObsolete(!m_edits.apply(m_before)); }
    void redo() override {
        // The first time it is done already.
        if (std::exchange(m_isDone, true)) setObsolete(!m_edits.apply(m_after));
    }

private:
    PresetEdits& m_edits;
    Files m_before;
    Files m_after;
    bool m_isDone = false;
};

std::optional<LayoutFile> PresetEdits::fileOf(const QString& name) const {
    const int row = m_model.rowOf(name);
    return row >= 0 ? std::optional(m_model.preset(row)) : std::nullopt;
}

bool PresetEdits::push(Files after, const QString& text) {
    Files before;
    for (const auto& [name, file] : after) before[name] = fileOf(name);
    if (!apply(after)) return false;
    m_stack.push(new Change(*this, std::move(before), std::move(after), text));
    return true;
}

bool PresetEdits::apply(const Files& files) {
    try {
        for (const auto& [name, file] : files)
            if (file) m_model.save(name, *file);
        for (const auto& [name, file] : files)
            if (!file) m_model.remove(name);
        return true;
    } catch (const Error& error) {
        emit problemOccurred(QString::fromUtf8(error.what()));
        return false;
    }
}

bool PresetEdits::save(const QString& name, const LayoutFile& file) {
    const QString fileName = PresetListModel::fileName(name);
    return push({{fileName, file}}, tr("Save preset %1").arg(fileName));
}

void PresetEdits::rename(int row, const QString& name) {
    const QString before = m_model.name(row);
    const QString after = PresetListModel::fileName(name);
    if (after == before) return;
    if (m_model.contains(after)) {
        emit problemOccurred(tr("There is a preset “%1” already; choose another name.").arg(after));
        return;
    }
    push({{before, std::nullopt}, {after, m_model.preset(row)}}, tr("Rename preset %1").arg(before));
}

void PresetEdits::setNote(int row, const QString& note) {
    LayoutFile file = m_model.preset(row);
    file.note = note.toStdString();
    push({{m_model.name(row), file}}, tr("Note of preset %1").arg(m_model.name(row)));
}

void PresetEdits::remove(int row) {
    const QString name = m_model.name(row);
    push({{name, std::nullopt}}, tr("Delete preset %1").arg(name));
}

QString PresetEdits::duplicate(int row) {
    const QString stem = PresetListModel::fileName(m_model.name(row));
    QString name = stem;
    for (int copy = 2; m_model.contains(name); ++copy) name = QStringLiteral("%1 %2").arg(stem).arg(copy);
    return push({{name, m_model.preset(row)}}, tr("Duplicate preset %1").arg(stem)) ? name : QString();
}

}  // namespace consa
