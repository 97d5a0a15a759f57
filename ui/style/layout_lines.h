// Lines of a comparison told apart without colour: a dash and a marker for each layout.
#pragma once

#include <QColor>
#include <QList>
#include <QPen>
#include <QStringList>
#include <vector>

namespace consa {

enum class LayoutMarker { Disc, Circle, Square, Diamond, Triangle, TriangleDown, Cross, Plus };

/// How one layout is drawn beside others: line, sample in the table, points.
struct LayoutLine {
    QColor color;
    QList<qreal> dashes;  // as QPen takes them; empty for a solid line
    LayoutMarker marker = LayoutMarker::Disc;

    [[nodiscard]] QPen pen(double width) const;
};

/// One line for each of `names`, in their order. A rule looks the same in every table and plot, other names as long as
/// the same ones are shown; no two share a pair of dash and marker before some 20 of a kind.
[[nodiscard]] std::vector<LayoutLine> layoutLines(const QStringList& names, const QColor& text, const QColor& muted);

}  // namespace consa
