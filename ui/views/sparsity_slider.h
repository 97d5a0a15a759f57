// The slider that steers: a hollow handle cuts the current gates, a solid one asks the training for a new target.
#pragma once

#include <QTimer>
#include <QWidget>
#include <optional>

namespace consa {

/// Values are sparsities 0..1. Dragging the cut reports every move; dragging the target reports one commit, at release.
/// The wheel and keys act only while the slider has the focus.
class SparsitySlider final : public QWidget {
    Q_OBJECT

public:
    explicit SparsitySlider(QWidget* parent = nullptr);

    [[nodiscard]] double target() const { return m_target; }
    /// Where the cut handle stands: its own place, or the base it follows.
    [[nodiscard]] double cut() const { return m_cut.value_or(m_cutBase); }
    [[nodiscard]] bool isDragging() const { return m_drag != Handle::None; }

    /// Ignored while the user holds the target or a change of it waits to be committed.
    void setTarget(double target);
    /// Empty lets the cut follow `base`, the sparsity of the gates' own target.
    void setCut(std::optional<double> cut, double base);
    /// Where the gates' expected sparsity stands, as a mark on the groove; empty for none.
    void setExpected(std::optional<double> expected);

    /// Moves the target by keys or buttons; a pause of a quarter second commits.
    void nudgeTarget(double delta);

    [[nodiscard]] QSize sizeHint() const override { return {480, 60}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {200, 60}; }

    /// Where a sparsity stands on the axis, in widget coordinates.
    [[nodiscard]] double xOf(double value) const;
    /// Centres of the handles in widget coordinates.
    [[nodiscard]] QPointF targetHandle() const;
    [[nodiscard]] QPointF cutHandle() const;

signals:
    /// The target handle moved but nothing is decided yet.
    void targetMoved(double target);
    /// The user decided on a target.
    void targetCommitted(double target);
    /// The cut handle moved; empty when it was put back onto its base.
    void cutMoved(std::optional<double> cut);

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mouseReleaseEvent(QMouseEvent* event) override;
    void mouseDoubleClickEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void wheelEvent(QWheelEvent* event) override;
    void leaveEvent(QEvent* event) override;
    bool event(QEvent* event) override;

private:
    enum class Handle { None, Target, Cut };

    [[nodiscard]] QRectF groove() const;
    [[nodiscard]] double valueAt(double x, Qt::KeyboardModifiers modifiers) const;
    [[nodiscard]] Handle handleAt(QPointF point) const;
    void moveTarget(double value);
    void moveCut(double value);
    void commitTarget();
    void restoreTarget();

    double m_target = 0.5;
    double m_committedTarget = 0.5;
    double m_cutBase = 0.5;
    std::optional<double> m_cut;
    std::optional<double> m_expected;
    Handle m_drag = Handle::None;
    Handle m_hover = Handle::None;
    QTimer m_commitTimer;
};

}  // namespace consa
