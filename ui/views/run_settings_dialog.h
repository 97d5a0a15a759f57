// What the next run does: the knobs worth turning, with the engine's own check of them.
#pragma once

#include "core/training/training_config.h"

#include <QDialog>

class QComboBox;
class QLabel;
class QLineEdit;
class QPushButton;
class QSpinBox;

namespace consa {

/// Edits a copy; config() holds the result after acceptance.
class RunSettingsDialog final : public QDialog {
    Q_OBJECT

public:
    /// `defaults` is what the button of that name brings back.
    RunSettingsDialog(const TrainingConfig& config, const TrainingConfig& defaults, int modelContextTokens,
                      QWidget* parent = nullptr);

    [[nodiscard]] TrainingConfig config() const;

private:
    void createFields();
    void showConfig(const TrainingConfig& config);
    void validate();
    [[nodiscard]] QSpinBox* createBox(int lowest, int highest, const QString& suffix, const QString& name);

    TrainingConfig m_config;
    TrainingConfig m_defaults;
    int m_modelContextTokens;
    QComboBox* m_granularity = nullptr;
    QSpinBox* m_window = nullptr;
    QSpinBox* m_sinks = nullptr;
    QSpinBox* m_context = nullptr;
    QSpinBox* m_batch = nullptr;
    QSpinBox* m_steps = nullptr;
    QLineEdit* m_seed = nullptr;
    QComboBox* m_device = nullptr;
    QLabel* m_problem = nullptr;
    QPushButton* m_accept = nullptr;
};

}  // namespace consa
