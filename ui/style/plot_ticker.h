// Tick labels of plots with a true minus.
#pragma once

#include "ui/style/number_text.h"

#include <qcustomplot.h>

namespace consa {

/// Ticks of `Ticker`, labelled for people.
template <typename Ticker = QCPAxisTicker>
class PlotTicker : public Ticker {
protected:
    QString getTickLabel(double tick, const QLocale& locale, QChar format, int precision) override {
        return withTrueMinus(Ticker::getTickLabel(tick, locale, format, precision));
    }
};

}  // namespace consa
