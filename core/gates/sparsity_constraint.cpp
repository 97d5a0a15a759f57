// The augmented Lagrangian over groups of units.
#include "core/gates/sparsity_constraint.h"

#include "core/base/error.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace consa {

SparsityConstraint::SparsityConstraint(const UnitGrid& grid, Scope scope, double multiplierRate, double quadraticWeight)
    : m_unitsPerGroup(static_cast<std::size_t>(scope == Scope::Global ? grid.unitCount() : grid.unitsPerLayer())),
      m_rate(multiplierRate),
      m_weight(quadraticWeight),
      m_multipliers(scope == Scope::Global ? 1 : static_cast<std::size_t>(grid.layerCount)) {}

std::vector<double> SparsityConstraint::errors(std::span<const double> sliding, std::span<const double> targets) const {
    std::vector<double> result(m_multipliers.size());
    for (std::size_t group = 0; group < result.size(); ++group) {
        const auto own = sliding.subspan(group * m_unitsPerGroup, m_unitsPerGroup);
        result[group] =
            std::accumulate(own.begin(), own.end(), 0.0) / static_cast<double>(m_unitsPerGroup) - targets[group];
    }
    return result;
}

double SparsityConstraint::penalty(std::span<const double> errors) const {
    double sum = 0;
    for (std::size_t group = 0; group < errors.size(); ++group)
        sum += m_multipliers[group] * errors[group] + m_weight * errors[group] * errors[group];
    return sum / static_cast<double>(errors.size());
}

void SparsityConstraint::addGradient(std::span<const double> errors, std::span<const double> slopes,
                                     std::vector<double>& gradient) const {
    const auto unitCount = static_cast<double>(slopes.size());
    for (std::size_t i = 0; i < slopes.size(); ++i) {
        const std::size_t group = i / m_unitsPerGroup;
        gradient[i] += (m_multipliers[group] + 2 * m_weight * errors[group]) * slopes[i] / unitCount;
    }
}

void SparsityConstraint::ascend(std::span<const double> errors) {
    for (std::size_t group = 0; group < errors.size(); ++group) m_multipliers[group] += m_rate * errors[group];
}

double SparsityConstraint::meanMultiplier() const {
    return std::accumulate(m_multipliers.begin(), m_multipliers.end(), 0.0) / static_cast<double>(m_multipliers.size());
}

double SparsityConstraint::largestMultiplier() const {
    double largest = 0;
    for (const double multiplier : m_multipliers)
        largest = std::isfinite(multiplier) ? std::max(largest, std::abs(multiplier)) : HUGE_VAL;
    return largest;
}

void SparsityConstraint::restore(std::vector<double> multipliers) {
    if (multipliers.size() != m_multipliers.size())
        throw Error("The saved run has " + std::to_string(multipliers.size()) +
                    " multipliers, this model and scope have " + std::to_string(m_multipliers.size()) +
                    "; open the model that the run was made with.");
    m_multipliers = std::move(multipliers);
}

}  // namespace consa
