// One look everywhere: Fusion with our light or dark palette.
#pragma once

#include <QList>
#include <QPalette>
#include <QString>

class QLabel;

namespace consa {

/// Which palette the window wears. System: by the lightness of the desktop's own palette at start.
enum class ThemeChoice { System, Light, Dark };

[[nodiscard]] QPalette lightPalette();
[[nodiscard]] QPalette darkPalette();

/// Secondary text, 1 px lines and warnings of a palette, beyond the roles that Qt names.
[[nodiscard]] QColor mutedColor(const QPalette& palette);
[[nodiscard]] QColor lineColor(const QPalette& palette);
[[nodiscard]] QColor warningColor(const QPalette& palette);
[[nodiscard]] QColor errorColor(const QPalette& palette);
[[nodiscard]] bool isDark(const QPalette& palette);

/// Sets style, palette, fonts and the icons' resources of the application. Call again to change theme or scale.
void applyApplicationStyle(ThemeChoice theme, double scale = 1);

/// How much larger than the desktop's the text is, in plots too.
[[nodiscard]] double uiScale();
/// The scales on offer, in percent.
[[nodiscard]] QList<int> uiScales();
/// The next scale on offer in direction +1 or -1; the same at the end.
[[nodiscard]] double steppedUiScale(double scale, int direction);

/// "light", "dark" or empty, as settings and the command line spell it.
[[nodiscard]] QString themeWord(ThemeChoice theme);
[[nodiscard]] ThemeChoice themeFromWord(const QString& word);

/// A label in the smaller of the two text sizes and the secondary colour.
[[nodiscard]] QLabel* createMutedLabel(const QString& text, QWidget* parent = nullptr);

}  // namespace consa
