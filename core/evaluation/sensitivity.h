// How much the loss rises when one unit alone slides: the greedy baseline's measure.
#pragma once

#include "core/evaluation/perplexity.h"

#include <vector>

namespace consa {

/// Mean loss of all full on `text` with unit i alone sliding minus that of all full, nats a token, row-major
/// [grid.unitCount()]. One evaluation a unit. `progress` gets the share done, 0..1; what it throws ends the work.
[[nodiscard]] std::vector<double> unitSensitivities(const Transformer& model, const EvaluationText& text,
                                                    const UnitGrid& grid, int windowTokens, int sinkTokens,
                                                    const std::function<void(double)>& progress);

}  // namespace consa
