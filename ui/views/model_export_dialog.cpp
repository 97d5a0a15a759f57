// The facts and the choices.
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
    auto* text =
        new QLabel(tr("A folder that transformers opens, with the layout built in; the same on the command line:"));
    auto* line = new QLineEdit(command);
    line->setReadOnly(true);
    line->setMinimumWidth(560);
    line->setCursorPosition(0);
    line->setAccessibleName(tr("Command"));
    auto* lost = new QLabel(losses);
    lost->setWordWrap(true);
    lost->setVisible(!losses.isEmpty());
    auto* layout = new QVBoxLayout(this);
    layout->addWidget(text);
    layout->addWidget(line);
    layout->addWidget(lost);
    layout->addWidget(createButtons(command, !losses.isEmpty()));
}

QWidget* ModelExportDialog::createButtons(const QString& command, bool hasLosses) {
    auto* buttons = new QDialogButtonBox(QDialogButtonBox::Close);
    const auto add = [&](const QString& title, const QString& tip) {
        QPushButton* button = buttons->addButton(title, QDialogButtonBox::ActionRole);
        button->setToolTip(tip);
        return button;
    };
    QPushButton* write = add(tr("Write folder…"), tr("Choose a new folder and write the model into it"));
    QPushButton* evaluate =
        add(tr("Evaluate as exported"), tr("Measure the perplexity that the folder will have in transformers"));
    QPushButton* copy = add(tr("Copy command"), tr("Copy the consa convert command to the clipboard"));
    write->setDefault(true);
    connect(copy, &QPushButton::clicked, this, [command] { QGuiApplication::clipboard()->setText(command); });
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    const auto closeWith = [this](QPushButton* button, void (ModelExportDialog::*request)()) {
        connect(button, &QPushButton::clicked, this, [this, request] {
            accept();
            emit(this->*request)();
        });
    };
    closeWith(write, &ModelExportDialog::writeRequested);
    closeWith(evaluate, &ModelExportDialog::evaluationRequested);
    if (hasLosses) {
        closeWith(add(tr("Learn without sinks…"),
                      tr("Settings of a run with one gate per layer and no sinks, which loses nothing")),
                  &ModelExportDialog::sinklessRunRequested);
    }
    return buttons;
}

}  // namespace consa
