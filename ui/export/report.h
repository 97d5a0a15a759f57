// One folder with everything that a report of a run needs.
#pragma once

#include "core/base/whole_folder.h"
#include "core/evaluation/comparison.h"
#include "core/layout/layout_file.h"
#include "core/training/training_config.h"
#include "ui/export/figure.h"

#include <deque>
#include <functional>
#include <memory>
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

/// Writes the new folder `path` whole or not at all, a part at a time, so that a window lives on meanwhile: index.html,
/// every figure as PNG, SVG, PDF and CSV, the layout, the config and the comparison. Destroyed before the last part it
/// leaves nothing.
class ReportWriter {
public:
    /// Throws Error naming path and reason.
    ReportWriter(const QString& path, ReportContent content);
    ReportWriter(const ReportWriter&) = delete;
    ReportWriter& operator=(const ReportWriter&) = delete;

    /// Writes the next part; false when that was the last. Throws Error naming path and reason.
    bool writeNext();

private:
    [[nodiscard]] QString place(const QString& name) const;
    void planFigure(const std::shared_ptr<const Figure>& figure);
    void writeNumbers() const;

    ReportContent m_content;
    WholeFolder m_folder;
    std::deque<std::function<bool()>> m_parts;  // true when it is done; until then it is called again
};

}  // namespace consa
