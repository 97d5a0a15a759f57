// Presets for other programs: files, folders, and the command that builds a layout into a model.
#pragma once

#include "core/layout/layout_file.h"

#include <QString>
#include <QStringList>

namespace consa {

/// Filters of a file dialog, the layout file first; each stands for a format of writeLayoutAs().
[[nodiscard]] QStringList layoutExportFilters();

/// Writes `file` in the format of `filter`: a layout file, PruLong's masks.tsv, or a new DuoAttention folder. Throws
/// Error.
void writeLayoutAs(const LayoutFile& file, const QString& path, const QString& filter);

/// The `consa convert` command that writes a Hugging Face folder with this preset's layout. `model` is as the session
/// opened it.
[[nodiscard]] QString modelExportCommand(const LayoutFile& file, const QString& presetPath, const QString& model);

/// What such a folder will not have, one sentence a line; empty when nothing is lost.
[[nodiscard]] QString modelExportLosses(const LayoutFile& file);

}  // namespace consa
