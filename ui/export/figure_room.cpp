// Lays plots out without drawing them and looks whether everything has a place.
#include "ui/export/figure_room.h"

#include "ui/style/plot_ticker.h"

#include <QFontMetrics>
#include <algorithm>
#include <cmath>

namespace consa {

namespace {

constexpr double kPixelsPerMillimeter = 96 / 25.4;
constexpr QSizeF kLeastAxes{8, 2.4};  // heights of the text: a few tick labels, three plots on 60 mm (taste)
constexpr int kMostMillimeters = 1000;

int toPixels(int millimeters) {
    return static_cast<int>(std::lround(millimeters * kPixelsPerMillimeter));
}

void layOut(QCustomPlot& plot, QSize size) {
    plot.setViewport(QRect(QPoint(), size));
    layOutAgain(plot);
    emit plot.afterLayout();  // what plots do to fit
}

/// Where the name of an axis is drawn.
QRectF nameBox(const QCPAxis& axis) {
    const QCPAxisRect& rect = *axis.axisRect();
    const QFontMetricsF metrics(axis.labelFont());
    const QSizeF size(metrics.horizontalAdvance(axis.label()), metrics.height());
    QRectF box(QPointF(), axis.axisType() == QCPAxis::atLeft ? size.transposed() : size);
    box.moveCenter(QRectF(rect.rect()).center());
    if (axis.axisType() == QCPAxis::atLeft) box.moveLeft(rect.outerRect().left());
    if (axis.axisType() == QCPAxis::atBottom) box.moveBottom(rect.outerRect().bottom());
    return box;
}

/// Axes of a length, their labels apart from each other, their names inside `paper`.
bool hasRoom(const QCPAxisRect& rect, const QRectF& paper) {
    if (!rect.realVisibility()) return true;
    const QSizeF least = kLeastAxes * plotTickFont().pixelSize();
    if (rect.width() < least.width() || rect.height() < least.height()) return false;
    const QList<QCPAxis*> axes = rect.axes();
    return std::all_of(axes.begin(), axes.end(), [&](const QCPAxis* axis) {
        const bool isNameWhole = axis->label().isEmpty() || paper.contains(nameBox(*axis));
        return isNameWhole && !labelsTouch(tickLabelBoxes(*axis));
    });
}

/// What is left above the caption.
QRectF paperOf(const QCustomPlot& plot, QSize size) {
    return QRectF(0, 0, size.width(), size.height() - plot.plotLayout()->margins().bottom());
}

/// A legend inside a plot leaves most of it free.
bool coversPlot(const QCPLegend& legend) {
    const QList<QCPAxisRect*> rects = legend.parentPlot()->axisRects();
    return std::any_of(rects.begin(), rects.end(), [&legend](const QCPAxisRect* rect) {
        return rect->rect().intersects(legend.outerRect()) && 3 * legend.outerRect().height() > rect->height();
    });
}

bool hasRoom(QCPLegend& legend, QSize size) {
    if (!legend.realVisibility() || legend.itemCount() == 0) return true;
    if (coversPlot(legend)) return false;
    const QSize needed = legend.minimumOuterSizeHint(), given = legend.outerRect().size();
    return given.width() >= needed.width() && given.height() >= needed.height() &&
           QRect(QPoint(), size).contains(legend.outerRect());
}

bool isReadable(const Figure& figure, FigureOptions options) {
    options.textScale = kLeastTextScale;
    return figure.arrange(options)->hasRoom(options.size);
}

/// The fewest millimetres that satisfy `isEnough`, from `least` on.
template <typename Check>
int fewestMillimeters(int least, const Check& isEnough) {
    int most = kMostMillimeters;
    while (least < most) {
        const int middle = (least + most) / 2;
        if (isEnough(middle))
            most = middle;
        else
            least = middle + 1;
    }
    return least;
}

int toMillimeters(int pixels) {
    return static_cast<int>(std::ceil(pixels / kPixelsPerMillimeter - 0.2));
}

}  // namespace

bool captionHasRoom(QCustomPlot& plot, QSize size) {
    for (int index = 0; index < plot.itemCount(); ++index) {
        const auto* text = qobject_cast<QCPItemText*>(plot.item(index));
        if (text == nullptr || !text->visible() || text->position->type() != QCPItemPosition::ptAbsolute) continue;
        const QFontMetrics metrics(text->font());
        for (const QString& line : text->text().split(QLatin1Char('\n')))
            if (text->position->coords().x() + metrics.horizontalAdvance(line) > size.width()) return false;
    }
    return true;
}

bool plotHasRoom(QCustomPlot& plot, QSize size) {
    const QRect before = plot.viewport();
    layOut(plot, size);
    bool isWhole = captionHasRoom(plot, size);
    const QRectF paper = paperOf(plot, size);
    for (const QCPAxisRect* rect : plot.axisRects()) isWhole = isWhole && hasRoom(*rect, paper);
    for (QCPLegend* legend : plot.findChildren<QCPLegend*>()) isWhole = isWhole && hasRoom(*legend, size);
    plot.setViewport(before);
    return isWhole;
}

QSize readableSize(const Figure& figure, FigureOptions options) {
    if (isReadable(figure, options)) return options.size;
    const int wanted = toMillimeters(options.size.width()), high = toMillimeters(options.size.height());
    const auto isEnough = [&](int width, int height) {
        options.size = QSize(toPixels(width), toPixels(height));
        return isReadable(figure, options);
    };
    const int width = fewestMillimeters(wanted, [&](int one) { return isEnough(one, kMostMillimeters); });
    const int height = fewestMillimeters(high, [&](int one) { return isEnough(width, one); });
    return {toPixels(width), toPixels(height)};
}

QString millimeterText(QSize size) {
    return QStringLiteral("%1x%2").arg(toMillimeters(size.width())).arg(toMillimeters(size.height()));
}

}  // namespace consa
