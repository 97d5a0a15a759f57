// Loss, sparsity and multiplier over steps, tokens or time: three stacked plots that share their x axis.
#pragma once

#include "core/session/session_snapshot.h"
#include "core/training/training_choices.h"
#include "ui/models/moving_mean.h"

#include <QWidget>
#include <cstddef>
#include <vector>

class QCPAxisRect;
class QCPGraph;
class QCPItemText;
class QCPLegend;
class QCustomPlot;
class QComboBox;
class QLabel;
class QSpinBox;
class QToolButton;

namespace consa {

class RunHistory;
struct PlotTheme;

/// What the curves are drawn over: steps, tokens read, or the time that the steps took.
enum class CurveAxis { Steps, Tokens, Time };

/// The curves of another run.
struct CurveOverlay {
    QString name;
    std::vector<HistoryPoint> points;
    double stepTokens = 0;  // tokens that a step of it read
};

/// Follows the run until the user zooms; Home or Live returns. Every point is kept; redraws are queued. A smoothed loss
/// is drawn over the loss itself, never in its place.
class HistoryChart final : public QWidget {
    Q_OBJECT

public:
    explicit HistoryChart(RunHistory& history, QWidget* parent = nullptr);

    /// Steps that the run is planned for: the width of the live view.
    void setStepCount(int stepCount);
    /// Tokens that a step of the run reads.
    void setStepTokens(double stepTokens);
    void setAxis(CurveAxis axis);
    [[nodiscard]] CurveAxis axis() const { return m_axis; }
    /// The loss is drawn also as the mean of its last `stepCount` steps; 1 for the loss alone.
    void setSmoothing(int stepCount);
    [[nodiscard]] int smoothing() const { return m_smoothing; }
    /// What the run minimises: the word on the axis and in the readout.
    void setLoss(TrainingLoss loss);
    /// The sentence in place of the curves while there are none.
    void setEmptyText(const QString& text);
    /// Puts the legend below the plots, where it covers no curve.
    void setLegendBelow();
    /// Lays other runs' curves over those on show, replacing earlier ones.
    void setOverlays(const std::vector<CurveOverlay>& overlays);
    [[nodiscard]] int overlayCount() const { return static_cast<int>(m_overlaid.size()); }
    [[nodiscard]] bool isLive() const { return m_isLive; }
    /// Draws at once instead of with the next turn of the event loop.
    void replotNow();
    /// For drawing it elsewhere.
    [[nodiscard]] QCustomPlot& plot() { return *m_plot; }
    /// Points drawn so far.
    [[nodiscard]] int pointCount() const;

    [[nodiscard]] QSize minimumSizeHint() const override { return {260, 170}; }
    [[nodiscard]] QSize sizeHint() const override { return {620, 420}; }

signals:
    /// The user chose another axis or smoothing.
    void looksChosen();

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
    /// Names of the plots along their axes, or above where a plot is too low for that.
    void placeNames();
    /// No more ticks than have room.
    void placeTicks();
    void createCurves();
    void createReadout();
    void connectPlots();
    void applyColors();
    [[nodiscard]] QWidget* createTools();
    void labelAxis();
    void appendFrom(std::size_t first);
    /// Draws all points anew, over the axis and with the smoothing of now.
    void redrawCurves();
    void smoothFrom(std::size_t first);
    void drawOverlays();
    /// Along the axis; `seconds` of the run before the point, with it afterwards.
    [[nodiscard]] double placeOf(const HistoryPoint& point, double stepTokens, double& seconds) const;
    [[nodiscard]] double placeOfStep(int step) const;
    [[nodiscard]] double plannedEnd(int stepCount) const;
    void showEmpty(bool isEmpty);
    void clearCurves();
    void followRun();
    void setVisibleRange(double lower, double upper);
    void rescaleValues();
    void showStepAt(int pixelX);
    void colorOverlays(const PlotTheme& theme);
    [[nodiscard]] double lastOverlaidPlace() const;
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
    std::vector<CurveOverlay> m_overlaid;
    std::vector<QCPGraph*> m_overlays;  // PlotCount a run
    std::vector<QCPGraph*> m_smoothOverlays;
    QCPGraph* m_smooth = nullptr;
    QCPGraph* m_loss = nullptr;
    QCPGraph* m_expected = nullptr;
    QCPGraph* m_scheduled = nullptr;
    QCPGraph* m_target = nullptr;
    QCPGraph* m_multiplier = nullptr;
    QLabel* m_emptyText = nullptr;
    QLabel* m_readout = nullptr;
    QWidget* m_tools = nullptr;
    QComboBox* m_axisBox = nullptr;
    QSpinBox* m_smoothingBox = nullptr;
    QToolButton* m_liveButton = nullptr;
    CurveAxis m_axis = CurveAxis::Steps;
    MovingMean m_mean;
    int m_smoothing = 1;
    double m_stepTokens = 0;
    double m_seconds = 0;  // of all points drawn
    TrainingLoss m_lossKind = TrainingLoss::NextToken;
    int m_stepCount = 0;
    bool m_isThin = false;
    bool m_isLive = true;
    bool m_isSettingRange = false;
};

}  // namespace consa
