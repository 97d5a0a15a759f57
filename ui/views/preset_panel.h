// Saved masks: save, look at, include in the evaluation, delete, exchange as files.
#pragma once

#include "core/layout/layout_file.h"

#include <QList>
#include <QWidget>

class QAction;
class QToolButton;
class QUndoStack;

namespace consa {

class EmptyStateTable;
class PresetEdits;
class PresetListModel;

/// Works on the preset folder through its model. What can't be done is said through problemOccurred().
class PresetPanel final : public QWidget {
    Q_OBJECT

public:
    /// Both must outlive this; changes go through `stack`.
    PresetPanel(PresetListModel& model, QUndoStack& stack, QWidget* parent = nullptr);

    [[nodiscard]] QAction* saveAction() const { return m_save; }
    [[nodiscard]] QAction* loadAction() const { return m_load; }
    [[nodiscard]] QAction* deleteAction() const { return m_delete; }
    [[nodiscard]] QAction* importAction() const { return m_import; }
    [[nodiscard]] QAction* exportAction() const { return m_export; }
    [[nodiscard]] QAction* compareAction() const { return m_compare; }
    [[nodiscard]] QAction* duplicateAction() const { return m_duplicate; }
    [[nodiscard]] QAction* renameAction() const { return m_rename; }
    [[nodiscard]] QAction* noteAction() const { return m_note; }
    [[nodiscard]] QAction* holdAction() const { return m_hold; }
    [[nodiscard]] QAction* importFolderAction() const { return m_importFolder; }
    [[nodiscard]] QAction* exportModelAction() const { return m_exportModel; }

    /// What exported models are made of.
    void setModelPath(const QString& path) { m_modelPath = path; }

    /// Asks for a name and a note, then saves.
    void askAndSave(const LayoutFile& file);
    /// Saves without asking. True when done.
    bool savePreset(const QString& name, const LayoutFile& file);
    /// Copies a layout of any format into the presets and shows it; asks where the file leaves something open. One of
    /// another shape than the open model's is kept, and both shapes are named.
    void importFile(const QString& path);
    void selectRow(int row);
    [[nodiscard]] int selectedRow() const;

signals:
    void saveRequested();
    /// The preset as it is, and as a Hugging Face folder would hold it.
    void exportEvaluationRequested(const consa::LayoutFile& file, const QString& name);
    void sinklessRunRequested();
    /// The Change view shall compare with this row.
    void changeRequested(int row);
    /// The next run shall hold this row's layout.
    void holdRequested(int row);
    void presetShown(const consa::LayoutFile& file, const QString& name);
    void noteOccurred(const QString& note);
    void problemOccurred(const QString& sentence);
    /// Done, but worth a look.
    void warningOccurred(const QString& sentence);

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    void createActions();
    void loadSelected();
    void compareSelected();
    void duplicateSelected();
    void deleteSelected();
    void renameSelected();
    void noteSelected();
    void holdSelected();
    void exportSelected();
    void exportModel();
    void writeModelFolder(const LayoutFile& file);
    void updateActions();

    PresetListModel& m_model;
    PresetEdits* m_edits;
    EmptyStateTable* m_table;
    QList<QToolButton*> m_buttons;  // without words where these need more room than there is
    int m_buttonRoom = 0;           // pixels
    QAction* m_save = nullptr;
    QAction* m_load = nullptr;
    QAction* m_compare = nullptr;
    QAction* m_duplicate = nullptr;
    QAction* m_delete = nullptr;
    QAction* m_rename = nullptr;
    QAction* m_note = nullptr;
    QAction* m_hold = nullptr;
    QAction* m_import = nullptr;
    QAction* m_export = nullptr;
    QAction* m_importFolder = nullptr;
    QAction* m_exportModel = nullptr;
    QString m_modelPath;
    QString m_selectedName;  // while the list is read again
};

}  // namespace consa
