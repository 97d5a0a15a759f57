// What FusionStyle paints itself, each in the colours of the option's palette.
#pragma once

#include <QStyleOption>

class QPainter;

namespace consa {

void paintCheckBox(QPainter& painter, const QStyleOption& option);
/// A line of one pixel along the longer side, in the middle; the accent's colour under the mouse.
void paintSeparator(QPainter& painter, const QStyleOption& option, int marginAtEnds);
/// The line that ends a bar: the option's topmost or lowest row of pixels.
void paintTopLine(QPainter& painter, const QStyleOption& option);
void paintBottomLine(QPainter& painter, const QStyleOption& option);
void paintToolTip(QPainter& painter, const QStyleOption& option);
void paintHeaderSection(QPainter& painter, const QStyleOption& option);
/// The line under the tab that is chosen.
void paintTab(QPainter& painter, const QStyleOption& option);
/// How a tab's text is coloured: as text where it is chosen or under the mouse, else muted.
[[nodiscard]] QColor tabTextColor(const QStyleOption& option);
void paintProgressBar(QPainter& painter, const QStyleOptionProgressBar& option);
void paintProminentButton(QPainter& painter, const QStyleOption& option);
[[nodiscard]] QColor prominentTextColor(const QStyleOption& option);

}  // namespace consa
