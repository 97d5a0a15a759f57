// Painting and input of the two-handled slider.
#include "ui/views/sparsity_slider.h"

#include "ui/style/application_style.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QPainterPath>
#include <algorithm>
#include <chrono>
#include <cmath>

namespace consa {

namespace {

constexpr double kTargetRadius = 8;
constexpr double kCutRadius = 6;
constexpr double kGrooveTop = 28;
constexpr double kCutLift = 18;    // the cut's ring stands this far above the groove
constexpr double kSnapPixels = 5;  // a cut let go this near its base follows it again
constexpr std::chrono::milliseconds kCommitPause{250};

double rounded(double value, double step) {
    return std::clamp(std::round(value / step) * step, 0.0, 1.0);
}

/// 1 % by default, 5 % with Shift, 0.1 % with Alt.
double stepOf(Qt::KeyboardModifiers modifiers) {
    if (modifiers & Qt::AltModifier) return 0.001;
    return modifiers & Qt::ShiftModifier ? 0.05 : 0.01;
}

}  // namespace

SparsitySlider::SparsitySlider(QWidget* parent) : QWidget(parent) {
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setAccessibleName(tr("Sparsity"));
    setAccessibleDescription(tr("Arrow keys move the target, with Ctrl the cut; Esc puts the target back."));
    setToolTip(
        tr("Solid: the target, sent to the training when you let go (Esc puts it back).\n"
           "Hollow: the cut, rounds the current gates at once (double-click: follow the target)."));
    m_commitTimer.setSingleShot(true);
    m_commitTimer.setInterval(kCommitPause);
    connect(&m_commitTimer, &QTimer::timeout, this, &SparsitySlider::commitTarget);
}

void SparsitySlider::setTarget(double target) {
    if (m_drag == Handle::Target || m_commitTimer.isActive()) return;
    m_committedTarget = target;
    if (m_target == target) return;
    m_target = target;
    update();
}

void SparsitySlider::setCut(std::optional<double> cut, double base) {
    if (m_drag == Handle::Cut || (m_cut == cut && m_cutBase == base)) return;
    m_cut = cut;
    m_cutBase = base;
    update();
}

void SparsitySlider::setExpected(std::optional<double> expected) {
    if (m_expected == expected) return;
    m_expected = expected;
    update();
}

void SparsitySlider::nudgeTarget(double delta) {
    moveTarget(rounded(m_target + delta, 0.001));
    m_commitTimer.start();
}

QRectF SparsitySlider::groove() const {
    return {16.0, kGrooveTop - 2, width() - 32.0, 4};
}

double SparsitySlider::xOf(double value) const {
    return groove().left() + value * groove().width();
}

double SparsitySlider::valueAt(double x, Qt::KeyboardModifiers modifiers) const {
    return rounded((x - groove().left()) / groove().width(), modifiers & Qt::AltModifier ? 0.001 : 0.01);
}

QPointF SparsitySlider::targetHandle() const {
    return {xOf(m_target), kGrooveTop};
}

QPointF SparsitySlider::cutHandle() const {
    return {xOf(cut()), kGrooveTop - kCutLift};
}

SparsitySlider::Handle SparsitySlider::handleAt(QPointF point) const {
    return point.y() < kGrooveTop - kTargetRadius - 1 ? Handle::Cut : Handle::Target;
}

void SparsitySlider::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const auto group = isEnabled() ? QPalette::Active : QPalette::Disabled;
    const QColor accent = palette().color(group, QPalette::Highlight);
    const QColor text = palette().color(group, QPalette::WindowText);
    const QColor line = lineColor(palette());
    const QColor muted = mutedColor(palette());

    painter.setPen(Qt::NoPen);
    painter.setBrush(line);
    painter.drawRoundedRect(groove(), 2, 2);
    QRectF filled = groove();
    filled.setRight(xOf(m_target));
    painter.setBrush(accent);
    painter.drawRoundedRect(filled, 2, 2);

    QFont small = font();
    small.setPixelSize(11);
    painter.setFont(small);
    for (int percent = 0; percent <= 100; percent += 25) {
        const double x = xOf(percent / 100.0);
        painter.setPen(QPen(line, 1));
        painter.drawLine(QPointF(x, kGrooveTop + 11), QPointF(x, kGrooveTop + 15));
        painter.setPen(muted);
        painter.drawText(QRectF(x - 20, kGrooveTop + 15, 40, 16), Qt::AlignCenter, QString::number(percent));
    }
    if (m_expected) {
        const double x = xOf(std::clamp(*m_expected, 0.0, 1.0));
        painter.setPen(QPen(text, 2));
        painter.drawLine(QPointF(x, kGrooveTop - 6), QPointF(x, kGrooveTop + 6));
    }

