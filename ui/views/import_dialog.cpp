// The form of an import.
#include "ui/views/import_dialog.h"

#include <QDialogButtonBox>
#include <QDoubleSpinBox>
#include <QFormLayout>
#include <QLabel>
#include <QPushButton>
#include <QSpinBox>

namespace consa {

ImportDialog::ImportDialog(const ImportedLayout& imported, QWidget* parent) : QDialog(parent), m_imported(imported) {
    setWindowTitle(tr("Import a layout"));
    auto* form = new QFormLayout(this);
    form->addRow(new QLabel(tr("%1, %2 layers x %3 KV heads")
                                .arg(QString::fromLatin1(toString(imported.format)))
                                .arg(imported.grid.layerCount)
                                .arg(imported.grid.kvHeadCount)));
    if (imported.needsCut()) createBudget(*form);
    createTokens(*form);
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel);
    buttons->button(QDialogButtonBox::Ok)->setText(tr("Import"));
    form->addRow(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
}

void ImportDialog::createBudget(QFormLayout& form) {
    m_sparsity = new QDoubleSpinBox;
    m_sparsity->setRange(0, 100);
    m_sparsity->setDecimals(1);
    m_sparsity->setSuffix(tr(" % slide"));
    m_sparsity->setValue(m_imported.ownSparsity * 100);
    m_sparsity->setAccessibleName(tr("Sparsity"));
    m_sparsity->setToolTip(tr("The file ranks the units; those with the lowest values slide"));
    m_count = new QLabel;
    connect(m_sparsity, &QDoubleSpinBox::valueChanged, this, &ImportDialog::showCount);
    form.addRow(tr("Sparsity"), m_sparsity);
    form.addRow(QString(), m_count);
    showCount();
}

void ImportDialog::createTokens(QFormLayout& form) {
    const auto create = [&form](int lowest, int value, const QString& name) {
        auto* box = new QSpinBox;
        box->setRange(lowest, 1 << 20);
        box->setValue(value);
        box->setSuffix(tr(" tokens"));
        box->setAccessibleName(name);
        form.addRow(name, box);
        return box;
    };
    const LayoutFile defaults = toLayoutFile(m_imported, {});
    if (!m_imported.windowTokens) m_window = create(1, defaults.windowTokens, tr("Window"));
    if (!m_imported.sinkTokens) m_sinks = create(0, defaults.sinkTokens, tr("Sinks"));
}

void ImportDialog::showCount() {
    const AttentionLayout cut = layout().layout;
    m_count->setText(tr("%1 of %2 units full").arg(cut.fullCount()).arg(cut.grid.unitCount()));
}

LayoutFile ImportDialog::layout() const {
    ImportChoice choice;
    if (m_sparsity) choice.sparsity = m_sparsity->value() / 100;
    if (m_window) choice.windowTokens = m_window->value();
    if (m_sinks) choice.sinkTokens = m_sinks->value();
    return toLayoutFile(m_imported, choice);
}

std::optional<LayoutFile> askForLayout(const std::filesystem::path& path, QWidget* parent) {
    const ImportedLayout imported = readForeignLayout(path);
    if (!imported.needsCut() && imported.windowTokens && imported.sinkTokens) return toLayoutFile(imported, {});
    ImportDialog dialog(imported, parent);
    if (dialog.exec() != QDialog::Accepted) return std::nullopt;
    return dialog.layout();
}

}  // namespace consa
