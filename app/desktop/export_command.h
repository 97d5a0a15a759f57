// `consa-explorer export`: figures of a run folder without a display.
#pragma once

#include <QStringList>

namespace consa {

/// Runs the command on the words after "export". Throws Error; BadInput is a mistake in usage.
void runExportCommand(const QStringList& arguments);

}  // namespace consa
