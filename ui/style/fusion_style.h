// Fusion made calm: lines and tabs without bevels, room between the columns of a table, boxes seen on dark ground.
#pragma once

#include <QPalette>
#include <QProxyStyle>

class QStyleOptionHeader;
class QToolButton;

namespace consa {

/// Fusion outlines an empty box by a darker window colour, which a dark theme swallows: here the outline is the text's
/// muted colour, the same in forms and in tables. Cells keep kCellMargin from each other's text, as their headers do.
/// Bars, headers, tabs and bars of progress are flat, with lines of one pixel.
///
/// It takes every colour from the palette when it paints, and there is no style sheet, so a change of theme is one new
/// palette: a sheet would be matched with every widget anew, and lay each out again.
class FusionStyle final : public QProxyStyle {
public:
    static constexpr int kCellMargin = 6;  // pixels on either side of a cell's text

    FusionStyle();

    using QProxyStyle::polish;
    void polish(QWidget* widget) override;
    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                       const QWidget* widget) const override;
    void drawControl(ControlElement element, const QStyleOption* option, QPainter* painter,
                     const QWidget* widget) const override;
    void drawComplexControl(ComplexControl control, const QStyleOptionComplex* option, QPainter* painter,
                            const QWidget* widget) const override;
    [[nodiscard]] int pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const override;
    [[nodiscard]] QSize sizeFromContents(ContentsType type, const QStyleOption* option, const QSize& contents,
                                         const QWidget* widget) const override;
    [[nodiscard]] QRect subElementRect(SubElement element, const QStyleOption* option,
                                       const QWidget* widget) const override;
    [[nodiscard]] QIcon standardIcon(StandardPixmap icon, const QStyleOption* option,
                                     const QWidget* widget) const override;

private:
    /// Qt's common style places a header's parts by its own rectangles, not by subElementRect() as overridden here.
    void drawHeader(const QStyleOptionHeader& header, QPainter* painter, const QWidget* widget) const;
    /// As Fusion draws it, with one colour of the palette replaced.
    template <typename Option>
    void drawColored(ControlElement element, const QStyleOption* option, QPalette::ColorRole role, const QColor& color,
                     QPainter* painter, const QWidget* widget) const;
};

/// Marks a tool button as the one thing to do next: outlined in the accent's colour.
void setProminent(QToolButton& button);

}  // namespace consa
