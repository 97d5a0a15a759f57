// Drawing of one gate's history.
#include "ui/views/gate_history_view.h"

#include "ui/models/gate_record.h"
#include "ui/style/application_style.h"
#include "ui/style/color_scale.h"

#include <QPainter>
#include <algorithm>

namespace consa {

GateHistoryView::GateHistoryView(const GateRecord& record, QWidget* parent) : QWidget(parent), m_record(record) {
    setSizePolicy(QSizePolicy::Fixed, QSizePolicy::Fixed);
    setAccessibleName(tr("History of the gate"));
    connect(&record, &GateRecord::changed, this, [this] { setUnit(m_unit); });
}

void GateHistoryView::setUnit(std::optional<std::size_t> unit) {
    m_unit = unit;
    setToolTip(summary());
    setAccessibleDescription(summary());
    update();
}

bool GateHistoryView::hasCurve() const {
    const auto& frames = m_record.frames();
    return m_unit && frames.size() >= 2 && *m_unit < frames.front().logAlpha.size();
}

QString GateHistoryView::summary() const {
    if (!hasCurve()) return {};
    const auto& frames = m_record.frames();
    return tr("P(full) of this gate over steps %1 to %2: from %3 to %4")
        .arg(frames.front().step)
        .arg(frames.back().step)
        .arg(m_record.probability(0, *m_unit), 0, 'f', 3)
        .arg(m_record.probability(frames.size() - 1, *m_unit), 0, 'f', 3);
}

QPointF GateHistoryView::placeOf(std::size_t frame) const {
    const auto& frames = m_record.frames();
    const int first = frames.front().step;
    const double span = std::max(frames.back().step - first, 1);
    const QRectF room = QRectF(rect()).adjusted(2, 4, -6, -4);
    return {room.left() + room.width() * (frames[frame].step - first) / span,
            room.bottom() - room.height() * m_record.probability(frame, *m_unit)};
}

void GateHistoryView::paintEvent(QPaintEvent*) {
    if (!hasCurve()) return;
    QPainter painter(this);
    const QRectF room = QRectF(rect()).adjusted(2, 4, -6, -4);
    painter.setPen(QPen(lineColor(palette()), 1));
    for (const double share : {0.0, 0.5, 1.0}) {
        const double y = std::round(room.bottom() - room.height() * share) + 0.5;
        painter.drawLine(QLineF(room.left(), y, room.right(), y));
    }
    painter.setRenderHint(QPainter::Antialiasing);
    // A point a pixel is all that can be seen.
    const std::size_t frameCount = m_record.frames().size();
    const std::size_t stride = std::max<std::size_t>(frameCount / static_cast<std::size_t>(std::max(width(), 1)), 1);
    QPolygonF line;
    for (std::size_t frame = 0; frame < frameCount; frame += stride) line << placeOf(frame);
    line << placeOf(frameCount - 1);
    const QColor text = palette().color(QPalette::Text);
    const QColor color = layoutStyle(QStringLiteral("learned"), 0, text, mutedColor(palette())).color;
    painter.setPen(QPen(color, 1.5));
    painter.drawPolyline(line);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    painter.drawEllipse(line.back(), 2.5, 2.5);
}

}  // namespace consa
