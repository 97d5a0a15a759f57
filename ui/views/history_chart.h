// Loss, sparsity and multiplier over the steps: three stacked plots that share their x axis.
#pragma once

#include "core/session/session_snapshot.h"
#include "core/training/training_choices.h"

#include <QWidget>
#include <cstddef>
#include <vector>

class QCPAxisRect;
class QCPGraph;
class QCPItemText;
class QCPLegend;
class QCustomPlot;
class QLabel;
class QToolButton;

namespace consa {

class RunHistory;
struct PlotTheme;

/// The curves of another run.
struct CurveOverlay {
    QString name;
    std::vector<HistoryPoint> points;
};

/// Follows the run until the user zooms; Home or Live returns. Every point is kept; redraws are queued.
class HistoryChart final : public QWidget {
    Q_OBJECT

public:
    explicit HistoryChart(RunHistory& history, QWidget* parent = nullptr);

    /// Steps that the run is planned for: the width of the live view.
    void setStepCount(int stepCount);
    /// What the run minimises: the word on the axis and in the readout.
    void setLoss(TrainingLoss loss);
    /// The sentence in place of the curves while there are none.
    void setEmptyText(const QString& text);
    /// Lays other runs' curves over those on show, replacing earlier ones.
    void setOverlays(const std::vector<CurveOverlay>& overlays);
    [[nodiscard]] int overlayCount() const { return static_cast<int>(m_overlays.size()) / PlotCount; }
    [[nodiscard]] bool isLive() const { return m_isLive; }
    /// Draws at once instead of with the next turn of the event loop.
    void replotNow();
    /// For drawing it elsewhere.
    [[nodiscard]] QCustomPlot& plot() { return *m_plot; }
    /// Points drawn so far.
    [[nodiscard]] int pointCount() const;

    [[nodiscard]] QSize minimumSizeHint() const override { return {260, 170}; }
    [[nodiscard]] QSize sizeHint() const override { return {620, 420}; }

public slots:
    void setLive(bool isLive);

protected:
    void changeEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    class Marks;
    class Crosshair;
    enum Plot { Loss, Sparsity, Multiplier, PlotCount };

    void createPlots();
    /// Names of the plots along their axes, or inside where a plot is too low for that.
    void placeNames();
    void createCurves();
    void createReadout();
    void connectPlots();
    void applyColors();
    void appendFrom(std::size_t first);
    void showEmpty(bool isEmpty);
    void clearCurves();
    void followRun();
    void setVisibleSteps(double lower, double upper);
    void rescaleValues();
    void showStepAt(int pixelX);
    void colorOverlays(const PlotTheme& theme);
    [[nodiscard]] int lastOverlaidStep() const;
    void thinLongCurves();
    void queueReplot();

    RunHistory& m_history;
    QCustomPlot* m_plot;
    QCPAxisRect* m_rects[PlotCount] = {};
    Marks* m_marks[PlotCount] = {};
    QCPItemText* m_names[PlotCount] = {};
    Crosshair* m_crosshair = nullptr;
    QCPLegend* m_legend = nullptr;
    QCPLegend* m_overlayLegend = nullptr;
    std::vector<QCPGraph*> m_overlays;  // PlotCount a run
    QCPGraph* m_loss = nullptr;
    QCPGraph* m_expected = nullptr;
    QCPGraph* m_scheduled = nullptr;
    QCPGraph* m_target = nullptr;
    QCPGraph* m_multiplier = nullptr;
    QLabel* m_emptyText = nullptr;
    QLabel* m_readout = nullptr;
    QToolButton* m_liveButton = nullptr;
    TrainingLoss m_lossKind = TrainingLoss::NextToken;
    int m_stepCount = 0;
    bool m_isThin = false;
    bool m_isLive = true;
    bool m_isSettingRange = false;
};

}  // namespace consa
