// Reads what a figure needs from a run folder.
#include "ui/export/run_export.h"

#include "core/base/error.h"

#include <QDir>
#include <QFileInfo>

namespace consa {

HeatmapFigure heatmapOfRun(const QString& path) {
    if (!QFileInfo::exists(path)) {
        throw Error("There is no " + path.toStdString() + "; give a run folder or a layout file (.json).");
    }
    const QString file = QFileInfo(path).isDir() ? QDir(path).filePath(QStringLiteral("layout.json")) : path;
    HeatmapFigure figure;
    figure.source = readLayoutFile(file.toStdString());
    figure.content.layout = figure.source.layout;
    figure.content.probability = figure.source.probabilities;
    return figure;
}

}  // namespace consa
