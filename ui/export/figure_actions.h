// Copy and save of the heatmap as actions of the window.
#pragma once

#include "ui/export/figure_export.h"

#include <QObject>

class QAction;

namespace consa {

class GateGridModel;
class GateHeatmap;

/// Both work on what is on show at that moment, training or not.
class FigureActions final : public QObject {
    Q_OBJECT

public:
    FigureActions(const GateGridModel& model, const GateHeatmap& heatmap, QWidget* window);

    [[nodiscard]] QAction* copyAction() const { return m_copy; }
    [[nodiscard]] QAction* saveAction() const { return m_save; }
    /// The heatmap on show with its provenance.
    [[nodiscard]] HeatmapFigure currentFigure() const;

signals:
    void noteOccurred(const QString& note);
    void problemOccurred(const QString& sentence);

private:
    void copy();
    void save();

    const GateGridModel& m_model;
    const GateHeatmap& m_heatmap;
    QWidget* m_window;
    QAction* m_copy;
    QAction* m_save;
};

}  // namespace consa
