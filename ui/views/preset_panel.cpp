// The Presets tab.
#include "ui/views/preset_panel.h"

#include "core/base/error.h"
#include "ui/export/layout_export.h"
#include "ui/export/model_export.h"
#include "ui/models/preset_list_model.h"
#include "ui/style/icons.h"
#include "ui/views/empty_state_table.h"
#include "ui/views/import_dialog.h"
#include "ui/views/model_export_dialog.h"

#include <QAction>
#include <QDialog>
#include <QDialogButtonBox>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QMessageBox>
#include <QPushButton>
#include <QToolButton>

namespace consa {

namespace {

/// Name and note of a preset, or an empty name when cancelled.
struct PresetAnswer {
    QString name;
    QString note;
};

QString suggestedName(const LayoutFile& file) {
    const QString model = QString::fromStdString(file.modelName);
    const QString percent = QString::number(file.layout.sparsity() * 100, 'f', 0);
    return PresetPanel::tr("%1 %2 % step %3")
        .arg(model.isEmpty() ? PresetPanel::tr("layout") : model, percent)
        .arg(file.provenance.step);
}

PresetAnswer askForPreset(QWidget* parent, const LayoutFile& file, const PresetListModel& model) {
    QDialog dialog(parent);
    dialog.setWindowTitle(PresetPanel::tr("Save preset"));
    auto* name = new QLineEdit(suggestedName(file));
    auto* note = new QLineEdit(QString::fromStdString(file.note));
    name->selectAll();
    name->setMinimumWidth(320);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Save | QDialogButtonBox::Cancel);
    auto* form = new QFormLayout(&dialog);
    form->addRow(PresetPanel::tr("Name"), name);
    form->addRow(PresetPanel::tr("Note"), note);
    form->addRow(buttons);
    QPushButton* save = buttons->button(QDialogButtonBox::Save);
    const auto describe = [&] {
        save->setText(model.contains(name->text().trimmed()) ? PresetPanel::tr("Replace") : PresetPanel::tr("Save"));
        save->setEnabled(!name->text().trimmed().isEmpty());
    };
    describe();
    QObject::connect(name, &QLineEdit::textChanged, &dialog, describe);
    QObject::connect(buttons, &QDialogButtonBox::accepted, &dialog, &QDialog::accept);
    QObject::connect(buttons, &QDialogButtonBox::rejected, &dialog, &QDialog::reject);
    if (dialog.exec() != QDialog::Accepted) return {};
    return {name->text().trimmed(), note->text().trimmed()};
}

}  // namespace

PresetPanel::PresetPanel(PresetListModel& model, QWidget* parent)
    : QWidget(parent),
      m_model(model),
      m_table(new EmptyStateTable(tr("Save the current mask with Ctrl+S, or drop a layout file on the window."))) {
    createActions();
    m_table->setAccessibleName(tr("Saved presets"));
    m_table->setModelWithStretch(&model, PresetListModel::Note);
    auto* buttons = new QHBoxLayout;
    buttons->setContentsMargins(12, 4, 12, 4);
    buttons->setSpacing(8);
    for (QAction* action : {m_save, m_load, m_delete, m_import, m_importFolder, m_export, m_exportModel}) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        buttons->addWidget(button);
    }
    buttons->addStretch();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(buttons);
    layout->addWidget(m_table, 1);
    connect(m_table, &QTableView::doubleClicked, this, &PresetPanel::loadSelected);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, &PresetPanel::updateActions);
    connect(&model, &QAbstractItemModel::modelReset, this, &PresetPanel::updateActions);
    updateActions();
}

