// Fusion with check boxes that can be seen on dark ground as well, and with room between the columns of a table.
#pragma once

#include <QProxyStyle>

namespace consa {

/// Fusion outlines an empty box by a darker window colour, which a dark theme swallows: here the outline is the text's
/// muted colour, the same in forms and in tables. Cells keep kCellMargin from each other's text, as their headers do.
class FusionStyle final : public QProxyStyle {
public:
    static constexpr int kCellMargin = 6;  // pixels on either side of a cell's text

    FusionStyle();

    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                       const QWidget* widget) const override;
    [[nodiscard]] int pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const override;
};

}  // namespace consa
