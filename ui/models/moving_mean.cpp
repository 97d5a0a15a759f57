// The ring of values behind a moving mean.
#include "ui/models/moving_mean.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace consa {

double MovingMean::add(double value) {
    m_values[m_taken % m_values.size()] = value;
    ++m_taken;
    const std::size_t known = std::min(m_taken, m_values.size());
    double sum = 0;
    std::size_t count = 0;
    for (std::size_t index = 0; index < known; ++index) {
        if (!std::isfinite(m_values[index])) continue;
        sum += m_values[index];
        ++count;
    }
    return count > 0 ? sum / static_cast<double>(count) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace consa
