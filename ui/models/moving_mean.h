// Smoothing of a noisy curve.
#pragma once

#include <cstddef>
#include <vector>

namespace consa {

/// Mean of the last `count` values, of as many as there are at the start. Values that are no numbers are left out; a
/// mean of none is NaN.
class MovingMean {
public:
    explicit MovingMean(int count = 1) : m_values(static_cast<std::size_t>(count > 1 ? count : 1)) {}

    /// Takes the next value and gives the mean up to it.
    double add(double value);

private:
    std::vector<double> m_values;  // a ring
    std::size_t m_taken = 0;
};

}  // namespace consa
