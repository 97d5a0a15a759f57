// Places for names beside curves, so that none covers another.
#pragma once

#include <vector>

namespace consa {

/// Centres for labels of `height` near the `wanted` ones, in the same order: at least `height` apart and inside `top`
/// to `bottom`, which must hold them all. Labels keep the order of their wanted places.
[[nodiscard]] std::vector<double> spreadLabels(const std::vector<double>& wanted, double height, double top,
                                               double bottom);

}  // namespace consa
