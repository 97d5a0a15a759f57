// Tick labels of plots: a true minus, and no more of them than have room.
#pragma once

#include "ui/style/number_text.h"

#include <qcustomplot.h>
#include <vector>

namespace consa {

/// Ticks of `Ticker`, labelled for people.
template <typename Ticker = QCPAxisTicker>
class PlotTicker : public Ticker {
protected:
    QString getTickLabel(double tick, const QLocale& locale, QChar format, int precision) override {
        return withTrueMinus(Ticker::getTickLabel(tick, locale, format, precision));
    }
};

/// Where the tick labels of an axis at the bottom, top or left are drawn, in pixels of the laid out plot; none where it
/// shows none.
[[nodiscard]] std::vector<QRectF> tickLabelBoxes(const QCPAxis& axis);
/// True when two neighbours are nearer than a letter.
[[nodiscard]] bool labelsTouch(const std::vector<QRectF>& boxes);

/// Asks for as many ticks as have room in the laid out plot, at most `most`; true when that is another number than
/// before, so that the plot has to be laid out anew.
bool fitTicks(QCPAxis& axis, int most);
/// Lays a plot out anew without drawing it.
void layOutAgain(QCustomPlot& plot);

}  // namespace consa
