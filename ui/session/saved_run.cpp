// Reading of run folders for display.
#include "ui/session/saved_run.h"

#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/session/run_folder.h"

#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>

namespace consa {

namespace {

/// False when the line is neither a step's nor a JSON object.
bool addLine(const QByteArray& line, SavedRun& run) {
    if (const std::optional<HistoryPoint> point = pointFromLine(line.toStdString())) {
        run.points.push_back(*point);
        return true;
    }
    const QJsonDocument document = QJsonDocument::fromJson(line);
    if (!document.isObject()) return false;
    const QJsonObject event = document.object();
    const std::string kind = event.value(QLatin1String("event")).toString().toStdString();
    const int step = event.value(QLatin1String("step")).toInt();
    if (kind == "rewind")  // the steps that followed were taken back
        std::erase_if(run.points, [step](const HistoryPoint& point) { return point.step >= step; });
    if (kind != "step")  // one without a number of its own is no point
        run.events.push_back({0, step, kind, event.value(QLatin1String("text")).toString().toStdString()});
    return true;
}

void readEvents(const QString& path, SavedRun& run) {
    const QByteArray bytes = QByteArray::fromStdString(readFile(path.toStdString()));
    const QList<QByteArray> lines = bytes.split('\n');
    for (qsizetype index = 0; index < lines.size(); ++index) {
        if (lines[index].trimmed().isEmpty() || addLine(lines[index], run)) continue;
        if (index + 1 == lines.size()) return;
        throw Error(path.toStdString() + " line " + std::to_string(index + 1) +
                    " is not a JSON object; delete the line to open the run.");
    }
}

}  // namespace

PathKind classifyPath(const QString& path) {
    if (path == QLatin1String("demo") || path == QLatin1String("default")) return PathKind::Model;
    const QFileInfo info(path);
    if (!info.exists()) {
        throw Error("There is no " + path.toStdString() +
                    "; give a model (.gguf or folder), a run folder or a layout file (.json).");
    }
    if (info.isDir()) {
        const QDir folder(path);
        for (const char* name : {"gates.safetensors", "layout.json", "events.jsonl"})
            if (folder.exists(QLatin1String(name))) return PathKind::RunFolder;
        if (folder.exists(QStringLiteral("full_attention_heads.tsv"))) return PathKind::LayoutFile;
        return folder.exists(QStringLiteral("config.json")) ? PathKind::Model : PathKind::Text;
    }
    const QString suffix = info.suffix().toLower();
    if (suffix == QLatin1String("gguf")) return PathKind::Model;
    const bool isLayout = suffix == QLatin1String("json") || suffix == QLatin1String("tsv");
    return isLayout ? PathKind::LayoutFile : PathKind::Text;
}

void addEventLines(const QByteArray& lines, SavedRun& run) {
    for (const QByteArray& line : lines.split('\n')) addLine(line, run);
}

SavedRun readSavedRun(const QString& folder) {
    const QDir directory(folder);
    SavedRun run;
    const std::string config = directory.filePath(QStringLiteral("config.json")).toStdString();
    const QJsonObject stored = QJsonDocument::fromJson(QByteArray::fromStdString(readFile(config))).object();
    // The run's file may hold the knobs beside versions and fingerprints.
    const QJsonValue nested = stored.value(QLatin1String("config"));
    const QByteArray knobs =
        QJsonDocument(nested.isObject() ? nested.toObject() : stored).toJson(QJsonDocument::Compact);
    run.config = trainingConfigFromJson(knobs.toStdString(), config);
    // A run that was cut off has checkpoints but no layout yet.
    const QString layout = directory.filePath(QStringLiteral("layout.json"));
    if (QFileInfo::exists(layout)) run.layout = readLayoutFile(layout.toStdString());
    const QString events = directory.filePath(QStringLiteral("events.jsonl"));
    if (QFileInfo::exists(events)) readEvents(events, run);
    return run;
}

}  // namespace consa
