// Painting of check boxes; margins of cells.
#include "ui/style/fusion_style.h"

#include "ui/style/application_style.h"

#include <QPainter>
#include <QStyleOption>
#include <QTableView>
#include <algorithm>

namespace consa {

FusionStyle::FusionStyle() : QProxyStyle(QStringLiteral("Fusion")) {}

void FusionStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                                const QWidget* widget) const {
    if (element != PE_IndicatorCheckBox && element != PE_IndicatorItemViewItemCheck)
        return QProxyStyle::drawPrimitive(element, option, painter, widget);
    const QPalette& palette = option->palette;
    const bool isEnabled = option->state.testFlag(State_Enabled);
    const QPalette::ColorGroup group = isEnabled ? QPalette::Active : QPalette::Disabled;
    const int side = std::min(option->rect.width(), option->rect.height()) - 1;
    QRectF box(0, 0, side, side);
    box.moveCenter(QRectF(option->rect).center());
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    painter->setPen(QPen(isEnabled ? mutedColor(palette) : palette.color(group, QPalette::Text), 1));
    painter->setBrush(palette.color(group, QPalette::Base));
    painter->drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2);
    painter->setPen(QPen(palette.color(group, QPalette::Text), side / 7.0, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    const auto at = [&box](double x, double y) {
        return QPointF(box.left() + x * box.width(), box.top() + y * box.height());
    };
    if (option->state.testFlag(State_On))
        painter->drawPolyline(QPolygonF{{at(0.24, 0.52), at(0.43, 0.72), at(0.77, 0.3)}});
    if (option->state.testFlag(State_NoChange)) painter->drawLine(at(0.28, 0.5), at(0.72, 0.5));
    painter->restore();
}

int FusionStyle::pixelMetric(PixelMetric metric, const QStyleOption* option, const QWidget* widget) const {
    // A cell's text begins a pixel inside its frame.
    if (metric == PM_FocusFrameHMargin && qobject_cast<const QTableView*>(widget) != nullptr) return kCellMargin - 1;
    return QProxyStyle::pixelMetric(metric, option, widget);
}

}  // namespace consa
