// The command, ready to copy.
#include "ui/views/model_export_dialog.h"

#include <QClipboard>
#include <QDialogButtonBox>
#include <QGuiApplication>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QVBoxLayout>

namespace consa {

ModelExportDialog::ModelExportDialog(const QString& command, const QString& losses, QWidget* parent) : QDialog(parent) {
    setWindowTitle(tr("Model folder with this layout"));
    auto* text = new QLabel(tr("This command writes a folder that transformers opens, with the layout built in:"));
    auto* line = new QLineEdit(command);
    line->setReadOnly(true);
    line->setMinimumWidth(560);
    line->setAccessibleName(tr("Command"));
    auto* lost = new QLabel(losses);
    lost->setWordWrap(true);
    lost->setVisible(!losses.isEmpty());
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    QPushButton* copy = buttons->addButton(tr("Copy command"), QDialogButtonBox::ActionRole);
    copy->setDefault(true);
    connect(copy, &QPushButton::clicked, this, [command] { QGuiApplication::clipboard()->setText(command); });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    auto* layout = new QVBoxLayout(this);
    for (QWidget* widget : {static_cast<QWidget*>(text), static_cast<QWidget*>(line), static_cast<QWidget*>(lost),
                            static_cast<QWidget*>(buttons)}) {
        layout->addWidget(widget);
    }
}

}  // namespace consa
