// Measuring of tick labels.
#include "ui/style/plot_ticker.h"

#include <algorithm>

namespace consa {

namespace {

constexpr double kBetween = 4;  // pixels between two labels beside each other

}  // namespace

std::vector<QRectF> tickLabelBoxes(const QCPAxis& axis) {
    std::vector<QRectF> boxes;
    if (!axis.realVisibility() || !axis.tickLabels() || !axis.axisRect()->realVisibility()) return boxes;
    QVector<double> ticks;
    QVector<QString> labels;
    axis.ticker()->generate(axis.range(), axis.parentPlot()->locale(), axis.numberFormat().front(),
                            axis.numberPrecision(), ticks, nullptr, &labels);
    const QFontMetricsF metrics(axis.tickLabelFont());
    const double gap = axis.tickLabelPadding();
    for (qsizetype index = 0; index < ticks.size(); ++index) {
        if (!axis.range().contains(ticks[index])) continue;
        const double place = axis.coordToPixel(ticks[index]);
        QRectF box(QPointF(), QSizeF(metrics.horizontalAdvance(labels[index]), metrics.height()));
        const QCPAxisRect& rect = *axis.axisRect();
        if (axis.axisType() == QCPAxis::atLeft) box.moveCenter({rect.left() - gap - box.width() / 2, place});
        if (axis.axisType() == QCPAxis::atBottom) box.moveCenter({place, rect.bottom() + gap + box.height() / 2});
        if (axis.axisType() == QCPAxis::atTop) box.moveCenter({place, rect.top() - gap - box.height() / 2});
        boxes.push_back(box);
    }
    return boxes;
}

bool labelsTouch(const std::vector<QRectF>& boxes) {
    for (std::size_t one = 0; one < boxes.size(); ++one)
        for (std::size_t other = 0; other < one; ++other)
            if (boxes[one].adjusted(-kBetween, 0, kBetween, 0).intersects(boxes[other])) return true;
    return false;
}

bool fitTicks(QCPAxis& axis, int most) {
    const int before = axis.ticker()->tickCount();
    for (int count = most; count >= 2; --count) {
        axis.ticker()->setTickCount(count);
        if (!labelsTouch(tickLabelBoxes(axis))) break;
    }
    return axis.ticker()->tickCount() != before;
}

void layOutAgain(QCustomPlot& plot) {
    for (const auto phase : {QCPLayoutElement::upPreparation, QCPLayoutElement::upMargins, QCPLayoutElement::upLayout})
        plot.plotLayout()->update(phase);
}

}  // namespace consa
