// Palettes and text sizes.
#include "ui/style/application_style.h"

#include "ui/style/fusion_style.h"

#include <QApplication>
#include <QIcon>
#include <QLabel>
#include <QToolTip>
#include <algorithm>

static void initializeResources() {
    Q_INIT_RESOURCE(resources);
}

namespace consa {

namespace {

struct ThemeColors {
    QRgb window, base, text, muted, line, accent, button, warning, error;
};

constexpr ThemeColors kLight{0xfff6f7f8, 0xffffffff, 0xff1f2328, 0xff57606a, 0xffd0d7de,
                             0xff0b6bcb, 0xfffbfcfd, 0xff9a6700, 0xffc21f2c};
constexpr ThemeColors kDark{0xff1e1f22, 0xff26282b, 0xffe6e6e6, 0xffa5abb3, 0xff3a3d41,
                            0xff5aa9ff, 0xff2c2e32, 0xffe3b341, 0xffff7b72};

QPalette paletteOf(const ThemeColors& colors) {
    QPalette palette{QColor(colors.button), QColor(colors.window)};
    const auto set = [&palette](QPalette::ColorRole role, QRgb color) { palette.setColor(role, QColor(color)); };
    set(QPalette::Window, colors.window);
    set(QPalette::WindowText, colors.text);
    set(QPalette::Base, colors.base);
    set(QPalette::AlternateBase, colors.window);
    set(QPalette::ToolTipBase, colors.base);
    set(QPalette::ToolTipText, colors.text);
    set(QPalette::Text, colors.text);
    set(QPalette::PlaceholderText, colors.muted);
    set(QPalette::Button, colors.button);
    set(QPalette::ButtonText, colors.text);
    set(QPalette::Highlight, colors.accent);
    set(QPalette::HighlightedText, &colors == &kDark ? 0xff10151b : 0xffffffff);
    set(QPalette::Link, colors.accent);
    set(QPalette::Mid, colors.line);
    const QColor muted(colors.muted);
    QColor disabled = muted;
    disabled.setAlphaF(0.6F);
    for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText}) {
        palette.setColor(QPalette::Disabled, role, disabled);
    }
    palette.setColor(QPalette::Disabled, QPalette::Highlight, QColor(colors.line));
    return palette;
}

const ThemeColors& colorsOf(const QPalette& palette) {
    return isDark(palette) ? kDark : kLight;
}

QFont desktopFont() {
    static const QFont font = QApplication::font();
    return font;
}

double& currentScale() {
    static double scale = 1;
    return scale;
}

QPalette desktopPalette() {
    static const QPalette palette = QApplication::palette();
    return palette;
}

}  // namespace

QPalette lightPalette() {
    return paletteOf(kLight);
}

QPalette darkPalette() {
    return paletteOf(kDark);
}

bool isDark(const QPalette& palette) {
    return palette.color(QPalette::Window).lightness() < 128;
}

QColor mutedColor(const QPalette& palette) {
    return QColor(colorsOf(palette).muted);
}

QColor lineColor(const QPalette& palette) {
    return QColor(colorsOf(palette).line);
}

QColor warningColor(const QPalette& palette) {
    return QColor(colorsOf(palette).warning);
}

QColor errorColor(const QPalette& palette) {
    return QColor(colorsOf(palette).error);
}

double uiScale() {
    return currentScale();
}

QList<int> uiScales() {
    return {80, 90, 100, 115, 130, 150};
}

double steppedUiScale(double scale, int direction) {
    const QList<int> scales = uiScales();
    const auto place = std::lower_bound(scales.begin(), scales.end(), qRound(scale * 100)) - scales.begin();
    return scales[std::clamp<qsizetype>(place + direction, 0, scales.size() - 1)] / 100.0;
}

QString themeWord(ThemeChoice theme) {
    return theme == ThemeChoice::Light  ? QStringLiteral("light")
           : theme == ThemeChoice::Dark ? QStringLiteral("dark")
                                        : QString();
}

ThemeChoice themeFromWord(const QString& word) {
    if (word == QLatin1String("dark")) return ThemeChoice::Dark;
    return word == QLatin1String("light") ? ThemeChoice::Light : ThemeChoice::System;
}

void applyApplicationStyle(ThemeChoice theme, double scale) {
    initializeResources();
    desktopPalette();  // before it is replaced
    currentScale() = scale;
    QFont font = desktopFont();
    if (font.pointSizeF() > 0) font.setPointSizeF(font.pointSizeF() * scale);
    const bool wantsDark = theme == ThemeChoice::Dark || (theme == ThemeChoice::System && isDark(desktopPalette()));
    const QPalette palette = wantsDark ? darkPalette() : lightPalette();
    // Only what changes: each of these reaches every widget.
    if (dynamic_cast<FusionStyle*>(QApplication::style()) == nullptr) QApplication::setStyle(new FusionStyle);
    if (font != QApplication::font()) QApplication::setFont(font);
    if (palette != QApplication::palette()) QApplication::setPalette(palette);
    QToolTip::setPalette(palette);
    QApplication::setWindowIcon(QIcon(QStringLiteral(":/icons/consa-explorer.svg")));
}

QLabel* createMutedLabel(const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setForegroundRole(QPalette::PlaceholderText);
    return label;
}

}  // namespace consa
