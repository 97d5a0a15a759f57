// A layout as a small picture, for lists.
#pragma once

#include "core/layout/attention_layout.h"

#include <QPixmap>

namespace consa {

/// Layers across, units down; full bright, sliding dark. At most `largest` in logical pixels, sharp at `scale`.
[[nodiscard]] QPixmap layoutThumbnail(const AttentionLayout& layout, QSize largest, qreal scale = 1);

}  // namespace consa
