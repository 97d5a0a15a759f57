// Gates, their rounding at the cut, and what the cut flips.
#include "ui/models/gate_grid_model.h"

#include "ui/session/session_layout.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

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
        case ChangeRole:
            return hasReference() ? QVariant(valueOf(unit) - m_reference.probability[unit]) : QVariant();
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

void GateGridModel::setReference(GateReference reference) {
    if (m_reference == reference) return;
    m_reference = std::move(reference);
    if (rowCount() > 0) emit dataChanged(index(0, 0), index(rowCount() - 1, columnCount() - 1));
}

bool GateGridModel::hasReference() const {
    return m_reference.grid == grid() && m_reference.probability.size() == static_cast<std::size_t>(grid().unitCount());
}

std::vector<double> GateGridModel::startingProbability() const {
    return startingProbabilities(m_session, m_sessionPins);
}

double GateGridModel::valueOf(std::size_t unit) const {
    return unit < probability().size() ? probability()[unit] : layout().full[unit];
}

std::optional<double> GateGridModel::threshold() const {
    if (probability().size() != layout().full.size() || probability().empty()) return std::nullopt;
    double lowestFull = std::numeric_limits<double>::infinity();
    double highestSliding = -lowestFull;
    for (std::size_t unit = 0; unit < layout().full.size(); ++unit) {
        if (unit < m_pins.size() && m_pins[unit]) continue;
        if (layout().full[unit] != 0) {
            lowestFull = std::min(lowestFull, probability()[unit]);
        } else {
            highestSliding = std::max(highestSliding, probability()[unit]);
        }
    }
    const bool isCut = std::isfinite(lowestFull) && std::isfinite(highestSliding) && highestSliding <= lowestFull;
    return isCut ? std::optional((lowestFull + highestSliding) / 2) : std::nullopt;
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
    return layoutFileOf(m_session, m_sessionPins, m_sessionLayout);
}

bool GateGridModel::isSessionHeld() const {
    return holdsLayout(m_session);
}

void GateGridModel::placePins() {
    m_sessionPins = isSessionHeld() ? UnitPins{} : pinsInside(m_pinList, m_session.grid);
}

AttentionLayout GateGridModel::roundedAt(double sparsity) const {
    return roundedGates(m_session, m_sessionPins, sparsity);
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
