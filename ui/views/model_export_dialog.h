// Says how a preset becomes a Hugging Face folder, and gives the command for it.
#pragma once

#include <QDialog>

namespace consa {

/// Shows `command` with a button that copies it, and `losses` above it.
class ModelExportDialog final : public QDialog {
    Q_OBJECT

public:
    ModelExportDialog(const QString& command, const QString& losses, QWidget* parent = nullptr);
};

}  // namespace consa
