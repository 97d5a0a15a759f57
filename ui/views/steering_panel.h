// The panel under the heatmap: the slider with its figures, and what the layout costs.
#pragma once

#include "core/session/session_snapshot.h"

#include <QWidget>
#include <optional>

class QComboBox;
class QDoubleSpinBox;
class QHBoxLayout;
class QLabel;
class QSpinBox;
class QToolButton;

namespace consa {

class CutCurveView;
class FactLabel;
class GateGridModel;
class SparsitySlider;

/// Says what the user wants; posts nothing itself. While no run goes on, the target is the next run's.
class SteeringPanel final : public QWidget {
    Q_OBJECT

public:
    explicit SteeringPanel(GateGridModel& gates, QWidget* parent = nullptr);

    [[nodiscard]] SparsitySlider& slider() { return *m_slider; }
    [[nodiscard]] CutCurveView& cutCurve() { return *m_cutCurve; }
    [[nodiscard]] QDoubleSpinBox& targetBox() { return *m_targetBox; }
    /// Steps over which a moved target is reached.
    [[nodiscard]] int rampSteps() const;
    void setRampSteps(int steps);
    /// The next run's target, shown while no run goes on.
    void setNextTarget(double target);
    /// The target is this now, sent to a run that goes on, else the next run's.
    void setCommittedTarget(double target);
    /// What the target was committed to last, by whom ever.
    [[nodiscard]] double committedTarget() const { return m_pendingTarget.value_or(m_nextTarget); }
    /// The engine refused: shows the run's own target again. True when one was on its way.
    bool dropPendingTarget();

public slots:
    void setSnapshot(const consa::SessionSnapshot& snapshot);
    /// After the gates' rounding changed by itself.
    void updateFacts();

signals:
    /// Committed: by releasing the handle, in the spin box or by keys.
    void targetCommitted(double target);
    void cutMoved(std::optional<double> cut);
    /// The finished run shall train on to the target shown.
    void continueRequested(double target);

private:
    void createControls();
    [[nodiscard]] QHBoxLayout* createBoxes();
    void createFacts();
    void connectControls();
    [[nodiscard]] QWidget* createContextBox();
    void updateCurve();
    /// Only a run that learns gates follows a target.
    void updateEnabled();
    [[nodiscard]] bool isRunning() const;
    [[nodiscard]] bool isHeld() const;
    [[nodiscard]] QString targetText() const;
    [[nodiscard]] QString fullText() const;
    /// Steps until the target is reached, as planned; 0 when it is.
    [[nodiscard]] int rampStepsLeft() const;
    [[nodiscard]] QString cacheText() const;

    GateGridModel& m_gates;
    SessionSnapshot m_snapshot;
    double m_nextTarget = 0.5;
    int m_committedRamp = 0;                // of the target applied last
    std::uint64_t m_curveRun = 0;           // whose cut curve was shown
    std::optional<double> m_pendingTarget;  // committed, not yet seen in a snapshot
    QLabel* m_title = nullptr;
    SparsitySlider* m_slider = nullptr;
    CutCurveView* m_cutCurve = nullptr;
    QDoubleSpinBox* m_targetBox = nullptr;
    QSpinBox* m_rampBox = nullptr;
    FactLabel* m_cutFact = nullptr;
    FactLabel* m_targetFact = nullptr;
    FactLabel* m_expectedFact = nullptr;
    FactLabel* m_fullFact = nullptr;
    FactLabel* m_undecidedFact = nullptr;
    FactLabel* m_cacheFact = nullptr;
    QComboBox* m_cacheContext = nullptr;
    QToolButton* m_continue = nullptr;
};

}  // namespace consa
