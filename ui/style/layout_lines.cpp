// Hands out dashes and markers.
#include "ui/style/layout_lines.h"

#include "core/session/run_frontier.h"
#include "ui/style/color_scale.h"

#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

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
constexpr std::size_t kPairs = 20;

/// What a kind of layout looks like wherever it appears, whatever stands beside it; nothing for a preset's name.
std::optional<LayoutLine> lineOfKind(const QString& kind) {
    const auto& dashes = dashCycle();
    static const std::map<QString, LayoutLine> kinds{
        {QStringLiteral("learned"), {{}, {}, LayoutMarker::Disc}},
        {QStringLiteral("full"), {{}, {1.5, 2}, LayoutMarker::Circle}},
        {QStringLiteral("sliding"), {{}, {1.5, 4}, LayoutMarker::Plus}},
        {QStringLiteral("interleaved"), {{}, {5, 2}, LayoutMarker::Square}},
        {QStringLiteral("bottom-sliding"), {{}, dashes[0], LayoutMarker::Diamond}},
        {QStringLiteral("middle-full"), {{}, dashes[1], LayoutMarker::Triangle}},
        {QStringLiteral("heads"), {{}, dashes[2], LayoutMarker::Cross}},
        {QStringLiteral("random"), {{}, dashes[3], LayoutMarker::TriangleDown}},
        {QStringLiteral("sensitivity"), {{}, dashes[4], LayoutMarker::Diamond}}};
    const auto found = kinds.find(kind);
    return found == kinds.end() ? std::nullopt : std::optional(found->second);
}

/// Pairs of dash and marker that were handed out.
class TakenPairs {
public:
    /// False when there is one already.
    bool take(const LayoutLine& line) { return m_taken.insert({line.dashes, line.marker}).second; }

    /// Another dash where the kind's own is taken.
    void takeVariant(LayoutLine& line) {
        for (std::size_t next = 0; !take(line) && next < dashCycle().size(); ++next) line.dashes = dashCycle()[next];
    }
    void takeFrom(std::size_t first, LayoutLine& line) {
        for (std::size_t pair = first; pair < first + kPairs; ++pair) {
            line.dashes = dashCycle()[pair % dashCycle().size()];
            line.marker = kMarkerCycle[pair % kMarkerCycle.size()];
            if (take(line)) return;
        }
    }

private:
    std::set<std::pair<Dashes, LayoutMarker>> m_taken;
};

}  // namespace

QPen LayoutLine::pen(double width) const {
    QPen pen(color, width);
    if (!dashes.isEmpty()) pen.setDashPattern(dashes);
    pen.setCapStyle(Qt::FlatCap);
    return pen;
}

std::vector<LayoutLine> layoutLines(const QStringList& names, const QColor& text, const QColor& muted) {
    std::vector<LayoutLine> lines(static_cast<std::size_t>(names.size()));
    TakenPairs pairs;
    std::map<QString, std::size_t> others;  // by name: the same presets look the same in every order
    for (std::size_t index = 0; index < lines.size(); ++index) {
        const QString& name = names[static_cast<qsizetype>(index)];
        const auto kind = lineOfKind(QString::fromStdString(frontierSeries(name.toStdString())));
        if (!kind) {
            others.emplace(name, index);
            continue;
        }
        lines[index] = *kind;
        lines[index].color = layoutStyle(name, 0, text, muted).color;
        pairs.takeVariant(lines[index]);
    }
    std::size_t place = 0;
    for (const auto& [name, index] : others) {
        lines[index].color = layoutStyle(name, static_cast<int>(place), text, muted).color;
        pairs.takeFrom(place++, lines[index]);
    }
    return lines;
}

}  // namespace consa
