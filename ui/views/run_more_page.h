// The knobs of a run that few runs turn: the optimisers.
#pragma once

#include "core/training/training_config.h"

#include <QWidget>

class QComboBox;
class QFormLayout;
class QSpinBox;

namespace consa {

class NumberBox;

/// How gates move under the constraint, and how weights move in the modes that train them.
class RunMorePage final : public QWidget {
    Q_OBJECT

public:
    explicit RunMorePage(QWidget* parent = nullptr);

    void showConfig(const TrainingConfig& config);
    /// Writes its fields into `config`.
    void readInto(TrainingConfig& config) const;
    /// What the choices so far leave open.
    void applyRules(const TrainingConfig& config);

signals:
    void changed();

private:
    void createGates(QFormLayout& form);
    void createWeights(QFormLayout& form);

    QComboBox* m_estimate = nullptr;
    NumberBox* m_gateRate = nullptr;
    NumberBox* m_warmup = nullptr;
    NumberBox* m_multiplierRate = nullptr;
    NumberBox* m_quadraticWeight = nullptr;
    NumberBox* m_holdShare = nullptr;
    NumberBox* m_weightRate = nullptr;
    NumberBox* m_weightDecay = nullptr;
    NumberBox* m_clip = nullptr;
    QSpinBox* m_loraRank = nullptr;
    NumberBox* m_loraAlpha = nullptr;
};

}  // namespace consa
