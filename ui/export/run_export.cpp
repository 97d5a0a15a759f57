// Reads what a figure needs from a run folder.
#include "ui/export/run_export.h"

#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/session/run_folder.h"
#include "core/session/run_frontier.h"
#include "ui/export/run_figures.h"
#include "ui/session/saved_run.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <limits>

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

namespace {

RunFacts factsOf(const QString& path, const SavedRun& run) {
    return {QString::fromStdString(run.layout.modelName),
            QFileInfo(path).fileName(),
            run.config,
            run.stepsDone(),
            run.layout.provenance.target,
            run.layout.layout.sparsity()};
}

PositionBucket bucketFromJson(const QJsonObject& json) {
    const auto number = [&json](const char* key) {
        return json.value(QLatin1String(key)).toDouble(std::numeric_limits<double>::quiet_NaN());
    };
    return {json.value(QLatin1String("from")).toInt(), json.value(QLatin1String("to")).toInt(),
            static_cast<std::int64_t>(number("tokens")), number("nll"), number("deltaNll")};
}

}  // namespace

std::shared_ptr<const Figure> curvesOfRun(const QString& path) {
    const SavedRun run = readSavedRun(path);
    if (run.points.empty()) throw Error("The run " + path.toStdString() + " has no steps to draw.");
    return curvesFigure(factsOf(path, run), run.points, run.events);
}

std::shared_ptr<const Figure> frontierOfRunFolders(const QStringList& paths) {
    std::vector<std::filesystem::path> folders;
    for (const QString& path : paths) folders.emplace_back(path.toStdString());
    std::vector<FrontierPoint> points;
    for (const FrontierRow& row : frontierOfRuns(folders)) {
        FrontierPoint point;
        point.series = QString::fromStdString(row.series);
        point.name = QString::fromStdString(row.layout);
        if (row.series == "learned") point.name += QStringLiteral(", ") + QString::fromStdString(row.run);
        point.windowTokens = row.windowTokens;
        point.sinkTokens = row.sinkTokens;
        point.sparsity = row.sparsity;
        point.deltaNll = row.deltaNll;
        point.standardError = row.standardError;
        point.run = QString::fromStdString(row.run);
        point.rowName = QString::fromStdString(row.layout);
        point.fullUnits = row.fullUnits;
        point.units = row.units;
        point.nll = row.nll;
        point.tokens = row.tokens;
        points.push_back(std::move(point));
    }
    return frontierFigure(QString::fromStdString(RunFolder::open(folders.front()).record().model.name),
                          std::move(points));
}

std::shared_ptr<const Figure> positionsOfRun(const QString& path) {
    const QString file = QDir(path).filePath(QStringLiteral("comparison.json"));
    const QJsonArray rows = QJsonDocument::fromJson(QByteArray::fromStdString(readFile(file.toStdString()))).array();
    Comparison comparison;
    comparison.split = "held-out";  // the file does not say which
    for (const QJsonValue& value : rows) {
        const QJsonObject json = value.toObject();
        ComparisonRow row;
        row.name = json.value(QLatin1String("layout")).toString().toStdString();
        for (const QJsonValue& bucket : json.value(QLatin1String("byPosition")).toArray())
            row.byPosition.push_back(bucketFromJson(bucket.toObject()));
        comparison.rows.push_back(std::move(row));
    }
    if (comparison.rows.empty()) throw Error(file.toStdString() + " holds no comparison.");
    return positionsFigure(factsOf(path, readSavedRun(path)), std::move(comparison));
}

}  // namespace consa
