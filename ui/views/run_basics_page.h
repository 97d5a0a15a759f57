// The knobs of a run that most runs turn.
#pragma once

#include "core/layout/layout_file.h"
#include "core/training/training_config.h"

#include <QWidget>
#include <optional>
#include <vector>

class QComboBox;
class QFormLayout;
class QLineEdit;
class QSpinBox;

namespace consa {

/// A layout that a run may hold: a preset that fits the open model.
struct LayoutChoice {
    QString name;
    QString path;
    LayoutFile file;
};

/// What is learned, the two kinds of attention, and on how much text.
class RunBasicsPage final : public QWidget {
    Q_OBJECT

public:
    explicit RunBasicsPage(std::vector<LayoutChoice> layouts, QWidget* parent = nullptr);

    void showConfig(const TrainingConfig& config);
    /// Writes its fields into `config`.
    void readInto(TrainingConfig& config) const;
    /// What the choices so far leave open.
    void applyRules(const TrainingConfig& config);
    /// The layout that the mode recover holds; empty in other modes.
    [[nodiscard]] std::optional<AttentionLayout> heldLayout() const;

signals:
    void changed();

private:
    void createChoices(QFormLayout& form);
    void createAttention(QFormLayout& form);
    void createText(QFormLayout& form);
    void connectFields();
    /// A layout brings its own window and sinks.
    void adoptLayout();
    [[nodiscard]] const LayoutChoice* chosenLayout() const;

    std::vector<LayoutChoice> m_layouts;
    QComboBox* m_mode = nullptr;
    QComboBox* m_layout = nullptr;
    QComboBox* m_granularity = nullptr;
    QComboBox* m_scope = nullptr;
    QComboBox* m_loss = nullptr;
    QComboBox* m_method = nullptr;
    QSpinBox* m_window = nullptr;
    QSpinBox* m_sinks = nullptr;
    QSpinBox* m_context = nullptr;
    QSpinBox* m_batch = nullptr;
    QSpinBox* m_steps = nullptr;
    QLineEdit* m_seed = nullptr;
    QComboBox* m_device = nullptr;
};

}  // namespace consa
