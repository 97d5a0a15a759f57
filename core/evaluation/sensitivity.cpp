// One unit after the other made sliding.
#include "core/evaluation/sensitivity.h"

#include <numeric>

namespace consa {

std::vector<double> unitSensitivities(const Transformer& model, const EvaluationText& text, const UnitGrid& grid,
                                      int windowTokens, int sinkTokens, const std::function<void(double)>& progress) {
    const int batchSize = evaluationBatchSize(model.device(), text.contextTokens);
    const auto passes = static_cast<double>(grid.unitCount() + 1);
    double pass = 0;
    const auto meanLoss = [&](const AttentionLayout& layout) {
        const WindowLosses losses = evaluateLayout(model, text, layout, windowTokens, sinkTokens, batchSize,
                                                   [&](std::size_t) { progress(pass / passes); });
        ++pass;
        const std::vector<double> means = windowMeans(losses, text.contextTokens);
        return std::accumulate(means.begin(), means.end(), 0.0) / static_cast<double>(means.size());
    };
    AttentionLayout layout(grid, true);
    const double full = meanLoss(layout);
    std::vector<double> result;
    for (int layer = 0; layer < grid.layerCount; ++layer) {
        for (int unit = 0; unit < grid.unitsPerLayer(); ++unit) {
            layout.setFull(layer, unit, false);
            result.push_back(meanLoss(layout) - full);
            layout.setFull(layer, unit, true);
        }
    }
    return result;
}

}  // namespace consa
