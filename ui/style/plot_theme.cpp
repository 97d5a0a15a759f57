// Colours of plots: axes, grid and text follow one theme.
#include "ui/style/plot_theme.h"

#include "ui/style/application_style.h"

#include <qcustomplot.h>
#include <QApplication>
#include <QPalette>
#include <utility>

namespace consa {

namespace {

std::optional<double>& ownTextScale() {
    static std::optional<double> scale;
    return scale;
}

QFont plotFont(int pixels) {
    QFont font = QApplication::font();
    font.setPixelSize(qRound(pixels * ownTextScale().value_or(uiScale())));
    return font;
}

void applyTheme(const PlotTheme& theme, QCPAxis& axis) {
    axis.setBasePen(QPen(theme.line));
    axis.setTickPen(QPen(theme.line));
    axis.setSubTickPen(QPen(theme.line));
    axis.setTickLabelColor(theme.muted);
    axis.setLabelColor(theme.text);
    axis.setTickLabelFont(plotTickFont());
    axis.setLabelFont(plotLabelFont());
    QColor grid = theme.line;
    grid.setAlphaF(0.55F);
    axis.grid()->setPen(QPen(grid, 1, Qt::SolidLine));
    axis.grid()->setZeroLinePen(QPen(theme.line));
    axis.grid()->setSubGridVisible(false);
}

}  // namespace

PlotTheme PlotTheme::fromPalette(const QPalette& palette) {
    return {palette.color(QPalette::Base), palette.color(QPalette::Text), mutedColor(palette), lineColor(palette),
            palette.color(QPalette::Highlight)};
}

PlotTheme PlotTheme::white() {
    return fromPalette(lightPalette());
}

PlotTheme PlotTheme::dark() {
    return fromPalette(darkPalette());
}

PlotTextScale::PlotTextScale(double scale) : m_before(std::exchange(ownTextScale(), scale)) {}

PlotTextScale::~PlotTextScale() {
    ownTextScale() = m_before;
}

QFont plotTickFont() {
    return plotFont(11);
}

QFont plotLabelFont() {
    return plotFont(12);
}

QString wrappedText(const QString& text, const QFont& font, int width) {
    const QFontMetrics metrics(font);
    QString result;
    QString line;
    for (const QString& word : text.split(QLatin1Char(' '))) {
        const QString longer = line.isEmpty() ? word : line + QLatin1Char(' ') + word;
        if (!line.isEmpty() && metrics.horizontalAdvance(longer) > width) {
            result += line + QLatin1Char('\n');
            line = word;
        } else {
            line = longer;
        }
    }
    return result + line;
}

void applyTheme(const PlotTheme& theme, QCPAxisRect& rect) {
    for (QCPAxis* axis : rect.axes()) applyTheme(theme, *axis);
}

void applyTheme(const PlotTheme& theme, QCustomPlot& plot) {
    plot.setBackground(QBrush(theme.background));
    for (QCPAxisRect* rect : plot.axisRects()) applyTheme(theme, *rect);
}

}  // namespace consa
