// Reading of run folders for lists.
#include "ui/session/run_summary.h"

#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/base/folder_lock.h"
#include "core/layout/layout_file.h"

#include <QCoreApplication>
#include <QDir>
#include <QFile>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>

namespace consa {

namespace {

constexpr qint64 kTailBytes = 16384;  // holds the last steps and events
constexpr int kQuietSeconds = 30;     // a run that goes on writes more often, but for steps of a large model

QJsonObject readObject(const QString& path) {
    return QJsonDocument::fromJson(QByteArray::fromStdString(readFile(path.toStdString()))).object();
}

void readConfig(const QString& path, RunSummary& run) {
    const QJsonObject stored = readObject(path);
    const QJsonValue nested = stored.value(QLatin1String("config"));
    const QJsonObject config = nested.isObject() ? nested.toObject() : stored;
    if (config.isEmpty()) throw Error(path.toStdString() + " is not the config of a run.");
    run.model = QFileInfo(config.value(QLatin1String("model")).toString()).fileName();
    run.stepCount = config.value(QLatin1String("stepCount")).toInt();
    run.target = config.value(QLatin1String("target")).toDouble();
    run.device = stored.value(QLatin1String("device")).toString();
}

/// How many steps were done and whether the run came to an end after it.
void readTail(const QString& path, RunSummary& run) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly)) return;
    file.seek(std::max<qint64>(file.size() - kTailBytes, 0));
    bool hasEnded = false;
    for (const QByteArray& line : file.readAll().split('\n')) {
        const QJsonObject event = QJsonDocument::fromJson(line).object();
        const QString kind = event.value(QLatin1String("event")).toString();
        if (kind == QLatin1String("step")) {
            run.step = event.value(QLatin1String("step")).toInt() + 1;  // a line counts from 0
            run.loss = event.value(QLatin1String("loss")).toDouble();
            run.target = event.value(QLatin1String("target")).toDouble(run.target);
        }
        if (kind == QLatin1String("rewind")) {
            run.step = event.value(QLatin1String("step")).toInt();
            hasEnded = false;
        }
        if (kind == QLatin1String("done") || kind == QLatin1String("stop")) hasEnded = true;
        if (kind == QLatin1String("step") || kind == QLatin1String("resume")) hasEnded = false;
    }
    run.fate = hasEnded ? RunFate::Finished : isAbandoned(run.folder) ? RunFate::CutOff : RunFate::GoingOn;
}

}  // namespace

bool isAbandoned(const QString& folder) {
    const QFileInfo events(QDir(folder).filePath(QStringLiteral("events.jsonl")));
    const bool isQuiet = events.lastModified().secsTo(QDateTime::currentDateTime()) > kQuietSeconds;
    // Slow steps and an evaluation write nothing for minutes.
    return isQuiet && !isFolderLocked(folder.toStdString());
}

RunSummary readRunSummary(const QString& folder) {
    const QDir directory(folder);
    RunSummary run;
    run.folder = folder;
    run.name = directory.dirName();
    readConfig(directory.filePath(QStringLiteral("config.json")), run);
    const QString events = directory.filePath(QStringLiteral("events.jsonl"));
    run.changed = QFileInfo(QFileInfo::exists(events) ? events : folder).lastModified();
    readTail(events, run);
    const QString layout = directory.filePath(QStringLiteral("layout.json"));
    if (QFileInfo::exists(layout)) {
        const LayoutFile file = readLayoutFile(layout.toStdString());
        run.sparsity = file.layout.sparsity();
        run.fullCount = file.layout.fullCount();
        run.unitCount = file.layout.grid.unitCount();
    }
    return run;
}

QString fateWord(RunFate fate) {
    switch (fate) {
        case RunFate::GoingOn:
            return QCoreApplication::translate("consa", "going on");
        case RunFate::Finished:
            return QCoreApplication::translate("consa", "finished");
        case RunFate::CutOff:
            return QCoreApplication::translate("consa", "cut off");
    }
    return {};
}

}  // namespace consa
