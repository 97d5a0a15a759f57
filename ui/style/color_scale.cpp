// Cividis as ten stops, and the Okabe-Ito colours of layouts.
#include "ui/style/color_scale.h"

#include "core/session/run_frontier.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace consa {

namespace {

constexpr std::array<QRgb, 10> kCividisStops{0xff00204d, 0xff00336f, 0xff39486b, 0xff575c6d, 0xff707173,
                                             0xff8a8779, 0xffa69d75, 0xffc4b56c, 0xffe4cf5b, 0xffffea46};
constexpr std::array<QRgb, 4> kPresetColors{0xff009e73, 0xffcc79a7, 0xffe69f00, 0xff56b4e9};

/// The rules beside interleaved layers, each with the colour in its place.
constexpr std::array<const char*, 5> kRules{"bottom-sliding", "middle-full", "heads", "random", "sensitivity"};

int mix(int from, int to, double share) {
    return static_cast<int>(std::lround(from + (to - from) * share));
}

}  // namespace

QColor cividis(double value) {
    if (std::isnan(value)) return nanColor();
    const double position = std::clamp(value, 0.0, 1.0) * static_cast<double>(kCividisStops.size() - 1);
    const auto index = std::min(static_cast<std::size_t>(position), kCividisStops.size() - 2);
    const double share = position - static_cast<double>(index);
    const QRgb from = kCividisStops[index];
    const QRgb to = kCividisStops[index + 1];
    return QColor(mix(qRed(from), qRed(to), share), mix(qGreen(from), qGreen(to), share),
                  mix(qBlue(from), qBlue(to), share));
}

QColor changeColor(double change) {
    if (std::isnan(change)) return nanColor();
    constexpr QRgb kLess = 0xff00508c, kNone = 0xfff0f0ec, kMore = 0xffb84a00;
    const double share = std::min(std::abs(change), 1.0);
    const QRgb end = change < 0 ? kLess : kMore;
    return QColor(mix(qRed(kNone), qRed(end), share), mix(qGreen(kNone), qGreen(end), share),
                  mix(qBlue(kNone), qBlue(end), share));
}

QColor nanColor() {
    return QColor(0xd1, 0x24, 0x2f);
}

QColor readableOn(const QColor& background) {
    const double luminance = 0.2126 * background.redF() + 0.7152 * background.greenF() + 0.0722 * background.blueF();
    return luminance > 0.5 ? QColor(0x1f, 0x23, 0x28) : QColor(Qt::white);
}

LayoutStyle layoutStyle(const QString& name, int presetIndex, const QColor& text, const QColor& muted) {
    const std::string kind = frontierSeries(name.toStdString());
    if (kind == "learned") {
        const QColor blue(0x00, 0x72, 0xb2);
        const bool isOnDark = text.lightness() > 128;
        return {isOnDark ? blue.lighter(150) : blue, Qt::SolidLine};
    }
    if (kind == "interleaved") return {QColor(0xd5, 0x5e, 0x00), Qt::DashLine};
    if (kind == "full") return {text, Qt::DotLine};
    if (kind == "sliding") return {muted, Qt::DotLine};
    for (std::size_t rule = 0; rule < kRules.size(); ++rule)
        if (kind == kRules[rule]) return {QColor::fromRgb(kPresetColors[rule % kPresetColors.size()]), Qt::DashDotLine};
    const auto index = static_cast<std::size_t>(std::max(presetIndex, 0)) % kPresetColors.size();
    return {QColor::fromRgb(kPresetColors[index]), Qt::SolidLine};
}

}  // namespace consa