    const QPointF ring = cutHandle();
    painter.setPen(QPen(text, 1.5));
    painter.drawLine(ring + QPointF(0, kCutRadius), QPointF(ring.x(), kGrooveTop - 2));
    painter.setBrush(m_hover == Handle::Cut || m_drag == Handle::Cut ? line : palette().color(QPalette::Base));
    painter.drawEllipse(ring, kCutRadius, kCutRadius);

    if (hasFocus()) {
        QColor halo = accent;
        halo.setAlphaF(0.25F);
        painter.setPen(Qt::NoPen);
        painter.setBrush(halo);
        painter.drawEllipse(targetHandle(), kTargetRadius + 4, kTargetRadius + 4);
    }
    const bool isHot = m_hover == Handle::Target || m_drag == Handle::Target;
    painter.setPen(QPen(palette().color(QPalette::Base), 2));
    painter.setBrush(isHot ? accent.darker(112) : accent);
    painter.drawEllipse(targetHandle(), kTargetRadius, kTargetRadius);
}

void SparsitySlider::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    m_drag = handleAt(event->position());
    m_commitTimer.stop();
    mouseMoveEvent(event);
}

void SparsitySlider::mouseMoveEvent(QMouseEvent* event) {
    const double value = valueAt(event->position().x(), event->modifiers());
    if (m_drag == Handle::Target) {
        moveTarget(value);
    } else if (m_drag == Handle::Cut) {
        moveCut(value);
    } else if (m_hover != handleAt(event->position())) {
        m_hover = handleAt(event->position());
        update();
    }
}

void SparsitySlider::mouseReleaseEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return;
    const Handle released = std::exchange(m_drag, Handle::None);
    if (released == Handle::Target) commitTarget();
    update();
}

void SparsitySlider::mouseDoubleClickEvent(QMouseEvent* event) {
    if (handleAt(event->position()) == Handle::Cut && m_cut) {
        m_cut.reset();
        emit cutMoved(std::nullopt);
        update();
    }
}

void SparsitySlider::keyPressEvent(QKeyEvent* event) {
    double steps = 0;
    switch (event->key()) {
        case Qt::Key_Right:
        case Qt::Key_Up:
            steps = 1;
            break;
        case Qt::Key_Left:
        case Qt::Key_Down:
            steps = -1;
            break;
        case Qt::Key_PageUp:
            steps = 10;
            break;
        case Qt::Key_PageDown:
            steps = -10;
            break;
        case Qt::Key_Home:
            steps = -1000;
            break;
        case Qt::Key_End:
            steps = 1000;
            break;
        case Qt::Key_Return:
        case Qt::Key_Enter:
            return commitTarget();
        case Qt::Key_Escape:
            if (m_drag == Handle::Target || m_commitTimer.isActive()) return restoreTarget();
            return QWidget::keyPressEvent(event);
        default:
            return QWidget::keyPressEvent(event);
    }
    const double delta = steps * stepOf(event->modifiers());
    if (event->modifiers() & Qt::ControlModifier) {
        moveCut(rounded(cut() + delta, 0.001));
    } else {
        nudgeTarget(delta);
    }
}

void SparsitySlider::wheelEvent(QWheelEvent* event) {
    const int notches = event->angleDelta().y() / 120;
    if (!hasFocus() || notches == 0) return event->ignore();
    nudgeTarget(notches * stepOf(event->modifiers()));
    event->accept();
}

void SparsitySlider::leaveEvent(QEvent*) {
    m_hover = Handle::None;
    update();
}

bool SparsitySlider::event(QEvent* event) {
    // While a target is held, Esc is ours and not the window's.
    if (event->type() == QEvent::ShortcutOverride && (m_drag == Handle::Target || m_commitTimer.isActive()) &&
        static_cast<QKeyEvent*>(event)->key() == Qt::Key_Escape) {
        event->accept();
    }
    return QWidget::event(event);
}

void SparsitySlider::moveTarget(double value) {
    if (m_target == value) return;
    m_target = value;
    update();
    emit targetMoved(value);
}

void SparsitySlider::moveCut(double value) {
    std::optional<double> cut = value;
    if (std::abs(xOf(value) - xOf(m_cutBase)) < kSnapPixels) cut.reset();
    if (m_cut == cut) return;
    m_cut = cut;
    update();
    emit cutMoved(cut);
}

void SparsitySlider::commitTarget() {
    m_commitTimer.stop();
    if (m_target == m_committedTarget) return;
    m_committedTarget = m_target;
    emit targetCommitted(m_target);
}

void SparsitySlider::restoreTarget() {
    m_commitTimer.stop();
    m_drag = Handle::None;
    moveTarget(m_committedTarget);
    update();
}

}  // namespace consa
