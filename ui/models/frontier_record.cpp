// Collecting and keeping of evaluated layouts.
#include "ui/models/frontier_record.h"

#include "core/base/error.h"
#include "core/session/run_frontier.h"
#include "ui/models/frontier_store.h"

#include <algorithm>
#include <cmath>

namespace consa {

namespace {

QStringList subjectOf(const SessionSnapshot& snapshot) {
    QStringList words{QString::fromStdString(snapshot.modelPath)};
    for (const std::string& path : snapshot.corpusPaths) words << QString::fromStdString(path);
    if (snapshot.corpus) words << QString::fromStdString(snapshot.corpus->line);
    return words;
}

QStringList sliceOf(const Comparison& comparison) {
    return {QString::fromStdString(comparison.split), QString::number(comparison.contextTokens),
            QString::number(comparison.rows.front().tokens)};
}

/// The run that gates were learned in: its folder's name, or its number where nothing is kept.
QString runOf(const SessionSnapshot& snapshot) {
    const std::string folder = std::filesystem::path(snapshot.runFolder).filename().string();
    return folder.empty() ? QString::number(snapshot.run) : QString::fromStdString(folder);
}

}  // namespace

QString layoutSeries(const QString& name) {
    return QString::fromStdString(frontierSeries(name.toStdString()));
}

FrontierRecord::FrontierRecord(std::filesystem::path folder, QObject* parent)
    : QObject(parent),
      m_store(std::make_unique<FrontierStore>(std::move(folder))),
      m_study(std::make_unique<FrontierStudy>()) {}

FrontierRecord::~FrontierRecord() = default;

const std::vector<FrontierPoint>& FrontierRecord::points() const {
    return m_study->points;
}

void FrontierRecord::setSnapshot(const SessionSnapshot& snapshot) {
    if (!snapshot.comparison || snapshot.comparison->rows.empty()) return recall(snapshot);
    if (*snapshot.comparison == m_last) return;
    m_last = *snapshot.comparison;
    const QStringList subject = subjectOf(snapshot), slice = sliceOf(m_last);
    if (subject != m_study->subject || slice != m_study->slice) {
        *m_study = {subject, slice, {}};
        tryTo([&] { *m_study = m_store->load(subject, slice); });
    }
    for (const ComparisonRow& row : m_last.rows)
        if (std::isfinite(row.deltaNll)) add(row, snapshot);
    tryTo([this] { m_store->save(*m_study); });
    emit changed();
}

void FrontierRecord::tryTo(const std::function<void()>& work) {
    try {
        work();
    } catch (const Error& error) {
        emit problemOccurred(tr("Points of the frontier are lost: %1").arg(QString::fromUtf8(error.what())));
    }
}

void FrontierRecord::recall(const SessionSnapshot& snapshot) {
    if (!snapshot.model || !snapshot.corpus) return;
    QStringList subject = subjectOf(snapshot);
    if (subject == m_study->subject) return;
    std::optional<FrontierStudy> kept = m_store->newest(subject);
    *m_study = kept ? std::move(*kept) : FrontierStudy{std::move(subject), {}, {}};
    emit changed();
}

void FrontierRecord::add(const ComparisonRow& row, const SessionSnapshot& snapshot) {
    QString name = QString::fromStdString(row.name);
    const QString series = layoutSeries(name);
    if (series == QLatin1String("learned"))
        name = tr("%1, run %2 step %3").arg(name, runOf(snapshot)).arg(m_last.atStep);
    std::vector<FrontierPoint>& points = m_study->points;
    const auto known = std::find_if(points.begin(), points.end(), [&](const FrontierPoint& point) {
        return point.name == name && point.layout == row.layout && point.windowTokens == row.windowTokens;
    });
    FrontierPoint point{series,
                        name,
                        row.layout,
                        row.windowTokens,
                        row.sinkTokens,
                        row.layout.sparsity(),
                        row.deltaNll,
                        row.deltaStandardError,
                        runOf(snapshot),
                        QString::fromStdString(row.name),
                        row.layout.fullCount(),
                        row.layout.grid.unitCount(),
                        row.nll,
                        row.tokens};
    if (known == points.end()) {
        points.push_back(std::move(point));
    } else {
        *known = std::move(point);
    }
}

}  // namespace consa
