// What the next run does: every knob worth turning, the engine's own check of them, and the same run as a command.
#pragma once

#include "ui/session/run_estimate.h"
#include "ui/views/run_basics_page.h"

#include <QDialog>

class QDialogButtonBox;
class QLabel;
class QPlainTextEdit;
class QPushButton;
class QVBoxLayout;

namespace consa {

class RunMorePage;

/// Edits a copy; config() and heldLayout() hold the result after acceptance.
class RunSettingsDialog final : public QDialog {
    Q_OBJECT

public:
    /// `defaults` is what the button of that name brings back, and what the command leaves out. `layouts` fit the
    /// model.
    RunSettingsDialog(const TrainingConfig& config, const TrainingConfig& defaults, int modelContextTokens,
                      std::vector<LayoutChoice> layouts = {}, QWidget* parent = nullptr);

    [[nodiscard]] TrainingConfig config() const;
    /// What the estimates are made from.
    void setConditions(RunConditions conditions);
    /// Tokens, time and memory in a sentence, as estimateText() makes it.
    [[nodiscard]] QString estimate() const;
    /// Why memory will not do; empty when it will.
    [[nodiscard]] QString memoryWarning() const;
    /// What the mode recover holds; empty in other modes.
    [[nodiscard]] std::optional<AttentionLayout> heldLayout() const { return m_basics->heldLayout(); }
    /// The `consa learn` of this run.
    [[nodiscard]] QString commandLine() const;
    /// Why these settings cannot be used; empty when they can.
    [[nodiscard]] QString problem() const;

protected:
    void showEvent(QShowEvent* event) override;

private:
    void createCommand(QVBoxLayout& column);
    void createButtons(QVBoxLayout& column);
    void showConfig(const TrainingConfig& config);
    void refresh();
    /// A dialog's own size counts a line that wraps as one line.
    void growToText();

    TrainingConfig m_config;
    TrainingConfig m_defaults;
    int m_modelContextTokens;
    RunBasicsPage* m_basics;
    RunMorePage* m_more;
    RunConditions m_conditions;
    QLabel* m_estimate = nullptr;
    QLabel* m_memory = nullptr;
    QLabel* m_problem = nullptr;
    QPlainTextEdit* m_command = nullptr;
    QPushButton* m_accept = nullptr;
};

}  // namespace consa
