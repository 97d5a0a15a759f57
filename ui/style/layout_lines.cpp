// Hands out dashes and markers.
#include "ui/style/layout_lines.h"

#include "ui/style/color_scale.h"

#include <array>

namespace consa {

namespace {

using Dashes = QList<qreal>;

const std::array<Dashes, 5>& dashCycle() {
    static const std::array<Dashes, 5> cycle{Dashes{}, Dashes{7, 2}, Dashes{3, 2}, Dashes{7, 2, 1.5, 2},
                                             Dashes{7, 2, 1.5, 2, 1.5, 2}};
    return cycle;
}

// As many as have no divisor in common with the dashes: all pairs come up before one comes again.
constexpr std::array<LayoutMarker, 4> kMarkerCycle{LayoutMarker::Diamond, LayoutMarker::Triangle, LayoutMarker::Cross,
                                                   LayoutMarker::TriangleDown};

/// The look that a well-known name has wherever it stands alone.
bool isWellKnown(const QString& name) {
    return name == QLatin1String("learned") || name == QLatin1String("full") || name == QLatin1String("sliding");
}

LayoutLine wellKnownLine(const QString& name, const QColor& color) {
    if (name == QLatin1String("learned")) return {color, {}, LayoutMarker::Disc};
    if (name == QLatin1String("full")) return {color, {1.5, 2}, LayoutMarker::Circle};
    return {color, {1.5, 4}, LayoutMarker::Plus};
}

}  // namespace

QPen LayoutLine::pen(double width) const {
    QPen pen(color, width);
    if (!dashes.isEmpty()) pen.setDashPattern(dashes);
    pen.setCapStyle(Qt::FlatCap);
    return pen;
}

std::vector<LayoutLine> layoutLines(const QStringList& names, const QColor& text, const QColor& muted) {
    std::vector<LayoutLine> lines;
    bool hasInterleaved = false;
    int others = 0;
    for (const QString& name : names) {
        const bool isInterleaved = name.startsWith(QLatin1String("interleaved"));
        if (isWellKnown(name)) {
            lines.push_back(wellKnownLine(name, layoutStyle(name, 0, text, muted).color));
        } else if (isInterleaved && !hasInterleaved) {
            hasInterleaved = true;
            lines.push_back({layoutStyle(name, 0, text, muted).color, {5, 2}, LayoutMarker::Square});
        } else {
            const bool hasOwnColor = isInterleaved || name.startsWith(QLatin1String("learned"));
            const QString colorName = hasOwnColor ? name : QStringLiteral("preset");
            lines.push_back({layoutStyle(colorName, others, text, muted).color,
                             dashCycle()[static_cast<std::size_t>(others) % dashCycle().size()],
                             kMarkerCycle[static_cast<std::size_t>(others) % kMarkerCycle.size()]});
            ++others;
        }
    }
    return lines;
}

}  // namespace consa
