// How a figure is saved: which one, format, size and resolution, with the figure as it will be.
#pragma once

#include "ui/export/figure_export.h"

#include <vector>

#include <QDialog>

class QCheckBox;
class QComboBox;
class QLabel;
class QPushButton;
class QSpinBox;

namespace consa {

/// Chooses a figure and options and keeps them for the next time.
class ExportDialog final : public QDialog {
    Q_OBJECT

public:
    /// The heatmap comes first and can be had in each of its views.
    ExportDialog(HeatmapFigure heatmap, std::vector<std::shared_ptr<const Figure>> others, QWidget* parent = nullptr);

    [[nodiscard]] FigureFormat format() const;
    [[nodiscard]] FigureOptions options() const;
    [[nodiscard]] std::shared_ptr<const Figure> figure() const;
    [[nodiscard]] QString suffix() const { return formatWord(format()); }

private:
    void createFields();
    void restoreChoices();
    void keepChoices() const;
    void updatePreview();

    HeatmapFigure m_heatmap;
    std::vector<std::shared_ptr<const Figure>> m_others;
    QComboBox* m_choice = nullptr;
    QLabel* m_preview = nullptr;
    QLabel* m_facts = nullptr;
    QPushButton* m_save = nullptr;
    QComboBox* m_format = nullptr;
    QComboBox* m_view = nullptr;
    QComboBox* m_theme = nullptr;
    QSpinBox* m_width = nullptr;
    QSpinBox* m_height = nullptr;
    QComboBox* m_dpi = nullptr;
    QCheckBox* m_caption = nullptr;
};

}  // namespace consa
