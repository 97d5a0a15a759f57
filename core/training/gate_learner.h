// How gates are learned from the loss's gradient: sampling, constraint, optimiser, target and pins.
#pragma once

#include "core/gates/gate_bank.h"
#include "core/gates/sparsity_constraint.h"
#include "core/gates/target_ramp.h"
#include "core/training/training_config.h"

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace consa {

/// All that a resumed run needs to go on exactly, beside its config and its weights where they move.
struct TrainerState {
    std::int64_t step = 0;  // steps done
    GateState gates;
    std::vector<double> multipliers{0.0};  // one, or one a layer
    TargetRamp ramp;
    bool isFrozen = false;
    std::vector<Pin> pins;
    std::optional<double> bestLoss;  // of the layouts tried so far (GateMethod::Random)
    int stepCount = 0;               // steps planned by now, where moved targets made them more; 0: the config's
    bool areMultipliersHeld = false;

    bool operator==(const TrainerState&) const = default;
};

/// Learns one gate a unit by config.method, whatever gives the loss: no tensor, no model.
class GateLearner {
public:
    /// Throws Error (BadInput) when the pins lie outside the grid or leave no room for the target.
    GateLearner(const UnitGrid& grid, const TrainingConfig& config);

    /// What the constraint says of one sample.
    struct Reading {
        std::vector<double> errors;  // sparsity - scheduled target, one a group
        double penalty = 0;          // added to the loss
    };

    [[nodiscard]] const GateBank& bank() const { return m_bank; }
    [[nodiscard]] std::int64_t stepsDone() const { return m_step; }
    [[nodiscard]] double target() const { return m_ramp.target; }
    [[nodiscard]] double scheduledTarget() const { return m_ramp.at(m_step); }
    [[nodiscard]] bool hasRampEnded() const { return m_ramp.hasEnded(m_step); }
    [[nodiscard]] double multiplier() const { return m_constraint.meanMultiplier(); }
    [[nodiscard]] bool isFrozen() const { return m_isFrozen; }
    [[nodiscard]] bool areMultipliersHeld() const { return m_areMultipliersHeld; }
    [[nodiscard]] const std::vector<Pin>& pins() const { return m_pinList; }

    /// What a part of the batch saw.
    struct Pull {
        GateBank::Sample sample;
        std::vector<double> gradientByZ;  // of the whole batch's loss, by this part's z, [units]
    };

    /// The gates of the step to come, one draw for each of `count` parts of the batch (fewer where nothing is drawn).
    [[nodiscard]] std::vector<GateBank::Sample> samples(int count) const;
    [[nodiscard]] Reading read(std::span<const GateBank::Sample> samples) const;
    /// Ends the step; frozen gates stand still.
    /// Throws Error (RunFailed) when learning diverges; the gates of the step before are kept.
    void learn(std::span<const Pull> pulls, double learningRate);
    /// Ends a step that left the gates alone.
    void skip() { ++m_step; }
    /// Ends a step of GateMethod::Random, where `loss` is that of the sample: the best sample so far is kept.
    void remember(const GateBank::Sample& sample, double loss);

    /// Moves the target from where its ramp stands, reached after rampSteps further steps; the optimiser begins anew
    /// here and where the target is reached. Throws Error (BadInput) when
    /// the pins leave no room for it.
    void retarget(double target, int rampSteps);
    /// Throws Error (BadInput) for a pin outside the grid, a unit pinned twice, and pins without room for the target.
    void setPins(const std::vector<Pin>& pins);
    /// Gates stand still, or move again from where they are towards the target.
    void setFrozen(bool isFrozen);
    /// Multipliers stay what they are while gates go on learning under them, or move again.
    void setMultipliersHeld(bool areHeld) { m_areMultipliersHeld = areHeld; }

    /// Makes the gates round to `layout` at its budget, by exchanging parameters between units; pins stay.
    void adopt(const AttentionLayout& layout);

    /// The gates rounded to the budget of `sparsity`, or the nearest that the pins allow.
    [[nodiscard]] AttentionLayout layoutAt(double sparsity) const;
    /// The same at a count of full units.
    [[nodiscard]] AttentionLayout layoutOf(int fullUnits) const;

    [[nodiscard]] TrainerState state() const;
    /// Throws Error (BadInput) when the state is of another grid or scope.
    void restore(const TrainerState& state);

private:
    /// Multipliers, unless they are held, ascend on the error that the update left; then all gates of a group move
    /// alike, so that the expected sparsity is (nearer to) the next step's target. So the multiplier becomes the price
    /// and the common move fades.
    void hold(const Reading& reading);
    /// The derivative of loss and constraint by every gate's parameter, [units].
    [[nodiscard]] std::vector<double> objectiveGradient(std::span<const Pull> pulls, const Reading& reading) const;
    /// Ends a step of GateMethod::Gradient: the score falls by the derivative by z.
    void score(std::span<const Pull> pulls);
    /// What each group's sparsity can and should be when the schedule stands at `target`: pinned units as they are, the
    /// free ones never all open or all closed, where gates would lose their order.
    [[nodiscard]] std::vector<double> groupTargets(double target) const;
    /// Throws Error (RunFailed) when the multipliers have exploded, or the update's mean move is a leap; what was
    /// before is restored.
    void requireCalm(double meanMove, const GateState& before, const std::vector<double>& multipliersBefore);
    void requireRoomFor(const UnitPins& pins, double target) const;

    GateMethod m_method;
    Scope m_scope;
    SparsityEstimate m_estimate;
    double m_holdShare;
    std::uint64_t m_seed;
    GateBank m_bank;
    SparsityConstraint m_constraint;
    TargetRamp m_ramp;
    std::vector<Pin> m_pinList;
    std::int64_t m_step = 0;
    bool m_isFrozen = false;
    bool m_areMultipliersHeld = false;
    std::optional<double> m_bestLoss;
};

}  // namespace consa
