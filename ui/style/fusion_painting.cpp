// Lines, flat bars and boxes.
#include "ui/style/fusion_painting.h"

#include "ui/style/application_style.h"

#include <QPainter>
#include <algorithm>

namespace consa {

namespace {

constexpr double kCornerRadius = 3;
constexpr int kTabLineHeight = 2;

bool isUnderMouse(const QStyleOption& option) {
    return option.state.testFlag(QStyle::State_Enabled) && option.state.testFlag(QStyle::State_MouseOver);
}

QColor accentColor(const QStyleOption& option) {
    return option.palette.color(QPalette::Active, QPalette::Highlight);
}

}  // namespace

void paintCheckBox(QPainter& painter, const QStyleOption& option) {
    const QPalette& palette = option.palette;
    const bool isEnabled = option.state.testFlag(QStyle::State_Enabled);
    const QPalette::ColorGroup group = isEnabled ? QPalette::Active : QPalette::Disabled;
    const int side = std::min(option.rect.width(), option.rect.height()) - 1;
    QRectF box(0, 0, side, side);
    box.moveCenter(QRectF(option.rect).center());
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(isEnabled ? mutedColor(palette) : palette.color(group, QPalette::Text), 1));
    painter.setBrush(palette.color(group, QPalette::Base));
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2);
    painter.setPen(QPen(palette.color(group, QPalette::Text), side / 7.0, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
    const auto at = [&box](double x, double y) {
        return QPointF(box.left() + x * box.width(), box.top() + y * box.height());
    };
    if (option.state.testFlag(QStyle::State_On))
        painter.drawPolyline(QPolygonF{{at(0.24, 0.52), at(0.43, 0.72), at(0.77, 0.3)}});
    if (option.state.testFlag(QStyle::State_NoChange)) painter.drawLine(at(0.28, 0.5), at(0.72, 0.5));
    painter.restore();
}

void paintSeparator(QPainter& painter, const QStyleOption& option, int marginAtEnds) {
    const QRect& rect = option.rect;
    const QColor color = isUnderMouse(option) ? accentColor(option) : lineColor(option.palette);
    if (rect.width() < rect.height())
        painter.fillRect(rect.center().x(), rect.top() + marginAtEnds, 1, rect.height() - 2 * marginAtEnds, color);
    else
        painter.fillRect(rect.left() + marginAtEnds, rect.center().y(), rect.width() - 2 * marginAtEnds, 1, color);
}

void paintTopLine(QPainter& painter, const QStyleOption& option) {
    painter.fillRect(option.rect.left(), option.rect.top(), option.rect.width(), 1, lineColor(option.palette));
}

void paintBottomLine(QPainter& painter, const QStyleOption& option) {
    painter.fillRect(option.rect.left(), option.rect.bottom(), option.rect.width(), 1, lineColor(option.palette));
}

void paintToolTip(QPainter& painter, const QStyleOption& option) {
    painter.fillRect(option.rect, lineColor(option.palette));
    painter.fillRect(option.rect.adjusted(1, 1, -1, -1), option.palette.color(QPalette::ToolTipBase));
}

void paintHeaderSection(QPainter& painter, const QStyleOption& option) {
    painter.fillRect(option.rect, option.palette.color(QPalette::Base));
    paintBottomLine(painter, option);
}

void paintTab(QPainter& painter, const QStyleOption& option) {
    if (!option.state.testFlag(QStyle::State_Selected)) return;
    const QRect& rect = option.rect;
    painter.fillRect(rect.left(), rect.bottom() + 1 - kTabLineHeight, rect.width(), kTabLineHeight,
                     accentColor(option));
}

QColor tabTextColor(const QStyleOption& option) {
    if (!option.state.testFlag(QStyle::State_Enabled)) return lineColor(option.palette);
    const bool isMarked = option.state.testFlag(QStyle::State_Selected) || isUnderMouse(option);
    return isMarked ? option.palette.color(QPalette::Text) : mutedColor(option.palette);
}

void paintProgressBar(QPainter& painter, const QStyleOptionProgressBar& option) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(lineColor(option.palette));
    painter.drawRoundedRect(option.rect, kCornerRadius, kCornerRadius);
    if (option.maximum > option.minimum && option.progress > option.minimum) {
        QRectF done(option.rect);
        done.setWidth(done.width() * (double(option.progress) - option.minimum) /
                      (double(option.maximum) - option.minimum));
        painter.setBrush(accentColor(option));
        painter.drawRoundedRect(done, kCornerRadius, kCornerRadius);
    }
    painter.restore();
}

void paintProminentButton(QPainter& painter, const QStyleOption& option) {
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(accentColor(option), 1));
    painter.setBrush(isUnderMouse(option) ? QBrush(accentColor(option)) : QBrush(Qt::NoBrush));
    const QRectF outline = QRectF(option.rect).adjusted(0.5, 0.5, -0.5, -0.5);
    painter.drawRoundedRect(outline, kCornerRadius, kCornerRadius);
    if (option.state.testFlag(QStyle::State_HasFocus) && option.state.testFlag(QStyle::State_KeyboardFocusChange)) {
        painter.setPen(QPen(prominentTextColor(option), 1));
        painter.setBrush(Qt::NoBrush);
        painter.drawRoundedRect(outline.adjusted(2, 2, -2, -2), kCornerRadius - 1, kCornerRadius - 1);
    }
    painter.restore();
}

QColor prominentTextColor(const QStyleOption& option) {
    return isUnderMouse(option) ? option.palette.color(QPalette::Base) : accentColor(option);
}

}  // namespace consa
