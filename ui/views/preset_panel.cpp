// The Presets tab.
#include "ui/views/preset_panel.h"

#include "ui/models/preset_list_model.h"
#include "ui/session/preset_edits.h"
#include "ui/style/icons.h"
#include "ui/views/empty_state_table.h"

#include <QAction>
#include <QDialog>
#include <QDialogButtonBox>
#include <QFileDialog>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QMenu>
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

/// Where there is no room for the words the icons stand alone, with their tips.
void PresetPanel::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    const auto style = width() >= m_buttonRoom ? Qt::ToolButtonTextBesideIcon : Qt::ToolButtonIconOnly;
    for (QToolButton* button : m_buttons) button->setToolButtonStyle(style);
}

PresetPanel::PresetPanel(PresetListModel& model, QUndoStack& stack, QWidget* parent)
    : QWidget(parent),
      m_model(model),
      m_edits(new PresetEdits(model, stack, this)),
      m_table(new EmptyStateTable(tr("Save the current mask with Ctrl+S, or drop a layout file on the window."))) {
    createActions();
    m_table->setAccessibleName(tr("Saved presets"));
    m_table->setModelWithStretch(&model, PresetListModel::Note);
    auto* buttons = new QHBoxLayout;
    buttons->setContentsMargins(12, 4, 12, 4);
    buttons->setSpacing(8);
    for (QAction* action : {m_save, m_load, m_compare, m_duplicate, m_delete, m_import}) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        buttons->addWidget(button);
        m_buttons << button;
        m_buttonRoom += button->sizeHint().width() + buttons->spacing();
    }
    auto* more = new QToolButton;
    more->setText(tr("More"));
    more->setToolTip(tr("Rename, note, hold in the next run, import a folder, export"));
    more->setPopupMode(QToolButton::InstantPopup);
    auto* menu = new QMenu(more);
    menu->addActions({m_rename, m_note, m_hold, m_importFolder, m_export, m_exportModel});
    more->setMenu(menu);
    buttons->addWidget(more);
    buttons->addStretch();
    m_buttonRoom += more->sizeHint().width() + 2 * 12;
    m_table->setEditTriggers(QAbstractItemView::EditKeyPressed);
    m_table->setIconSize(QSize(64, 16));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(buttons);
    layout->addWidget(m_table, 1);
    connect(m_table, &QTableView::doubleClicked, this, &PresetPanel::loadSelected);
    connect(m_edits, &PresetEdits::problemOccurred, this, &PresetPanel::problemOccurred);
    connect(&model, &PresetListModel::renameRequested, m_edits, &PresetEdits::rename, Qt::QueuedConnection);
    connect(&model, &PresetListModel::noteRequested, m_edits, &PresetEdits::setNote, Qt::QueuedConnection);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, &PresetPanel::updateActions);
    connect(&model, &QAbstractItemModel::modelAboutToBeReset, this,
            [this] { m_selectedName = selectedRow() >= 0 ? m_model.name(selectedRow()) : QString(); });
    connect(&model, &QAbstractItemModel::modelReset, this, [this] {
        if (const int row = m_model.rowOf(m_selectedName); row >= 0) selectRow(row);
        updateActions();
    });
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
    m_compare = create("evaluate", tr("Show change"), tr("Show how the gates differ from the selected preset"),
                       &PresetPanel::compareSelected);
    m_duplicate = create("copy", tr("Duplicate"), tr("Copy the selected preset under a new name, to change it"),
                         &PresetPanel::duplicateSelected);
    m_delete = create("delete", tr("Delete"), tr("Delete the selected preset's file; undo brings it back"),
                      &PresetPanel::deleteSelected);
    m_rename =
        create("text", tr("Rename"), tr("Give the selected preset another name (F2)"), &PresetPanel::renameSelected);
    m_note = create("text", tr("Edit note"), tr("Write a note to the selected preset"), &PresetPanel::noteSelected);
    m_hold = create("settings", tr("Hold in the next run…"),
                    tr("Plan a run that keeps the selected layout and trains the weights around it"),
                    &PresetPanel::holdSelected);
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
    if (!m_edits->save(name, file)) return false;
    emit noteOccurred(tr("Saved preset “%1”").arg(name));
    return true;
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

void PresetPanel::compareSelected() {
    if (selectedRow() >= 0) emit changeRequested(selectedRow());
}

void PresetPanel::duplicateSelected() {
    const QString name = selectedRow() >= 0 ? m_edits->duplicate(selectedRow()) : QString();
    if (name.isEmpty()) return;
    selectRow(m_model.rowOf(name));
    emit noteOccurred(tr("Copied to “%1”").arg(name));
}

void PresetPanel::deleteSelected() {
    const int row = selectedRow();
    if (row < 0 || m_model.isBuiltIn(row)) return;
    const QString name = m_model.name(row);
    m_edits->remove(row);
    if (m_model.rowOf(name) < 0) emit noteOccurred(tr("Deleted “%1”; Ctrl+Z brings it back").arg(name));
}

void PresetPanel::renameSelected() {
    if (selectedRow() >= 0) m_table->edit(m_model.index(selectedRow(), PresetListModel::Name));
}

void PresetPanel::noteSelected() {
    if (selectedRow() >= 0) m_table->edit(m_model.index(selectedRow(), PresetListModel::Note));
}

void PresetPanel::holdSelected() {
    if (selectedRow() >= 0) emit holdRequested(selectedRow());
}

void PresetPanel::updateActions() {
    const int row = selectedRow();
    const bool isSaved = row >= 0 && !m_model.isBuiltIn(row);
    const bool fits = row >= 0 && m_model.fits(row);
    for (QAction* action : {m_load, m_duplicate, m_export}) action->setEnabled(row >= 0);
    for (QAction* action : {m_delete, m_rename, m_note, m_exportModel}) action->setEnabled(isSaved);
    m_hold->setEnabled(isSaved && fits);
    m_compare->setEnabled(fits);
}

}  // namespace consa
