// Studies as JSON files, a layout in each point.
#include "ui/models/frontier_store.h"

#include "core/base/error.h"
#include "core/base/file_io.h"
#include "core/base/folder_content.h"
#include "core/layout/layout_file.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>
#include <algorithm>

namespace consa {

namespace {

namespace fs = std::filesystem;

const QString kFormat = QStringLiteral("consa-frontier");
constexpr int kVersion = 1;

QJsonObject toJsonObject(const FrontierPoint& point) {
    LayoutFile file;
    file.layout = point.layout;
    file.windowTokens = point.windowTokens;
    file.sinkTokens = point.sinkTokens;
    return {{QStringLiteral("series"), point.series},
            {QStringLiteral("name"), point.name},
            {QStringLiteral("deltaNll"), point.deltaNll},
            {QStringLiteral("standardError"), point.standardError},
            {QStringLiteral("run"), point.run},
            {QStringLiteral("row"), point.rowName},
            {QStringLiteral("nll"), point.nll},
            {QStringLiteral("tokens"), static_cast<qint64>(point.tokens)},
            {QStringLiteral("layout"), QJsonDocument::fromJson(QByteArray::fromStdString(toJson(file))).object()}};
}

FrontierPoint pointFromJson(const QJsonObject& json, const std::string& source) {
    const QByteArray layout =
        QJsonDocument(json.value(QLatin1String("layout")).toObject()).toJson(QJsonDocument::Compact);
    const LayoutFile file = layoutFileFromJson(layout.toStdString(), source);
    FrontierPoint point;
    point.series = json.value(QLatin1String("series")).toString();
    point.name = json.value(QLatin1String("name")).toString();
    point.layout = file.layout;
    point.windowTokens = file.windowTokens;
    point.sinkTokens = file.sinkTokens;
    point.sparsity = file.layout.sparsity();
    point.deltaNll = json.value(QLatin1String("deltaNll")).toDouble();
    point.standardError = json.value(QLatin1String("standardError")).toDouble();
    point.fullUnits = file.layout.fullCount();
    point.units = file.layout.grid.unitCount();
    // Files of earlier versions lack these.
    point.run = json.value(QLatin1String("run")).toString();
    point.rowName = json.value(QLatin1String("row")).toString(point.name);
    point.nll = json.value(QLatin1String("nll")).toDouble(std::numeric_limits<double>::quiet_NaN());
    point.tokens = json.value(QLatin1String("tokens")).toInteger();
    return point;
}

QStringList wordsOf(const QJsonValue& value) {
    QStringList words;
    for (const QJsonValue& word : value.toArray()) words << word.toString();
    return words;
}

FrontierStudy readStudy(const fs::path& path) {
    const QJsonObject json = QJsonDocument::fromJson(QByteArray::fromStdString(readFile(path))).object();
    const bool isOurs = json.value(QLatin1String("format")).toString() == kFormat;
    if (!isOurs || json.value(QLatin1String("version")).toInt() != kVersion)
        throw Error(path.string() + " does not hold points of a frontier that this version reads.");
    FrontierStudy study{wordsOf(json.value(QLatin1String("subject"))), wordsOf(json.value(QLatin1String("slice"))), {}};
    for (const QJsonValue& point : json.value(QLatin1String("points")).toArray())
        study.points.push_back(pointFromJson(point.toObject(), path.string()));
    return study;
}

}  // namespace

fs::path FrontierStore::fileOf(const QStringList& subject, const QStringList& slice) const {
    const QString key = (subject + QStringList{QString()} + slice).join(QLatin1Char('\n'));
    return m_folder / (toHex(fingerprint(key.toStdString())) + ".json");
}

void FrontierStore::save(const FrontierStudy& study) const {
    if (m_folder.empty()) return;
    QJsonArray points;
    for (const FrontierPoint& point : study.points) points.append(toJsonObject(point));
    const QJsonObject json{{QStringLiteral("format"), kFormat},
                           {QStringLiteral("version"), kVersion},
                           {QStringLiteral("subject"), QJsonArray::fromStringList(study.subject)},
                           {QStringLiteral("slice"), QJsonArray::fromStringList(study.slice)},
                           {QStringLiteral("points"), points}};
    writeFileAtomically(fileOf(study.subject, study.slice), QJsonDocument(json).toJson().toStdString());
}

FrontierStudy FrontierStore::load(QStringList subject, QStringList slice) const {
    const fs::path path = fileOf(subject, slice);
    std::error_code code;
    FrontierStudy study{std::move(subject), std::move(slice), {}};
    if (m_folder.empty() || !fs::exists(path, code)) return study;
    FrontierStudy kept = readStudy(path);
    if (kept.subject == study.subject && kept.slice == study.slice) study.points = std::move(kept.points);
    return study;
}

std::optional<FrontierStudy> FrontierStore::newest(const QStringList& subject) const {
    std::optional<FrontierStudy> found;
    fs::file_time_type foundTime;
    std::error_code code;
    for (const std::string& name : namesIn(m_folder, code)) {
        try {
            std::error_code gone;
            const fs::file_time_type time = fs::last_write_time(m_folder / name, gone);
            FrontierStudy study = readStudy(m_folder / name);
            if (study.subject != subject || (found && time < foundTime)) continue;
            found = std::move(study);
            foundTime = time;
        } catch (const Error&) {  // not ours, or damaged
        }
    }
    return found;
}

}  // namespace consa
