// Holds the sparsity of all units, or of every layer, to the target by an augmented Lagrangian.
#pragma once

#include "core/layout/rounding.h"

#include <span>
#include <vector>

namespace consa {

/// lambda e + weight e^2 with e = sparsity - target, of the whole model or averaged over the layers, each with a
/// multiplier of its own; the multipliers ascend on e.
class SparsityConstraint {
public:
    SparsityConstraint(const UnitGrid& grid, Scope scope, double multiplierRate, double quadraticWeight);

    [[nodiscard]] std::size_t groupCount() const { return m_multipliers.size(); }
    /// e of every group. `sliding`: the share in which each unit slides, [units]; `targets`: one a group.
    [[nodiscard]] std::vector<double> errors(std::span<const double> sliding, std::span<const double> targets) const;
    [[nodiscard]] std::size_t unitsPerGroup() const { return m_unitsPerGroup; }
    /// What the constraint adds to the loss.
    [[nodiscard]] double penalty(std::span<const double> errors) const;
    /// Adds the derivative of penalty() by a parameter of every unit to `gradient`, [units]. `slopes`: d sliding / d
    /// parameter, [units].
    void addGradient(std::span<const double> errors, std::span<const double> slopes,
                     std::vector<double>& gradient) const;
    void ascend(std::span<const double> errors);

    /// One a group: 1 (global) or as many as layers.
    [[nodiscard]] const std::vector<double>& multipliers() const { return m_multipliers; }
    [[nodiscard]] double meanMultiplier() const;
    /// The largest size of any; infinite for one that is not a number.
    [[nodiscard]] double largestMultiplier() const;
    /// Throws Error (BadInput) when `multipliers` are those of another scope or model.
    void restore(std::vector<double> multipliers);

private:
    std::size_t m_unitsPerGroup;
    double m_rate;
    double m_weight;
    std::vector<double> m_multipliers;
};

}  // namespace consa
