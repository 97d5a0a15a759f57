// How a heatmap is saved: format, size and resolution, with the figure as it will be.
#pragma once

#include "ui/export/figure_export.h"

#include <QDialog>

class QCheckBox;
class QComboBox;
class QLabel;
class QSpinBox;

namespace consa {

/// Chooses options for one figure and keeps them for the next time.
class ExportDialog final : public QDialog {
    Q_OBJECT

public:
    explicit ExportDialog(HeatmapFigure figure, QWidget* parent = nullptr);

    [[nodiscard]] FigureFormat format() const;
    [[nodiscard]] FigureOptions options() const;
    /// The figure in the chosen view.
    [[nodiscard]] HeatmapFigure figure() const;
    /// "png", "svg" or "csv".
    [[nodiscard]] QString suffix() const;

private:
    void createFields();
    void restoreChoices();
    void keepChoices() const;
    void updatePreview();

    HeatmapFigure m_figure;
    QLabel* m_preview = nullptr;
    QLabel* m_facts = nullptr;
    QComboBox* m_format = nullptr;
    QComboBox* m_view = nullptr;
    QComboBox* m_theme = nullptr;
    QSpinBox* m_width = nullptr;
    QSpinBox* m_height = nullptr;
    QComboBox* m_dpi = nullptr;
    QCheckBox* m_caption = nullptr;
};

}  // namespace consa
