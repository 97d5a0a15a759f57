// One folder with everything that a report of a run needs.
#pragma once

#include "core/evaluation/comparison.h"
#include "core/layout/layout_file.h"
#include "core/training/training_config.h"
#include "ui/export/figure.h"

#include <optional>
#include <vector>

namespace consa {

/// What the report holds; parts without content are left out of it.
struct ReportContent {
    std::vector<std::shared_ptr<const Figure>> figures;
    LayoutFile layout;
    TrainingConfig config;
    std::optional<Comparison> comparison;
    QString command;  // the `consa learn` of the same run
};

/// Writes the new folder `path` whole or not at all: index.html, every figure as PNG, SVG, PDF and CSV, the layout, the
/// config and the comparison. Throws Error naming path and reason.
void writeReport(const QString& path, const ReportContent& content);

}  // namespace consa
