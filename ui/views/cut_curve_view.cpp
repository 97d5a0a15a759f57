// Drawing and wording of the cut curve.
#include "ui/views/cut_curve_view.h"

#include "ui/style/application_style.h"
#include "ui/style/color_scale.h"
#include "ui/style/number_text.h"
#include "ui/views/sparsity_slider.h"

#include <QHelpEvent>
#include <QPainter>
#include <QToolTip>
#include <algorithm>
#include <cmath>

namespace consa {

namespace {

constexpr double kTop = 8;
constexpr double kBottom = 12;
constexpr double kSameSparsity = 1e-6;
constexpr double kReach = 12;  // pixels from which a point shows its tooltip

/// "+.030": room is scarce beside the curve.
QString tickText(double value, int decimals) {
    return signedNumberText(value, decimals).replace(QStringLiteral("+0."), QStringLiteral("+."));
}

QString percent(double share) {
    return QStringLiteral("%1 %").arg(share * 100, 0, 'f', 1);
}

/// The smallest of 1, 2, 5 x 10^n from `value` up.
double niceAbove(double value) {
    const double decade = std::pow(10, std::floor(std::log10(value)));
    for (const double factor : {1.0, 2.0, 5.0})
        if (decade * factor >= value * (1 - 1e-9)) return decade * factor;
    return decade * 10;
}

}  // namespace

CutCurveView::CutCurveView(SparsitySlider& slider, QWidget* parent) : QWidget(parent), m_slider(slider) {
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Loss of the cuts"));
    slider.installEventFilter(this);
}

void CutCurveView::setCurve(const CutCurve& curve, int shownStep) {
    if (m_curve == curve && m_shownStep == shownStep) return;
    m_curve = curve;
    m_shownStep = shownStep;
    rescale();
    describe();
}

void CutCurveView::setCut(double asked, double realised) {
    if (m_cut == asked && m_realised == realised) return;
    m_cut = asked;
    m_realised = realised;
    describe();
}

void CutCurveView::describe() {
    setAccessibleDescription(text());
    update();
}

void CutCurveView::rescale() {
    double lowest = 0, highest = 0;
    for (const CutPoint& point : m_curve.points) {
        if (!std::isfinite(point.deltaNll)) continue;
        lowest = std::min(lowest, point.deltaNll - point.deltaStandardError);
        highest = std::max(highest, point.deltaNll + point.deltaStandardError);
    }
    m_tick = niceAbove(std::max(highest, 0.002) / 3);
    m_highest = std::max(highest, m_tick) * 1.08;
    m_lowest = lowest;
}

QString CutCurveView::text() const {
    if (m_curve.points.empty()) return {};
    const QString when = isStale() ? tr("at step %1, ").arg(m_curve.step) : QString();
    const CutPoint* point = pointAtCut();
    if (!point) return when + tr("cut %1: not measured").arg(percent(m_cut));
    return when + tr("cut %1: perplexity %2, %3 nats")
                      .arg(percent(m_cut))
                      .arg(std::exp(point->nll), 0, 'f', 2)
                      .arg(differenceText(point->deltaNll, point->deltaStandardError));
}

const CutPoint* CutCurveView::pointAtCut() const {
    const auto found = std::find_if(m_curve.points.begin(), m_curve.points.end(), [this](const CutPoint& point) {
        return std::abs(point.sparsity - m_realised) < kSameSparsity;
    });
    return found == m_curve.points.end() ? nullptr : &*found;
}

double CutCurveView::xOf(double sparsity) const {
    return m_slider.x() - x() + m_slider.xOf(sparsity);
}

double CutCurveView::yOf(double deltaNll) const {
    return kTop + (height() - kTop - kBottom) * (m_highest - deltaNll) / (m_highest - m_lowest);
}

QPointF CutCurveView::placeOf(const CutPoint& point) const {
    return {xOf(point.sparsity), yOf(point.deltaNll)};
}

bool CutCurveView::event(QEvent* event) {
    if (event->type() == QEvent::ToolTip) {
        const auto* help = static_cast<QHelpEvent*>(event);
        QToolTip::showText(help->globalPos(), toolTipAt(help->pos()), this);
        return true;
    }
    return QWidget::event(event);
}

QString CutCurveView::toolTipAt(QPointF place) const {
    if (m_curve.points.empty()) return {};
    const auto distance = [&](const CutPoint& point) { return std::abs(placeOf(point).x() - place.x()); };
    const auto nearest =
        std::min_element(m_curve.points.begin(), m_curve.points.end(),
                         [&](const CutPoint& left, const CutPoint& right) { return distance(left) < distance(right); });
    if (distance(*nearest) <= kReach)
        return tr("Sparsity %1: perplexity %2, %3 nats against all full\n%L4 tokens of the dev text, gates of step %5")
            .arg(percent(nearest->sparsity))
            .arg(std::exp(nearest->nll), 0, 'f', 2)
            .arg(differenceText(nearest->deltaNll, nearest->deltaStandardError))
            .arg(m_curve.tokens)
            .arg(m_curve.step);
    return tr("Loss above all full when the gates of step %1 are cut at each sparsity,\n"
              "evaluated on a sample of the dev text while the run rests; bars are standard errors")
        .arg(m_curve.step);
}

bool CutCurveView::eventFilter(QObject* watched, QEvent* event) {
    const bool hasMoved = event->type() == QEvent::Move || event->type() == QEvent::Resize;
    if (watched == &m_slider && hasMoved) update();
    return QWidget::eventFilter(watched, event);
}

void CutCurveView::paintEvent(QPaintEvent*) {
    if (m_curve.points.empty()) return;
    QPainter painter(this);
    QFont small = font();
    small.setPixelSize(11);
    painter.setFont(small);
    drawScale(painter);
    drawCut(painter);
    drawCurve(painter);
}

void CutCurveView::drawScale(QPainter& painter) const {
    const QColor muted = mutedColor(palette());
    const int decimals = std::max(0, -static_cast<int>(std::floor(std::log10(m_tick) + 1e-9)));
    for (double value = 0; value < m_highest; value += m_tick) {
        const double y = std::round(yOf(value)) + 0.5;
        painter.setPen(QPen(lineColor(palette()), 1));
        painter.drawLine(QPointF(xOf(0), y), QPointF(xOf(1), y));
        painter.setPen(muted);
        const QString label = value < m_tick / 2 ? QStringLiteral("0") : tickText(value, decimals);
        painter.drawText(QRectF(xOf(0) - 52, y - 8, 44, 16), Qt::AlignRight | Qt::AlignVCenter, label);
    }
    painter.drawText(QRectF(0, 0, xOf(0) - 40, height()), Qt::AlignLeft | Qt::AlignVCenter, tr("nats above\nall full"));
}

void CutCurveView::drawCurve(QPainter& painter) const {
    painter.setRenderHint(QPainter::Antialiasing);
    const QColor muted = mutedColor(palette());
    const QColor text = palette().color(QPalette::WindowText);
    const QColor color = isStale() ? muted : layoutStyle(QStringLiteral("learned"), 0, text, muted).color;
    QPolygonF line;
    for (const CutPoint& point : m_curve.points) {
        if (!std::isfinite(point.deltaNll)) continue;
        const QPointF place = placeOf(point);
        line << place;
        painter.setPen(QPen(color, 1));
        painter.drawLine(QPointF(place.x(), yOf(point.deltaNll - point.deltaStandardError)),
                         QPointF(place.x(), yOf(point.deltaNll + point.deltaStandardError)));
    }
    painter.setPen(QPen(color, 1.5));
    painter.drawPolyline(line);
    painter.setPen(Qt::NoPen);
    painter.setBrush(color);
    for (const QPointF& place : line) painter.drawEllipse(place, 2.5, 2.5);
    if (const CutPoint* cut = pointAtCut(); cut && std::isfinite(cut->deltaNll)) {
        painter.setPen(QPen(isStale() ? muted : text, 1.5));
        painter.setBrush(palette().color(QPalette::Base));
        painter.drawEllipse(placeOf(*cut), 4, 4);
    }
}

/// A line down from the slider's cut, and in words what it costs.
void CutCurveView::drawCut(QPainter& painter) const {
    painter.setPen(QPen(mutedColor(palette()), 1, Qt::DotLine));
    const double x = std::round(xOf(m_cut)) + 0.5;
    painter.drawLine(QPointF(x, 0), QPointF(x, height() - kBottom));
    const bool isKnown = pointAtCut() && !isStale();
    const QRectF place(xOf(0) + 8, kTop + 4, xOf(1) - xOf(0) - 8, 18);
    const QFontMetrics metrics(font());
    painter.setFont(font());
    QRectF plate = place;
    plate.setWidth(metrics.horizontalAdvance(text()) + 4);
    painter.fillRect(plate.adjusted(-4, 0, 4, 0), palette().color(QPalette::Window));
    painter.setPen(isKnown ? palette().color(QPalette::WindowText) : mutedColor(palette()));
    painter.drawText(place, Qt::AlignLeft | Qt::AlignVCenter, text());
}

}  // namespace consa
