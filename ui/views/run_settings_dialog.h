// What the next run does: every knob worth turning, the engine's own check of them, and the same run as a command.
#pragma once

#include "ui/views/run_basics_page.h"

#include <QDialog>
#include <cstdint>

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
    /// What the estimate is made from: the speed of the last run (0: none yet) and the tokens of the training text.
    void setPace(double secondsPerToken, std::int64_t trainTokens);
    /// "Reads 614,400 tokens, 0.7 of the training text; about 3 min at the last run's speed".
    [[nodiscard]] QString estimate() const;
    /// What the mode recover holds; empty in other modes.
    [[nodiscard]] std::optional<AttentionLayout> heldLayout() const { return m_basics->heldLayout(); }
    /// The `consa learn` of this run.
    [[nodiscard]] QString commandLine() const;
    /// Why these settings cannot be used; empty when they can.
    [[nodiscard]] QString problem() const;

private:
    void createCommand(QVBoxLayout& column);
    void createButtons(QVBoxLayout& column);
    void showConfig(const TrainingConfig& config);
    void refresh();

    TrainingConfig m_config;
    TrainingConfig m_defaults;
    int m_modelContextTokens;
    RunBasicsPage* m_basics;
    RunMorePage* m_more;
    double m_secondsPerToken = 0;
    std::int64_t m_trainTokens = 0;
    QLabel* m_estimate = nullptr;
    QLabel* m_problem = nullptr;
    QPlainTextEdit* m_command = nullptr;
    QPushButton* m_accept = nullptr;
};

}  // namespace consa
