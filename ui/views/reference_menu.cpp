// References of the Change view.
#include "ui/views/reference_menu.h"

#include "ui/models/gate_record.h"
#include "ui/models/preset_list_model.h"

namespace consa {

namespace {

/// P(full), or the decision where nothing was learned; drawn per KV head where the grid on show is.
std::vector<double> valuesOf(const LayoutFile& file, const UnitGrid& grid) {
    if (!file.probabilities.empty() && file.layout.grid == grid) return file.probabilities;
    const bool isWider = grid.granularity == Granularity::KvHead && file.layout.grid.granularity == Granularity::Layer;
    const AttentionLayout layout = isWider ? file.layout.perKvHead() : file.layout;
    return {layout.full.begin(), layout.full.end()};
}

}  // namespace

ReferenceMenu::ReferenceMenu(GateGridModel& gates, const GateRecord& record, const PresetListModel& presets,
                             QWidget* parent)
    : QMenu(parent), m_gates(gates), m_record(record), m_presets(presets) {
    connect(this, &QMenu::aboutToShow, this, &ReferenceMenu::fill);
    connect(&record, &GateRecord::changed, this, &ReferenceMenu::followStart);
    connect(&gates, &QAbstractItemModel::modelReset, this, &ReferenceMenu::followStart);
}

void ReferenceMenu::fill() {
    clear();
    addAction(tr("Start of the run"), this, &ReferenceMenu::chooseStart);
    addAction(tr("What is on show now"), this, &ReferenceMenu::chooseShown);
    addSeparator();
    for (int row = 0; row < m_presets.rowCount(); ++row) {
        if (!m_presets.fits(row)) continue;
        addAction(m_presets.name(row), this, [this, row] { choosePreset(row); });
    }
}

void ReferenceMenu::chooseStart() {
    m_isStart = true;
    followStart();
    emit nameChanged(m_gates.reference().name);
}

void ReferenceMenu::chooseShown() {
    const LayoutFile& shown = m_gates.shown();
    m_isStart = false;
    apply({tr("step %1").arg(shown.provenance.step), m_gates.grid(), valuesOf(shown, m_gates.grid())});
}

void ReferenceMenu::choosePreset(int row) {
    m_isStart = false;
    apply({m_presets.name(row), m_gates.grid(), valuesOf(m_presets.preset(row), m_gates.grid())});
}

void ReferenceMenu::followStart() {
    if (!m_isStart) return;
    const auto& frames = m_record.frames();
    GateReference reference{tr("the start"), m_gates.grid(), m_gates.startingProbability()};
    const bool hasFirst = !frames.empty() && frames.front().step == 0;
    if (hasFirst && frames.front().logAlpha.size() == reference.probability.size())
        for (std::size_t unit = 0; unit < reference.probability.size(); ++unit)
            reference.probability[unit] = m_record.probability(0, unit);
    if (reference != m_gates.reference()) apply(std::move(reference));
}

void ReferenceMenu::apply(GateReference reference) {
    const QString name = reference.name;
    m_gates.setReference(std::move(reference));
    emit nameChanged(name);
}

}  // namespace consa
