// The heatmap on screen: hover, selection by mouse and cursor keys, pins by key and menu.
#pragma once

#include "ui/views/heatmap_scene.h"

#include <QWidget>
#include <memory>

namespace consa {

class GateGridModel;

/// Draws a GateGridModel. Redraws are queued: many changes of the model make one picture.
class GateHeatmap final : public QWidget {
    Q_OBJECT

public:
    explicit GateHeatmap(GateGridModel& model, QWidget* parent = nullptr);
    ~GateHeatmap() override;

    void setView(HeatmapView view);
    [[nodiscard]] HeatmapView view() const { return m_view; }

    /// Layers across and units down.
    void setTransposed(bool isTransposed);
    [[nodiscard]] bool isTransposed() const { return m_isTransposed; }
    void select(UnitIndex cell);

    /// The cell under the pointer, else the selected one.
    [[nodiscard]] std::optional<UnitIndex> currentCell() const;
    /// The value of the colour bar under the pointer; cells near it are outlined.
    [[nodiscard]] std::optional<double> scaleValue() const { return m_scaleValue; }
    /// The colour bar on screen; empty where there is none.
    [[nodiscard]] QRectF scaleRect() const { return m_scene->scaleRect(); }
    /// The exact content on screen, for copying and saving.
    [[nodiscard]] const HeatmapContent& content() const { return m_scene->content(); }
    [[nodiscard]] QRectF cellRect(UnitIndex cell) const { return m_scene->cellRect(cell); }

    [[nodiscard]] QSize minimumSizeHint() const override { return {280, 140}; }

signals:
    /// Another cell, or another place of the colour bar, under the pointer; another one selected.
    void currentCellChanged();
    /// Another view, or turned.
    void viewChanged();
    void tableRequested();
    /// The current cell's values shall go onto the clipboard.
    void copyRequested();
    /// The cell of the session shall be full, sliding or (empty) free.
    void pinRequested(consa::UnitIndex cell, std::optional<bool> isFull);
    void unpinAllRequested();

protected:
    void resizeEvent(QResizeEvent* event) override;
    void changeEvent(QEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;

private:
    /// True when the key pins or frees the selected cell.
    bool pinByKey(int key);
    void requestPin(UnitIndex cell, std::optional<bool> isFull);
    void updateContent();
    void setHovered(std::optional<UnitIndex> cell, std::optional<double> scaleValue = {});

    GateGridModel& m_model;
    QCustomPlot* m_plot;
    std::unique_ptr<HeatmapScene> m_scene;
    HeatmapView m_view = HeatmapView::Probability;
    bool m_isTransposed = false;
    std::optional<UnitIndex> m_selected;
    std::optional<UnitIndex> m_hovered;
    std::optional<double> m_scaleValue;
};

}  // namespace consa
