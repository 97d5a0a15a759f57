// The marks of the heatmap: what full, sliding and pinned look like in a cell and in the legend.
#pragma once

#include <QColor>
#include <QPointF>
#include <QRectF>

class QCPPainter;

namespace consa {

/// Pixels from a drawing pin's point to its head's far edge.
inline constexpr double kPinSize = 10;

[[nodiscard]] QColor maskColor(bool isFull);
/// A decision as a filled rectangle, sliding hatched.
void fillMask(QCPPainter& painter, const QRectF& rect, bool isFull);
/// A drawing pin whose needle ends at `tip`; the outline sets it off from what lies under it.
void drawPin(QCPPainter& painter, QPointF tip, double size, const QColor& color, const QColor& outline);

}  // namespace consa
