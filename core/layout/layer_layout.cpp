// Sums heads into layers.
#include "core/layout/layer_layout.h"

#include <cmath>

namespace consa {
namespace {

/// The sum of each layer's cells, [layerCount]. `cells`: row-major, one a unit.
template <typename Value>
std::vector<double> layerSums(const UnitGrid& grid, const std::vector<Value>& cells) {
    const auto perLayer = static_cast<std::size_t>(grid.unitsPerLayer());
    std::vector<double> sums(static_cast<std::size_t>(grid.layerCount), 0);
    for (std::size_t i = 0; i < cells.size(); ++i) sums[i / perLayer] += static_cast<double>(cells[i]);
    return sums;
}

}  // namespace

int firstMixedLayer(const AttentionLayout& layout) {
    for (int layer = 0; layer < layout.grid.layerCount; ++layer) {
        for (int unit = 1; unit < layout.grid.unitsPerLayer(); ++unit) {
            if (layout.isFull(layer, unit) != layout.isFull(layer, 0)) return layer;
        }
    }
    return -1;
}

LayoutFile asLayers(const LayoutFile& file) {
    const UnitGrid& grid = file.layout.grid;
    if (grid.granularity == Granularity::Layer) return file;
    LayoutFile result = file;
    const UnitGrid layers{grid.layerCount, grid.kvHeadCount, Granularity::Layer};
    const std::vector<double> fullHeads = layerSums(grid, file.layout.full);
    if (firstMixedLayer(file.layout) < 0) {
        result.layout = AttentionLayout(layers, false);
        for (int layer = 0; layer < grid.layerCount; ++layer)
            result.layout.setFull(layer, 0, file.layout.isFull(layer, 0));
    } else {
        const int fullLayers = static_cast<int>(std::lround(file.layout.fullCount() / double(grid.kvHeadCount)));
        result.layout = layoutFromScores(
            layers, file.probabilities.empty() ? fullHeads : layerSums(grid, file.probabilities), fullLayers);
    }
    if (file.probabilities.empty()) return result;
    result.probabilities = layerSums(grid, file.probabilities);
    for (double& probability : result.probabilities) probability /= grid.kvHeadCount;
    return result;
}

}  // namespace consa
