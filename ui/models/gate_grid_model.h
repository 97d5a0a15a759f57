// The gates as a table, layers down and units across: one model for the heatmap, the readout and the exports.
#pragma once

#include "core/layout/layout_file.h"
#include "core/session/session_snapshot.h"

#include <QAbstractTableModel>
#include <QString>
#include <optional>
#include <vector>

namespace consa {

/// What the Change view compares with: P(full) of each unit, row-major; 0 and 1 for a layout that was not learned.
struct GateReference {
    QString name;
    UnitGrid grid;
    std::vector<double> probability;

    bool operator==(const GateReference&) const = default;
};

/// Shows the running session's gates, or for a while a layout of elsewhere (a preset, a row of the comparison, a file).
/// The mask is rounded here from the latest logAlpha, so that a moved cut shows at once.
class GateGridModel final : public QAbstractTableModel {
    Q_OBJECT

public:
    /// ChangeRole is P(full) minus the reference's; PinRole holds what the unit is pinned to (full: true); invalid
    /// where it is free.
    enum Role { ProbabilityRole = Qt::UserRole, LogAlphaRole, FullRole, FlippedRole, ChangeRole, PinRole };

    explicit GateGridModel(QObject* parent = nullptr);

    [[nodiscard]] int rowCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] int columnCount(const QModelIndex& parent = {}) const override;
    [[nodiscard]] QVariant data(const QModelIndex& index, int role) const override;
    [[nodiscard]] QVariant headerData(int section, Qt::Orientation orientation, int role) const override;

    void setSnapshot(const SessionSnapshot& snapshot);

    /// The session's pins as the user wants them; those outside its grid are left out.
    void setPins(const std::vector<Pin>& pins);

    /// Rounds the session's gates at this sparsity; empty follows the target again.
    void setCut(std::optional<double> sparsity);
    [[nodiscard]] std::optional<double> cut() const { return m_cut; }

    /// What ChangeRole compares with; one of another grid stays unused.
    void setReference(GateReference reference);
    [[nodiscard]] const GateReference& reference() const { return m_reference; }
    [[nodiscard]] bool hasReference() const;
    /// P(full) of each unit where a run of the session begins.
    [[nodiscard]] std::vector<double> startingProbability() const;
    /// P(full) halfway between the last unit that is full and the first that slides; empty where no single value parts
    /// them (a budget for every layer) and for layouts that were not learned.
    [[nodiscard]] std::optional<double> threshold() const;

    /// Shows `file` instead of the session until showSession().
    void showLayout(const LayoutFile& file);
    void showSession();
    [[nodiscard]] bool isShowingSession() const { return m_isShowingSession; }

    [[nodiscard]] const UnitGrid& grid() const { return m_shown.layout.grid; }
    /// The mask on show.
    [[nodiscard]] const AttentionLayout& layout() const { return m_shown.layout; }
    /// P(full) on show, row-major; empty for a layout that was not learned.
    [[nodiscard]] const std::vector<double>& probability() const { return m_shown.probabilities; }
    /// Cells whose decision the cut changes against the target, row-major; empty when none.
    [[nodiscard]] const std::vector<std::uint8_t>& flipped() const { return m_flipped; }
    /// What each unit on show is pinned to, row-major; empty without pins and for layouts of elsewhere.
    [[nodiscard]] const UnitPins& pins() const { return m_pins; }
    /// True while the session's layout is on show and fixed: its run trains the weights around it.
    [[nodiscard]] bool isHeld() const { return m_isShowingSession && isSessionHeld(); }
    /// The session's gates rounded at the cut; empty grid before there are gates.
    [[nodiscard]] const AttentionLayout& sessionLayout() const { return m_sessionLayout; }
    /// Everything on show with its provenance, ready to be saved.
    [[nodiscard]] const LayoutFile& shown() const { return m_shown; }
    /// The session's own mask and provenance, whatever is on show.
    [[nodiscard]] LayoutFile sessionFile() const;

private:
    /// P(full), or the decision where nothing was learned.
    [[nodiscard]] double valueOf(std::size_t unit) const;
    [[nodiscard]] AttentionLayout roundedAt(double sparsity) const;
    [[nodiscard]] bool isSessionHeld() const;
    void placePins();
    void roundSession();
    void roundGatesAtCut();
    void show(LayoutFile file);

    SessionSnapshot m_session;
    AttentionLayout m_sessionLayout;
    std::vector<std::uint8_t> m_sessionFlipped;
    std::vector<Pin> m_pinList;
    UnitPins m_sessionPins;
    std::optional<double> m_cut;
    LayoutFile m_shown;
    std::vector<std::uint8_t> m_flipped;
    UnitPins m_pins;
    bool m_isShowingSession = true;
    GateReference m_reference;
};

}  // namespace consa
