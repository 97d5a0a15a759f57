// The project's common word: which unit of a model attends fully and which slides.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace consa {

/// What one gate decides: a whole layer or one KV head (with its query group) of a layer.
enum class Granularity { Layer, KvHead };

/// "layer" or "kv-head", as files and options spell it.
[[nodiscard]] std::string toString(Granularity granularity);
/// Throws Error (BadInput) for any other word.
[[nodiscard]] Granularity granularityFromString(const std::string& word);

/// The grid of gates of a model: `layerCount` rows of `unitsPerLayer()` units.
struct UnitGrid {
    int layerCount = 0;
    int kvHeadCount = 0;
    Granularity granularity = Granularity::KvHead;

    [[nodiscard]] int unitsPerLayer() const { return granularity == Granularity::Layer ? 1 : kvHeadCount; }
    [[nodiscard]] int unitCount() const { return layerCount * unitsPerLayer(); }
    bool operator==(const UnitGrid&) const = default;
};

/// Full or sliding for every unit of a grid. Value type; `full` is row-major, [layerCount x unitsPerLayer].
struct AttentionLayout {
    UnitGrid grid;
    std::vector<std::uint8_t> full;  // 1 = full attention, 0 = sliding window

    AttentionLayout() = default;
    /// Every unit set to `isFull`.
    AttentionLayout(UnitGrid unitGrid, bool isFull);

    [[nodiscard]] bool isFull(int layer, int unit) const;
    void setFull(int layer, int unit, bool isFull);
    /// Full or sliding of one KV head, whatever the granularity.
    [[nodiscard]] bool isHeadFull(int layer, int kvHead) const;
    [[nodiscard]] int fullCount() const;
    /// Share of units on sliding attention, 0..1; 0 for an empty grid.
    [[nodiscard]] double sparsity() const;
    /// The same layout drawn per KV head.
    [[nodiscard]] AttentionLayout perKvHead() const;

    bool operator==(const AttentionLayout&) const = default;
};

/// Full units of `unitCount` at `sparsity` (0..1): floor(N (1 - sparsity) + 0.5).
[[nodiscard]] int fullUnitsAtSparsity(int unitCount, double sparsity);

/// The `fullCount` units with the highest scores become full; equal scores are ordered by a permutation drawn from
/// `tieSeed`. `scores`: row-major, one a unit. Throws Error when sizes disagree or `fullCount` is out of range.
[[nodiscard]] AttentionLayout layoutFromScores(const UnitGrid& grid, std::span<const double> scores, int fullCount,
                                               std::uint64_t tieSeed = 0);

}  // namespace consa
