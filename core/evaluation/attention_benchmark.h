// How long one layer's attention takes, full and sliding, forwards and backwards.
#pragma once

#include "core/evaluation/step_benchmark.h"

#include <string>
#include <vector>

namespace consa {

/// One kind of attention over all heads of a layer.
struct AttentionTime {
    std::string
        kind;  // full, sliding, or sinks: what adding them to the sliding one takes, where it is a pass of its own
    double forwardSeconds = 0;
    double backwardSeconds = 0;
    double forwardFlop = 0;  // two products over the pairs that the mask lets through; backwards 2.5 times that
};

/// On a GPU that takes the fused layers: the parts of a step in which every gate is between 0 and 1, a layer's share,
/// by the device's clock. Elsewhere gatedAttention() of one layer, timed from the host. Of `benchmark` the shape,
/// sizes, device, number format, repeats and seed count. Throws as measureSteps() does.
[[nodiscard]] std::vector<AttentionTime> measureAttention(const StepBenchmark& benchmark);

}  // namespace consa
