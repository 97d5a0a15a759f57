// One gate for every unit of a model, with the optimiser that moves them.
#pragma once

#include "core/gates/hard_concrete.h"
#include "core/layout/attention_layout.h"
#include "core/layout/pins.h"

#include <cstdint>
#include <span>
#include <vector>

namespace consa {

/// HardConcrete: L0 gates, sampled. Plain: z is the parameter itself, 0..1 (what L0 gates are compared with); it stays
/// a little inside, where both kinds of attention are computed and pull at it.
enum class GateKind { HardConcrete, Plain };

/// How the gates start and move (see TrainingConfig for units and sources).
struct GateSettings {
    double initialLogAlpha = 1.0;
    double logAlphaLimit = 6.0;
    double beta1 = 0.9;
    double beta2 = 0.99;
    std::uint64_t seed = 0;
    double scaleSharing = 0;  // s in v^(1-s) mean(v)^s, what Adam's second moment v is replaced by: none outruns its
                              // gradient as s nears 1
    GateKind kind = GateKind::HardConcrete;
};

/// All that a resumed run needs to go on exactly; values are float32 numbers.
struct GateState {
    std::vector<double> logAlpha;      // [units]; of plain gates: z
    std::vector<double> firstMoment;   // Adam, [units]
    std::vector<double> secondMoment;  // Adam, [units]
    std::int64_t updateCount = 0;      // Adam's bias correction

    bool operator==(const GateState&) const = default;
};

/// Gates live on the host in double precision: they are few, and knowing their values before a step decides which
/// attention has to be computed at all. A pinned unit's z is exactly 0 or 1; its logAlpha stands still meanwhile.
class GateBank {
public:
    /// One sample of every gate, row-major [units].
    struct Sample {
        std::vector<double> z;
        std::vector<double> slope;  // dz / dlogAlpha, 0 where clamped or pinned
    };

    GateBank(const UnitGrid& grid, const GateSettings& settings);

    [[nodiscard]] const UnitGrid& grid() const { return m_grid; }
    [[nodiscard]] const std::vector<double>& logAlpha() const { return m_state.logAlpha; }
    [[nodiscard]] const UnitPins& pins() const { return m_pins; }
    /// `pins`: one a unit.
    void setPins(UnitPins pins) { m_pins = std::move(pins); }

    /// P(full) of every unit; 0 or 1 where pinned.
    [[nodiscard]] std::vector<double> probabilities() const;
    /// P(z = 0) of every unit; 0 or 1 where pinned.
    [[nodiscard]] std::vector<double> slidingProbabilities() const;
    /// dP(z = 0) / dlogAlpha of every unit; 0 where pinned.
    [[nodiscard]] std::vector<double> slidingProbabilitySlopes() const;
    /// Mean P(z = 0) over all units.
    [[nodiscard]] double expectedSparsity() const;
    [[nodiscard]] int undecidedCount() const;

    /// Draw `index` of step `step`: depends on the seed, both numbers, logAlpha and pins alone. An odd draw mirrors the
    /// one before it (antithetic: u and 1 - u), so that the two together vary less than two of their own.
    [[nodiscard]] Sample sample(std::int64_t step, int index = 0) const;

    /// Sets every parameter (clamped); the optimiser's moments stand still. `values`: [units].
    void set(std::span<const double> values);
    /// The optimiser begins anew: its moments are those of no update.
    void forgetMoments();
    /// Brings the free units' parameters back to within `limit` of 0.
    void loosen(double limit);
    /// Adds one number to the parameters of the units [begin, begin + count), pinned ones left out, so that their mean
    /// P(z = 0) becomes `sparsity`, or as near to it as the clamp lets it.
    void moveSparsity(std::size_t begin, std::size_t count, double sparsity);
    /// One Adam update with the gradient of the objective by logAlpha, [units]; then the clamp. The root mean square of
    /// the moves that the gates would have made without it.
    double update(std::span<const double> gradient, double learningRate);

    [[nodiscard]] const GateState& state() const { return m_state; }
    /// Throws Error (BadInput) when the state is of another grid.
    void restore(GateState state);

private:
    [[nodiscard]] double clamped(double value) const;
    [[nodiscard]] double slidingProbability(std::size_t unit, double shift = 0) const;
    [[nodiscard]] GateDraw draw(std::size_t unit, std::int64_t step, int index) const;
    void updateMoments(std::span<const double> gradient);
    /// What divides every gate's first moment, squared: its own second moment and the free gates' mean, as shared.
    [[nodiscard]] std::vector<double> scales() const;

    UnitGrid m_grid;
    GateSettings m_settings;
    GateState m_state;
    UnitPins m_pins;
};

}  // namespace consa
