// Placing and drawing of the names at the ends of curves.
#include "ui/views/end_labels.h"

#include "ui/views/label_places.h"

#include <QCoreApplication>
#include <algorithm>

namespace consa {

namespace {

constexpr int kTie = 16;          // pixels from the curve's end to its name
constexpr int kWidestName = 160;  // pixels; longer names are cut in the middle

double lineHeight() {
    return QFontMetrics(plotTickFont()).height();
}

}  // namespace

EndLabels::EndLabels(QCustomPlot* plot, QCPAxisRect* rect) : QCPAbstractItem(plot), m_rect(rect) {
    setClipToAxisRect(false);
    setLayer(QStringLiteral("legend"));
}

QString EndLabels::shortened(const QString& text) const {
    return QFontMetrics(plotTickFont()).elidedText(text, Qt::ElideMiddle, kWidestName);
}

int EndLabels::room() const {
    int widest = 0;
    const QFontMetrics metrics(plotTickFont());
    for (const EndLabel& label : m_labels) widest = std::max(widest, metrics.horizontalAdvance(shortened(label.text)));
    return m_labels.empty() ? 0 : kTie + widest + 8;
}

std::vector<EndLabels::Placed> EndLabels::placed() const {
    const auto fitting = static_cast<std::size_t>(std::max(1.0, m_rect->height() / lineHeight()));
    std::vector<std::size_t> kept;
    for (std::size_t index = 0; index < m_labels.size(); ++index)
        if (m_labels[index].isFirst) kept.push_back(index);
    for (std::size_t index = 0; index < m_labels.size(); ++index)
        if (!m_labels[index].isFirst) kept.push_back(index);
    // One line stays free for the count of those without a place.
    if (kept.size() > fitting) kept.resize(fitting - 1);
    std::vector<double> wanted;
    for (const std::size_t index : kept)
        wanted.push_back(m_rect->axis(QCPAxis::atLeft)->coordToPixel(m_labels[index].value));
    const double bottom = m_rect->bottom() + 1 - (kept.size() < m_labels.size() ? lineHeight() : 0);
    const std::vector<double> places = spreadLabels(wanted, lineHeight(), m_rect->top(), bottom);
    std::vector<Placed> result;
    for (std::size_t index = 0; index < kept.size(); ++index)
        result.push_back({kept[index], wanted[index], places[index]});
    return result;
}

std::optional<std::size_t> EndLabels::labelAt(QPointF place) const {
    if (place.x() < m_rect->right() + kTie / 2.0) return std::nullopt;
    for (const Placed& one : placed())
        if (std::abs(place.y() - one.labelY) <= lineHeight() / 2) return one.label;
    return std::nullopt;
}

void EndLabels::draw(QCPPainter* painter) {
    painter->setFont(plotTickFont());
    const double left = m_rect->right() + 1;
    const auto write = [&](double middle, const QString& text) {
        painter->drawText(QRectF(left + kTie + 2, middle - lineHeight() / 2, kWidestName + 8, lineHeight()),
                          Qt::AlignLeft | Qt::AlignVCenter, text);
    };
    const std::vector<Placed> shown = placed();
    for (const Placed& one : shown) {
        const EndLabel& label = m_labels[one.label];
        painter->setPen(QPen(label.color, 1));
        painter->setAntialiasing(true);
        painter->drawLine(QLineF(left, one.curveY, left + kTie - 2, one.labelY));
        painter->setPen(QPen(label.isFaded ? m_theme.muted : m_theme.text));
        write(one.labelY, shortened(label.text));
    }
    if (shown.size() == m_labels.size()) return;
    painter->setPen(QPen(m_theme.muted));
    write(
        m_rect->bottom() + 1 - lineHeight() / 2,
        QCoreApplication::translate("consa", "and %n more", nullptr, static_cast<int>(m_labels.size() - shown.size())));
}

}  // namespace consa
