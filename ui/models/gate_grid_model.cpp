// Gates, their rounding at the cut, and what the cut flips.
#include "ui/models/gate_grid_model.h"

#include "core/base/version.h"
#include "core/gates/hard_concrete.h"

#include <algorithm>
#include <filesystem>
#include <iterator>

namespace consa {

GateGridModel::GateGridModel(QObject* parent) : QAbstractTableModel(parent) {}

int GateGridModel::rowCount(const QModelIndex& parent) const {
    return parent.isValid() ? 0 : grid().layerCount;
}

int GateGridModel::columnCount(const QModelIndex& parent) const {
    return parent.isValid() || grid().layerCount == 0 ? 0 : grid().unitsPerLayer();
}

QVariant GateGridModel::data(const QModelIndex& index, int role) const {
    if (!checkIndex(index, CheckIndexOption::IndexIsValid)) return {};
    const auto unit = static_cast<std::size_t>(index.row() * grid().unitsPerLayer() + index.column());
    const bool hasProbability = unit < probability().size();
    const bool isFull = layout().isFull(index.row(), index.column());
    switch (role) {
        case Qt::DisplayRole:
            if (hasProbability) return QString::number(probability()[unit], 'f', 4);
            return isFull ? tr("full") : tr("sliding");
        case Qt::TextAlignmentRole:
            return int(Qt::AlignRight | Qt::AlignVCenter);
        case ProbabilityRole:
            return hasProbability ? QVariant(probability()[unit]) : QVariant();
        case LogAlphaRole:
            return m_isShowingSession && !isSessionHeld() && unit < m_session.logAlpha.size()
                       ? QVariant(m_session.logAlpha[unit])
                       : QVariant();
        case FullRole:
            return isFull;
        case FlippedRole:
            return unit < m_flipped.size() && m_flipped[unit] != 0;
        case PinRole:
            return unit < m_pins.size() && m_pins[unit] ? QVariant(*m_pins[unit]) : QVariant();
        default:
            return {};
    }
}

QVariant GateGridModel::headerData(int section, Qt::Orientation orientation, int role) const {
    if (role != Qt::DisplayRole) return {};
    if (orientation == Qt::Vertical) return tr("Layer %1").arg(section);
    return grid().granularity == Granularity::Layer ? tr("All KV heads") : tr("KV head %1").arg(section);
}

void GateGridModel::setSnapshot(const SessionSnapshot& snapshot) {
    if (snapshot.run != m_session.run) m_cut.reset();  // a cut belongs to the run whose gates it rounds
    m_session = snapshot;
    placePins();
    roundSession();
}

void GateGridModel::setPins(const std::vector<Pin>& pins) {
    if (m_pinList == pins) return;
    m_pinList = pins;
    placePins();
    roundSession();
}

void GateGridModel::setCut(std::optional<double> sparsity) {
    if (m_cut == sparsity) return;
    m_cut = sparsity;
    roundSession();
}

void GateGridModel::showLayout(const LayoutFile& file) {
    m_isShowingSession = false;
    m_flipped.clear();
    m_pins.clear();
    show(file);
}

void GateGridModel::showSession() {
    if (m_isShowingSession) return;
    m_isShowingSession = true;
    roundSession();
}

LayoutFile GateGridModel::sessionFile() const {
    LayoutFile file;
    if (m_session.model) {
        file.modelName = m_session.model->name;
        file.modelArchitecture = m_session.model->architecture;
    }
    file.layout = m_sessionLayout;
    file.windowTokens = m_session.config.windowTokens;
    file.sinkTokens = m_session.config.sinkTokens;
    if (!isSessionHeld()) file.probabilities = m_session.probability;
    if (m_session.logAlpha.empty() && !isSessionHeld()) {  // before the first step every gate stands where a run begins
        file.probabilities.assign(static_cast<std::size_t>(m_session.grid.unitCount()),
                                  probabilityFull(m_session.config.initialLogAlpha));
        for (std::size_t unit = 0; unit < m_sessionPins.size(); ++unit)
            if (m_sessionPins[unit]) file.probabilities[unit] = *m_sessionPins[unit] ? 1 : 0;
    }
    file.provenance.run = std::filesystem::path(m_session.runFolder).filename().string();
    file.provenance.step = m_session.step;
    file.provenance.seed = m_session.config.seed;
    file.provenance.target = m_session.target;
    file.provenance.version = kVersion;
    file.provenance.created = utcTimestamp();
    return file;
}

bool GateGridModel::isSessionHeld() const {
    return m_session.config.mode == LearningMode::Recover && m_session.layout.grid.unitCount() > 0;
}

void GateGridModel::placePins() {
    const UnitGrid& grid = m_session.grid;
    const auto fits = [&grid](const Pin& pin) {
        return pin.layer < grid.layerCount && pin.unit < grid.unitsPerLayer();
    };
    std::vector<Pin> inside;
    std::copy_if(m_pinList.begin(), m_pinList.end(), std::back_inserter(inside), fits);
    m_sessionPins = inside.empty() || isSessionHeld() ? UnitPins{} : unitPins(inside, grid);
}

AttentionLayout GateGridModel::roundedAt(double sparsity) const {
    const int wanted = fullUnitsAtSparsity(m_session.grid.unitCount(), sparsity);
    const int fullCount = m_sessionPins.empty() ? wanted : nearestFullCount(m_sessionPins, wanted);
    return roundGates(m_session.grid, m_session.logAlpha, fullCount, m_session.config.scope, m_sessionPins,
                      m_session.config.seed);
}

void GateGridModel::roundSession() {
    m_sessionFlipped.clear();
    if (isSessionHeld()) {
        m_sessionLayout = m_session.layout;
    } else if (m_session.logAlpha.size() == static_cast<std::size_t>(m_session.grid.unitCount())) {
        roundGatesAtCut();
    } else {
        m_sessionLayout = AttentionLayout(m_session.grid, true);
        for (std::size_t unit = 0; unit < m_sessionPins.size(); ++unit)
            if (m_sessionPins[unit]) m_sessionLayout.full[unit] = *m_sessionPins[unit] ? 1 : 0;
    }
    if (!m_isShowingSession) return;
    m_flipped = m_sessionFlipped;
    m_pins = m_sessionPins;
    show(sessionFile());
}

void GateGridModel::roundGatesAtCut() {
    m_sessionLayout = roundedAt(m_cut.value_or(m_session.target));
    if (!m_cut) return;
    const AttentionLayout atTarget = roundedAt(m_session.target);
    m_sessionFlipped.resize(m_sessionLayout.full.size());
    for (std::size_t unit = 0; unit < m_sessionFlipped.size(); ++unit)
        m_sessionFlipped[unit] = atTarget.full[unit] != m_sessionLayout.full[unit];
}

void GateGridModel::show(LayoutFile file) {
    const bool hasSameShape = file.layout.grid == m_shown.layout.grid;
    if (!hasSameShape) beginResetModel();
    m_shown = std::move(file);
    if (!hasSameShape) {
        endResetModel();
    } else if (rowCount() > 0) {
        emit dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
    }
}

}  // namespace consa
