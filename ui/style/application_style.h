// One look everywhere: Fusion with our light or dark palette.
#pragma once

#include <QPalette>

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

/// Sets style, palette, fonts and the icons' resources of the application. Call again to change the theme.
void applyApplicationStyle(ThemeChoice theme);

/// A label in the smaller of the two text sizes and the secondary colour.
[[nodiscard]] QLabel* createMutedLabel(const QString& text, QWidget* parent = nullptr);

}  // namespace consa
