// The frontier as a figure: of many runs, so it names them all and no step or seed of one.
#include "core/base/version.h"
#include "core/layout/layout_file.h"
#include "core/session/run_frontier.h"
#include "ui/export/offscreen_comparison.h"
#include "ui/export/run_figures.h"

#include <QCoreApplication>
#include <algorithm>
#include <set>

namespace consa {

namespace {

QString translated(const char* text) {
    return QCoreApplication::translate("consa", text);
}

/// What is the same for all points; empty where it is not.
template <typename Value>
QString common(const std::vector<FrontierPoint>& points, Value FrontierPoint::*value) {
    std::set<Value> values;
    for (const FrontierPoint& point : points) values.insert(point.*value);
    return values.size() == 1 && *values.begin() != Value() ? QString::number(*values.begin()) : QString();
}

QStringList runsOf(const std::vector<FrontierPoint>& points) {
    QStringList runs;
    for (const FrontierPoint& point : points)
        if (!point.run.isEmpty() && !runs.contains(point.run)) runs << point.run;
    runs.sort();
    return runs;
}

FrontierRow rowOf(const FrontierPoint& point) {
    FrontierRow row;
    row.run = point.run.toStdString();
    row.series = point.series.toStdString();
    row.layout = point.rowName.toStdString();
    row.fullUnits = point.fullUnits;
    row.units = point.units;
    row.sparsity = point.sparsity;
    row.windowTokens = point.windowTokens;
    row.sinkTokens = point.sinkTokens;
    row.nll = point.nll;
    row.deltaNll = point.deltaNll;
    row.standardError = point.standardError;
    row.tokens = point.tokens;
    return row;
}

class FrontierSheet final : public Figure {
public:
    FrontierSheet(QString model, std::vector<FrontierPoint> points)
        : m_model(std::move(model)), m_points(std::move(points)), m_runs(runsOf(m_points)) {}

    [[nodiscard]] QString name() const override { return QStringLiteral("frontier"); }
    [[nodiscard]] QString title() const override { return translated("Frontier"); }

    [[nodiscard]] QString caption() const override {
        QStringList parts;
        if (!m_model.isEmpty()) parts << m_model;
        parts << translated("loss over sparsity") << translated("%1 layouts").arg(m_points.size());
        if (const QString window = common(m_points, &FrontierPoint::windowTokens); !window.isEmpty())
            parts << translated("window %1").arg(window);
        if (const QString sinks = common(m_points, &FrontierPoint::sinkTokens); !sinks.isEmpty())
            parts << translated("sinks %1").arg(sinks);
        if (const QString tokens = common(m_points, &FrontierPoint::tokens); !tokens.isEmpty())
            parts << translated("%1 tokens").arg(tokens);
        constexpr qsizetype kMostNames = 6;  // that a caption can take (taste)
        if (m_runs.size() == 1) parts << translated("run %1").arg(m_runs.front());
        if (m_runs.size() > 1 && m_runs.size() <= kMostNames)
            parts << translated("runs %1").arg(m_runs.join(QStringLiteral(", ")));
        if (m_runs.size() > kMostNames) parts << translated("%1 runs").arg(m_runs.size());
        parts << QStringLiteral("ConSA Explorer %1").arg(QLatin1String(kVersion));
        return parts.join(QStringLiteral(", ")) + QLatin1Char('.');
    }

    [[nodiscard]] FigureFacts facts() const override {
        return {{QStringLiteral("Title"), QStringLiteral("ConSA frontier")},
                {QStringLiteral("Description"), caption()},
                {QStringLiteral("Model"), m_model},
                {QStringLiteral("Runs"), m_runs.join(QStringLiteral(", "))},
                {QStringLiteral("Layouts"), QString::number(m_points.size())},
                {QStringLiteral("Window"), common(m_points, &FrontierPoint::windowTokens)},
                {QStringLiteral("Sinks"), common(m_points, &FrontierPoint::sinkTokens)},
                {QStringLiteral("Tokens"), common(m_points, &FrontierPoint::tokens)},
                {QStringLiteral("Created"), QString::fromStdString(utcTimestamp())},
                {QStringLiteral("Software"), QStringLiteral("ConSA Explorer %1").arg(QLatin1String(kVersion))}};
    }

    [[nodiscard]] std::unique_ptr<OffscreenPlot> arrange(const FigureOptions& options) const override {
        auto offscreen = std::make_unique<OffscreenComparison>(options);
        offscreen->scene().setTheme(options.theme);
        offscreen->scene().showFrontier(m_points);
        if (options.hasCaption) addCaption(offscreen->plot(), caption(), options.theme, options.size);
        return offscreen;
    }

    [[nodiscard]] QByteArray table(char separator) const override {
        std::vector<FrontierRow> rows;
        for (const FrontierPoint& point : m_points) rows.push_back(rowOf(point));
        return commentLines(facts()) + QByteArray::fromStdString(frontierTable(rows, separator));
    }

private:
    QString m_model;
    std::vector<FrontierPoint> m_points;
    QStringList m_runs;
};

}  // namespace

std::shared_ptr<const Figure> frontierFigure(QString model, std::vector<FrontierPoint> points) {
    return std::make_shared<FrontierSheet>(std::move(model), std::move(points));
}

}  // namespace consa
