// Layouts that decide a layer at a time, made from those that decide a KV head at a time.
#pragma once

#include "core/layout/layout_file.h"

namespace consa {

/// The first layer with full and sliding KV heads, or -1 when every layer is of one kind.
[[nodiscard]] int firstMixedLayer(const AttentionLayout& layout);

/// The same file with granularity layer. Layers of one kind stay as they are; else the F = round(full heads / KV heads)
/// layers with the highest sum of their heads' probabilities (of their full heads when nothing was learned) become
/// full. A layer's probability is its heads' mean.
[[nodiscard]] LayoutFile asLayers(const LayoutFile& file);

}  // namespace consa
