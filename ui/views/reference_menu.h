// Chooses what the Change view compares with: the start of the run, what is on show now, or a preset.
#pragma once

#include "ui/models/gate_grid_model.h"

#include <QMenu>

namespace consa {

class GateRecord;
class PresetListModel;

/// Sets the grid model's reference. The start of the run is followed into the next run; other references stay.
class ReferenceMenu final : public QMenu {
    Q_OBJECT

public:
    /// All three must outlive this.
    ReferenceMenu(GateGridModel& gates, const GateRecord& record, const PresetListModel& presets,
                  QWidget* parent = nullptr);

    /// Compares with the start of the run again.
    void chooseStart();
    void chooseShown();
    void choosePreset(int row);

signals:
    void nameChanged(const QString& name);

private:
    void fill();
    void followStart();
    void apply(GateReference reference);

    GateGridModel& m_gates;
    const GateRecord& m_record;
    const PresetListModel& m_presets;
    bool m_isStart = true;
};

}  // namespace consa
