// Under the slider and along its axis: what the current gates lose against all full, cut at every budget.
#pragma once

#include "core/session/session_snapshot.h"

#include <QWidget>

namespace consa {

class SparsitySlider;

/// Draws nothing without points. A curve of older gates than those on show is greyed.
class CutCurveView final : public QWidget {
    Q_OBJECT

public:
    /// Shares the axis of `slider`, which must be a sibling and outlive this.
    explicit CutCurveView(SparsitySlider& slider, QWidget* parent = nullptr);

    void setCurve(const CutCurve& curve, int shownStep);
    /// Where the slider's cut stands, and the sparsity that the gates cut there really have.
    void setCut(double asked, double realised);

    /// The line about the cut: "cut 68.0 %: perplexity 12.78, +.030 ± .002 nats"; empty without points.
    [[nodiscard]] QString text() const;
    [[nodiscard]] bool isStale() const { return m_curve.step < m_shownStep; }
    /// Where a point is drawn, in widget coordinates.
    [[nodiscard]] QPointF placeOf(const CutPoint& point) const;

    [[nodiscard]] QSize sizeHint() const override { return {480, 76}; }
    [[nodiscard]] QSize minimumSizeHint() const override { return {200, 76}; }

protected:
    bool event(QEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    [[nodiscard]] double xOf(double sparsity) const;
    [[nodiscard]] double yOf(double deltaNll) const;
    [[nodiscard]] const CutPoint* pointAtCut() const;
    [[nodiscard]] QString toolTipAt(QPointF place) const;
    void rescale();
    void describe();
    void drawScale(QPainter& painter) const;
    void drawCurve(QPainter& painter) const;
    void drawCut(QPainter& painter) const;

    SparsitySlider& m_slider;
    CutCurve m_curve;
    int m_shownStep = 0;
    double m_cut = 0;
    double m_realised = 0;
    double m_lowest = 0;  // nats at the bottom
    double m_highest = 1;
    double m_tick = 1;
};

}  // namespace consa
