// Writes a Hugging Face folder with a layout built in, beside the window's own thread.
#pragma once

#include "core/layout/layout_file.h"

#include <QString>

class QWidget;

namespace consa {

/// How it ended; `problem` is empty when the folder was written, and both are when the user cancelled.
struct ModelExportResult {
    QString written;  // one sentence
    QString problem;
};

/// Writes `model` (as the session opened it) with `layout`, by whole layers, into the new folder `folder`. Shows
/// progress over `parent` and lets the user cancel, which leaves nothing behind. Returns when done; the window stays
/// alive.
[[nodiscard]] ModelExportResult exportModelFolder(const QString& model, const LayoutFile& layout, const QString& folder,
                                                  QWidget* parent);

}  // namespace consa
