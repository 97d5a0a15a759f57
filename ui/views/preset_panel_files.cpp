// What the Presets tab exchanges with other programs: imports, exports, model folders.
#include "core/base/error.h"
#include "ui/export/layout_export.h"
#include "ui/export/model_export.h"
#include "ui/models/preset_list_model.h"
#include "ui/views/import_dialog.h"
#include "ui/views/model_export_dialog.h"
#include "ui/views/preset_panel.h"

#include <QDir>
#include <QFileDialog>
#include <QFileInfo>

namespace consa {

void PresetPanel::importFile(const QString& path) {
    try {
        const std::optional<LayoutFile> file = askForLayout(path.toStdString(), this);
        if (!file) return;
        const QFileInfo info(path);
        const QString name = info.isDir() ? QDir(path).dirName() : info.completeBaseName();
        if (!savePreset(name, *file)) return;
        emit presetShown(*file, name);
        const UnitGrid& open = m_model.modelShape();
        if (open.layerCount == 0) return;
        requireShape(*file, open, name.toStdString());
        const QString warning = m_model.otherModelWarning(*file, name);
        if (!warning.isEmpty()) emit warningOccurred(warning);
    } catch (const Error& error) {
        emit problemOccurred(QString::fromUtf8(error.what()));
    }
}

void PresetPanel::exportSelected() {
    const int row = selectedRow();
    if (row < 0) return;
    QString filter = layoutExportFilters().front();
    const QString path = QFileDialog::getSaveFileName(this, tr("Save the layout"), m_model.name(row),
                                                      layoutExportFilters().join(QStringLiteral(";;")), &filter);
    if (path.isEmpty()) return;
    try {
        writeLayoutAs(m_model.preset(row), path, filter);
        emit noteOccurred(tr("Saved %1").arg(path));
    } catch (const Error& error) {
        emit problemOccurred(QString::fromUtf8(error.what()));
    }
}

void PresetPanel::exportModel() {
    const int row = selectedRow();
    if (row < 0) return;
    const LayoutFile file = m_model.preset(row);
    const QString name = m_model.name(row);
    ModelExportDialog dialog(modelExportCommand(file, m_model.path(row), m_modelPath), modelExportLosses(file), this);
    connect(&dialog, &ModelExportDialog::writeRequested, this, [this, file] { writeModelFolder(file); });
    connect(&dialog, &ModelExportDialog::evaluationRequested, this,
            [this, file, name] { emit exportEvaluationRequested(file, name); });
    connect(&dialog, &ModelExportDialog::sinklessRunRequested, this, &PresetPanel::sinklessRunRequested);
    dialog.exec();
}

void PresetPanel::writeModelFolder(const LayoutFile& file) {
    const QString folder = QFileDialog::getSaveFileName(this, tr("New folder for the model"), QString(), QString(),
                                                        nullptr, QFileDialog::ShowDirsOnly);
    if (folder.isEmpty()) return;
    const ModelExportResult result = exportModelFolder(m_modelPath, file, folder, this);
    if (!result.problem.isEmpty()) emit problemOccurred(result.problem);
    if (!result.written.isEmpty()) emit noteOccurred(result.written);
}

}  // namespace consa
