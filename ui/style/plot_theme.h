// The colours and fonts of plots, taken from the window's palette or fixed for print.
#pragma once

#include <QColor>
#include <QFont>
#include <QString>
#include <optional>

class QCustomPlot;
class QCPAxisRect;
class QPalette;

namespace consa {

/// Everything a plot needs to look like the window around it, or like paper.
struct PlotTheme {
    QColor background;
    QColor text;
    QColor muted;
    QColor line;
    QColor accent;

    [[nodiscard]] static PlotTheme fromPalette(const QPalette& palette);
    /// Black on white, whatever the window looks like.
    [[nodiscard]] static PlotTheme white();
    /// The window's dark colours, for slides.
    [[nodiscard]] static PlotTheme dark();
};

/// While it lives, text in plots has this scale, whatever the window's is: for figures on the way into a file.
class PlotTextScale {
public:
    explicit PlotTextScale(double scale);
    ~PlotTextScale();
    PlotTextScale(const PlotTextScale&) = delete;
    PlotTextScale& operator=(const PlotTextScale&) = delete;

private:
    std::optional<double> m_before;
};

/// The two text sizes of plots, in pixels so that a picture does not depend on the screen.
[[nodiscard]] QFont plotTickFont();
[[nodiscard]] QFont plotLabelFont();

/// `text` broken at spaces into lines of at most `width` pixels.
[[nodiscard]] QString wrappedText(const QString& text, const QFont& font, int width);

/// Colours the background and all axes of `rect`: pens, labels and grid.
void applyTheme(const PlotTheme& theme, QCPAxisRect& rect);
void applyTheme(const PlotTheme& theme, QCustomPlot& plot);

}  // namespace consa