void PresetPanel::createActions() {
    const auto create = [this](const char* icon, const QString& text, const QString& tip, void (PresetPanel::*slot)()) {
        auto* action = new QAction(lineIcon(QLatin1String(icon)), text, this);
        action->setToolTip(tip);
        connect(action, &QAction::triggered, this, slot);
        return action;
    };
    m_save = create("save", tr("Save preset…"), tr("Keep the mask on show as a preset (Ctrl+S)"),
                    &PresetPanel::saveRequested);
    m_save->setShortcut(QKeySequence::Save);
    m_load =
        create("load", tr("Show"), tr("Show the selected preset's mask in the heatmap"), &PresetPanel::loadSelected);
    m_delete = create("delete", tr("Delete…"), tr("Delete the selected preset's file"), &PresetPanel::deleteSelected);
    m_export = create("export", tr("Save as file…"),
                      tr("Write the selected preset as a layout file, PruLong masks or DuoAttention folder"),
                      &PresetPanel::exportSelected);
    m_exportModel = create("model", tr("Model folder…"), tr("Build the selected preset into a Hugging Face folder"),
                           &PresetPanel::exportModel);
    m_import = new QAction(lineIcon(QStringLiteral("import")), tr("Import…"), this);
    m_import->setShortcut(QKeySequence(QStringLiteral("Ctrl+I")));
    m_import->setToolTip(tr("Add a layout file, PruLong masks or DuoAttention values to the presets (Ctrl+I)"));
    connect(m_import, &QAction::triggered, this, [this] {
        const QString path = QFileDialog::getOpenFileName(
            this, tr("Import a layout"), QString(),
            tr("Layouts (*.json *.tsv);;Layout files and config.json (*.json);;PruLong, DuoAttention (*.tsv)"));
        if (!path.isEmpty()) importFile(path);
    });
    m_importFolder = new QAction(lineIcon(QStringLiteral("import")), tr("Import folder…"), this);
    m_importFolder->setToolTip(tr("Add the layout of a DuoAttention, run or Hugging Face folder to the presets"));
    connect(m_importFolder, &QAction::triggered, this, [this] {
        const QString path = QFileDialog::getExistingDirectory(this, tr("Import the layout of a folder"));
        if (!path.isEmpty()) importFile(path);
    });
}

void PresetPanel::askAndSave(const LayoutFile& file) {
    const PresetAnswer answer = askForPreset(this, file, m_model);
    if (answer.name.isEmpty()) return;
    LayoutFile noted = file;
    noted.note = answer.note.toStdString();
    savePreset(answer.name, noted);
}

bool PresetPanel::savePreset(const QString& name, const LayoutFile& file) {
    try {
        m_model.save(name, file);
    } catch (const Error& error) {
        emit problemOccurred(QString::fromUtf8(error.what()));
        return false;
    }
    emit noteOccurred(tr("Saved preset “%1”").arg(name));
    return true;
}

void PresetPanel::importFile(const QString& path) {
    try {
        const std::optional<LayoutFile> file = askForLayout(path.toStdString(), this);
        if (!file) return;
        const QFileInfo info(path);
        const QString name = info.isDir() ? QDir(path).dirName() : info.completeBaseName();
        if (!savePreset(name, *file)) return;
        emit presetShown(*file, name);
        const UnitGrid& open = m_model.modelShape();
        if (open.layerCount > 0) requireShape(*file, open, name.toStdString());
    } catch (const Error& error) {
        emit problemOccurred(QString::fromUtf8(error.what()));
    }
}

void PresetPanel::selectRow(int row) {
    m_table->selectRow(row);
}

int PresetPanel::selectedRow() const {
    const QModelIndexList rows = m_table->selectionModel()->selectedRows();
    return rows.isEmpty() ? -1 : rows.front().row();
}

void PresetPanel::loadSelected() {
    const int row = selectedRow();
    if (row >= 0) emit presetShown(m_model.preset(row), m_model.name(row));
}

void PresetPanel::deleteSelected() {
    const int row = selectedRow();
    if (row < 0) return;
    const QString question = tr("Delete the preset “%1”? Its file is removed.").arg(m_model.name(row));
    QMessageBox box(QMessageBox::Question, tr("Delete preset"), question, QMessageBox::Cancel, this);
    const QPushButton* confirm = box.addButton(tr("Delete"), QMessageBox::DestructiveRole);
    box.exec();
    if (box.clickedButton() != confirm) return;
    try {
        m_model.remove(row);
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

void PresetPanel::updateActions() {
    const bool hasSelection = selectedRow() >= 0;
    for (QAction* action : {m_load, m_delete, m_export, m_exportModel}) action->setEnabled(hasSelection);
}

}  // namespace consa
