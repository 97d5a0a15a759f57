// One rectangle a unit.
#include "ui/style/layout_thumbnail.h"

#include "ui/style/color_scale.h"

#include <QPainter>
#include <algorithm>

namespace consa {

QPixmap layoutThumbnail(const AttentionLayout& layout, QSize largest, qreal scale) {
    const UnitGrid& grid = layout.grid;
    QPixmap picture(largest * scale);
    picture.setDevicePixelRatio(scale);
    picture.fill(Qt::transparent);
    if (grid.unitCount() == 0) return picture;
    QPainter painter(&picture);
    const double width = std::min(double(largest.width()) / grid.layerCount, 4.0);
    const double height = std::min(double(largest.height()) / grid.unitsPerLayer(), 6.0);
    const double top = (largest.height() - height * grid.unitsPerLayer()) / 2;
    for (int layer = 0; layer < grid.layerCount; ++layer)
        for (int unit = 0; unit < grid.unitsPerLayer(); ++unit)
            painter.fillRect(QRectF(layer * width, top + unit * height, width, height),
                             cividis(layout.isFull(layer, unit) ? 1.0 : 0.0));
    return picture;
}

}  // namespace consa
