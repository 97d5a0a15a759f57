// Gates that drift towards a fixed mask under a rising target, for tests of the window.
#pragma once

#include "core/layout/attention_layout.h"
#include "core/training/training_config.h"

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace consa {

/// Which units matter is drawn once a run, from its seed.
class FakeGates {
public:
    /// Draws the units' importance; returns log alpha at the start, one a unit.
    std::vector<double> begin(const UnitGrid& grid, const TrainingConfig& config) {
        m_random.seed(config.seed + 7);
        std::normal_distribution<double> importance(0, 1.6);
        const auto unitCount = static_cast<std::size_t>(grid.unitCount());
        m_importance.resize(unitCount);
        for (std::size_t unit = 0; unit < unitCount; ++unit) {
            const double depth = static_cast<double>(unit) / static_cast<double>(unitCount);
            m_importance[unit] = importance(m_random) + 2.0 * std::sin(depth * 9.0);
        }
        return std::vector<double>(unitCount, config.initialLogAlpha);
    }

    void move(std::vector<double>& logAlpha, double target) {
        std::vector<double> sorted = m_importance;
        std::sort(sorted.begin(), sorted.end());
        const double place = target * static_cast<double>(sorted.size());
        const double threshold = sorted[std::min(static_cast<std::size_t>(place), sorted.size() - 1)];
        for (std::size_t unit = 0; unit < m_importance.size(); ++unit) {
            const double goal = 5.5 * std::tanh(0.9 * (m_importance[unit] - threshold)) - 1.6;
            logAlpha[unit] += 0.06 * (goal - logAlpha[unit]) + 0.03 * noise();
        }
    }

    [[nodiscard]] double noise() { return m_noise(m_random); }

private:
    std::vector<double> m_importance;
    std::mt19937_64 m_random{7};
    std::normal_distribution<double> m_noise{0, 1};
};

}  // namespace consa
