// Says how a preset becomes a Hugging Face folder and what is lost, and offers what can be done about it.
#pragma once

#include <QDialog>

namespace consa {

/// Shows `losses`, and `command` with a button that copies it. Writing, evaluating and learning anew are asked for
/// through signals; the dialog closes with them.
class ModelExportDialog final : public QDialog {
    Q_OBJECT

public:
    ModelExportDialog(const QString& command, const QString& losses, QWidget* parent = nullptr);

signals:
    void writeRequested();
    void evaluationRequested();
    void sinklessRunRequested();

private:
    [[nodiscard]] QWidget* createButtons(const QString& command, bool hasLosses);
};

}  // namespace consa
