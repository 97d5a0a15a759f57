// The plot of a comparison off the screen.
#pragma once

#include "ui/export/figure.h"
#include "ui/views/comparison_scene.h"

#include <qcustomplot.h>

namespace consa {

class OffscreenComparison final : public OffscreenPlot {
public:
    explicit OffscreenComparison(const FigureOptions& options) : OffscreenPlot(options.textScale), m_scene(m_plot) {}

    [[nodiscard]] QCustomPlot& plot() override { return m_plot; }
    [[nodiscard]] ComparisonScene& scene() { return m_scene; }

private:
    QCustomPlot m_plot;
    ComparisonScene m_scene;
};

}  // namespace consa
