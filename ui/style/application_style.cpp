// Palettes, text sizes and the few style sheet rules that Fusion needs to look calm.
#include "ui/style/application_style.h"

#include "ui/style/fusion_style.h"

#include <QApplication>
#include <QIcon>
#include <QLabel>
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

QString styleSheet(const QPalette& palette) {
    const QString line = lineColor(palette).name();
    const QString muted = mutedColor(palette).name();
    const QString base = palette.color(QPalette::Base).name();
    const QString text = palette.color(QPalette::Text).name();
    const QString accent = palette.color(QPalette::Highlight).name();
    return QStringLiteral(
               "QToolTip { border: 1px solid %1; padding: 4px; background: %3; color: %4; }"
               "QMainWindow::separator { background: %1; width: 1px; height: 1px; margin: 3px; }"
               "QMainWindow::separator:hover { background: %5; }"
               "QToolBar { border: none; border-bottom: 1px solid %1; padding: 4px 8px; spacing: 4px; }"
               "QToolBar::separator { background: %1; width: 1px; margin: 4px 6px; }"
               "QStatusBar { border-top: 1px solid %1; }"
               "QStatusBar::item { border: none; }"
               "QHeaderView { background: %3; border: none; }"
               "QHeaderView::section { background: %3; color: %2; border: none; border-bottom: 1px solid %1;"
               " padding: 3px 6px; }"
               // The arrow stands above the word, which keeps to the edge of its column: Qt takes the arrow's width
               // off the right of every word.
               "QTableView[sortingEnabled=\"true\"] QHeaderView::section { padding-top: 9px; padding-right: 0; }"
               "QTableView[sortingEnabled=\"true\"] QHeaderView::up-arrow,"
               "QTableView[sortingEnabled=\"true\"] QHeaderView::down-arrow { subcontrol-origin: padding;"
               " subcontrol-position: top center; width: 6px; height: 6px; top: 2px; }"
               "QTableView { border: none; background: %3; }"
               "QToolButton[popupMode=\"2\"], QToolButton[popupMode=\"InstantPopup\"] { padding-right: 26px; }"
               "QToolButton::menu-indicator { subcontrol-origin: padding; subcontrol-position: center right; right: "
               "4px; }"
               "QProgressBar { border: none; border-radius: 3px; background: %1; max-height: 6px; }"
               "QProgressBar::chunk { border-radius: 3px; background: %5; }"
               "QToolButton[prominent=\"true\"] { border: 1px solid %5; border-radius: 3px; padding: 3px 10px; color: "
               "%5; }"
               "QToolButton[prominent=\"true\"]:hover { background: %5; color: %3; }"
               "QTabBar { qproperty-drawBase: 0; }"
               "QTabBar::tab { padding: 5px 12px; border: none; border-bottom: 2px solid transparent; color: %2; }"
               "QTabBar::tab:selected { color: %4; border-bottom: 2px solid %5; }"
               "QTabBar::tab:hover:!selected { color: %4; }"
               "QTabBar::tab:disabled { color: %1; }")
        .arg(line, muted, base, text, accent);
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
    const QString sheet = styleSheet(palette);
    // Each of these lays every widget out anew: only what changes.
    if (font != QApplication::font()) QApplication::setFont(font);
    if (qApp->styleSheet().isEmpty()) QApplication::setStyle(new FusionStyle);
    if (sheet != qApp->styleSheet()) {
        QApplication::setPalette(palette);
        qApp->setStyleSheet(sheet);
    }
    QApplication::setWindowIcon(QIcon(QStringLiteral(":/icons/consa-explorer.svg")));
}

QLabel* createMutedLabel(const QString& text, QWidget* parent) {
    auto* label = new QLabel(text, parent);
    label->setForegroundRole(QPalette::PlaceholderText);
    return label;
}

}  // namespace consa
