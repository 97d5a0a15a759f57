// Fusion with check boxes that can be seen on dark ground as well.
#pragma once

#include <QProxyStyle>

namespace consa {

/// Fusion outlines an empty box by a darker window colour, which a dark theme swallows: here the outline is the text's
/// muted colour, the same in forms and in tables.
class CheckBoxStyle final : public QProxyStyle {
public:
    CheckBoxStyle();

    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                       const QWidget* widget) const override;
};

}  // namespace consa
