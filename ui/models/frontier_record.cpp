// Collecting of evaluated layouts.
#include "ui/models/frontier_record.h"

#include <algorithm>
#include <cmath>

namespace consa {

namespace {

QString basisOf(const SessionSnapshot& snapshot, const Comparison& comparison) {
    QStringList parts{QString::fromStdString(snapshot.modelPath), QString::fromStdString(comparison.split),
                      QString::number(comparison.contextTokens), QString::number(comparison.rows.front().tokens)};
    for (const std::string& path : snapshot.corpusPaths) parts << QString::fromStdString(path);
    return parts.join(QLatin1Char('\n'));
}

}  // namespace

QString layoutSeries(const QString& name) {
    if (name.startsWith(QLatin1String("learned"))) return QStringLiteral("learned");
    return name.contains(QLatin1Char('@')) ? name.section(QLatin1Char('@'), 0, 0).section(QLatin1Char(':'), 0, 0)
                                           : name;
}

void FrontierRecord::setSnapshot(const SessionSnapshot& snapshot) {
    if (!snapshot.comparison || snapshot.comparison->rows.empty() || *snapshot.comparison == m_last) return;
    m_last = *snapshot.comparison;
    const QString basis = basisOf(snapshot, m_last);
    if (basis != m_basis) m_points.clear();
    m_basis = basis;
    for (const ComparisonRow& row : m_last.rows)
        if (std::isfinite(row.deltaNll)) add(row, snapshot);
    emit changed();
}

void FrontierRecord::add(const ComparisonRow& row, const SessionSnapshot& snapshot) {
    QString name = QString::fromStdString(row.name);
    const QString series = layoutSeries(name);
    if (series == QLatin1String("learned"))
        name = tr("%1, run %2 step %3").arg(name).arg(snapshot.run).arg(m_last.atStep);
    const auto known = std::find_if(m_points.begin(), m_points.end(), [&](const FrontierPoint& point) {
        return point.name == name && point.layout == row.layout && point.windowTokens == row.windowTokens;
    });
    FrontierPoint point{
        series, name, row.layout, row.windowTokens, row.sinkTokens, row.deltaNll, row.deltaStandardError};
    if (known == m_points.end()) {
        m_points.push_back(std::move(point));
    } else {
        *known = std::move(point);
    }
}

}  // namespace consa
