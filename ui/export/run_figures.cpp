// Off-screen curves and losses by position, and their tables.
#include "ui/export/run_figures.h"

#include "core/base/version.h"
#include "core/layout/layout_file.h"
#include "ui/export/offscreen_comparison.h"
#include "ui/models/run_history.h"
#include "ui/style/application_style.h"
#include "ui/views/history_chart.h"

#include <qcustomplot.h>
#include <cmath>
#include <filesystem>

namespace consa {

namespace {

QString tr(const char* text) {
    return QCoreApplication::translate("consa", text);
}

QString percent(double share) {
    return QStringLiteral("%1 %").arg(share * 100, 0, 'f', 1);
}

QByteArray number(double value) {
    return std::isfinite(value) ? QByteArray::number(value, 'g', 9) : QByteArray();
}

FigureFacts factsOf(const RunFacts& run, const QString& title, const QString& caption) {
    return {{QStringLiteral("Title"), title},
            {QStringLiteral("Description"), caption},
            {QStringLiteral("Model"), run.model},
            {QStringLiteral("Run"), run.run},
            {QStringLiteral("Step"), QString::number(run.step)},
            {QStringLiteral("Target"), QString::number(run.target)},
            {QStringLiteral("Sparsity"), QString::number(run.sparsity)},
            {QStringLiteral("Seed"), QString::number(run.config.seed)},
            {QStringLiteral("Window"), QString::number(run.config.windowTokens)},
            {QStringLiteral("Sinks"), QString::number(run.config.sinkTokens)},
            {QStringLiteral("Created"), QString::fromStdString(utcTimestamp())},
            {QStringLiteral("Software"), QStringLiteral("ConSA Explorer %1").arg(QLatin1String(kVersion))}};
}

QString captionOf(const RunFacts& run, const QString& what) {
    QStringList parts;
    if (!run.model.isEmpty()) parts << run.model;
    parts << what << tr("step %1").arg(run.step) << tr("target %1").arg(percent(run.target))
          << tr("sparsity %1").arg(percent(run.sparsity)) << tr("window %1").arg(run.config.windowTokens)
          << tr("sinks %1").arg(run.config.sinkTokens) << tr("seed %1").arg(run.config.seed);
    if (!run.run.isEmpty()) parts << tr("run %1").arg(run.run);
    parts << QStringLiteral("ConSA Explorer %1").arg(QLatin1String(kVersion));
    return parts.join(QStringLiteral(", ")) + QLatin1Char('.');
}

bool isDarkTheme(const PlotTheme& theme) {
    return theme.background.lightness() < 128;
}

class OffscreenCurves final : public OffscreenPlot {
public:
    OffscreenCurves(const std::vector<HistoryPoint>& points, const std::vector<SessionEvent>& events, TrainingLoss loss,
                    const QString& caption, const FigureOptions& options)
        : OffscreenPlot(options.textScale), m_chart(m_history) {
        m_chart.setPalette(isDarkTheme(options.theme) ? darkPalette() : lightPalette());
        constexpr QSize kLegendInside{400, 360};  // pixels that leave most of its plot to the curves (taste)
        if (options.size.boundedTo(kLegendInside) != kLegendInside) m_chart.setLegendBelow();
        m_chart.setLoss(loss);
        m_history.showSaved(points, events);
        if (!caption.isEmpty()) addCaption(m_chart.plot(), caption, options.theme, options.size);
    }

    [[nodiscard]] QCustomPlot& plot() override { return m_chart.plot(); }

private:
    RunHistory m_history;
    HistoryChart m_chart;
};

/// What the two have in common.
class RunSheet : public Figure {
public:
    RunSheet(RunFacts run, QString name, QString title, QString what)
        : m_run(std::move(run)), m_name(std::move(name)), m_title(std::move(title)), m_what(std::move(what)) {}

    [[nodiscard]] QString name() const override { return m_name; }
    [[nodiscard]] QString title() const override { return m_title; }
    [[nodiscard]] QString caption() const override { return captionOf(m_run, m_what); }
    [[nodiscard]] FigureFacts facts() const override {
        return factsOf(m_run, QStringLiteral("ConSA ") + m_name, caption());
    }

protected:
    [[nodiscard]] QString captionFor(const FigureOptions& options) const {
        return options.hasCaption ? caption() : QString();
    }
    [[nodiscard]] const RunFacts& run() const { return m_run; }

private:
    RunFacts m_run;
    QString m_name;
    QString m_title;
    QString m_what;
};

class CurvesSheet final : public RunSheet {
public:
    CurvesSheet(RunFacts run, std::vector<HistoryPoint> points, std::vector<SessionEvent> events)
        : RunSheet(std::move(run), QStringLiteral("curves"), tr("Curves"), tr("curves of the run")),
          m_points(std::move(points)),
          m_events(std::move(events)) {}

    [[nodiscard]] std::unique_ptr<OffscreenPlot> arrange(const FigureOptions& options) const override {
        return std::make_unique<OffscreenCurves>(m_points, m_events, run().config.loss, captionFor(options), options);
    }
    [[nodiscard]] QByteArray table(char separator) const override {
        const QByteArrayList header{"step",   "loss",       "objective", "expectedSparsity", "scheduledTarget",
                                    "target", "multiplier", "seconds"};
        QByteArray text = commentLines(facts()) + header.join(separator) + '\n';
        for (const HistoryPoint& point : m_points) {
            QByteArrayList cells{QByteArray::number(point.step)};
            for (const double value : {point.loss, point.objective, point.expectedSparsity, point.scheduledTarget,
                                       point.target, point.multiplier, point.seconds})
                cells << number(value);
            text += cells.join(separator) + '\n';
        }
        return text;
    }

private:
    std::vector<HistoryPoint> m_points;
    std::vector<SessionEvent> m_events;
};

class PositionsSheet final : public RunSheet {
public:
    PositionsSheet(RunFacts run, Comparison comparison)
        : RunSheet(std::move(run), QStringLiteral("positions"), tr("Loss by position"),
                   tr("loss by position on %1 text").arg(QString::fromStdString(comparison.split))),
          m_comparison(std::move(comparison)) {}

    [[nodiscard]] std::unique_ptr<OffscreenPlot> arrange(const FigureOptions& options) const override {
        auto offscreen = std::make_unique<OffscreenComparison>(options);
        offscreen->scene().setTheme(options.theme);
        offscreen->scene().showPositions(m_comparison, std::nullopt);
        if (options.hasCaption) addCaption(offscreen->plot(), caption(), options.theme, options.size);
        return offscreen;
    }
    [[nodiscard]] QByteArray table(char separator) const override {
        const QByteArrayList header{"layout", "from", "to", "tokens", "nll", "deltaNll"};
        QByteArray text = commentLines(facts()) + header.join(separator) + '\n';
        for (const ComparisonRow& row : m_comparison.rows) {
            for (const PositionBucket& bucket : row.byPosition) {
                const QByteArrayList cells{QByteArray::fromStdString(row.name),
                                           QByteArray::number(bucket.fromToken),
                                           QByteArray::number(bucket.toToken),
                                           QByteArray::number(static_cast<qint64>(bucket.tokens)),
                                           number(bucket.nll),
                                           number(bucket.deltaNll)};
                text += cells.join(separator) + '\n';
            }
        }
        return text;
    }

private:
    Comparison m_comparison;
};

}  // namespace

RunFacts runFactsOf(const SessionSnapshot& snapshot) {
    RunFacts facts;
    if (snapshot.model) facts.model = QString::fromStdString(snapshot.model->name);
    facts.run = QString::fromStdString(std::filesystem::path(snapshot.runFolder).filename().string());
    facts.config = snapshot.config;
    facts.step = snapshot.step;
    facts.target = snapshot.target;
    facts.sparsity = snapshot.layout.sparsity();
    return facts;
}

std::shared_ptr<const Figure> curvesFigure(RunFacts facts, std::vector<HistoryPoint> points,
                                           std::vector<SessionEvent> events) {
    return std::make_shared<CurvesSheet>(std::move(facts), std::move(points), std::move(events));
}

std::shared_ptr<const Figure> positionsFigure(RunFacts facts, Comparison comparison) {
    return std::make_shared<PositionsSheet>(std::move(facts), std::move(comparison));
}

QByteArray comparisonTable(const Comparison& comparison, char separator) {
    const QByteArrayList header{"layout",
                                "fullUnits",
                                "units",
                                "sparsity",
                                "window",
                                "sinks",
                                "nll",
                                "perplexity",
                                "deltaNll",
                                "standardError",
                                "gain",
                                "gainStandardError",
                                "shareOfRuleGap",
                                "shareOfSlidingGap",
                                "recallDeltaNll",
                                "tokens",
                                "documents"};
    QByteArray text = header.join(separator) + '\n';
    for (const ComparisonRow& row : comparison.rows) {
        const QByteArrayList cells{QByteArray::fromStdString(row.name),
                                   QByteArray::number(row.layout.fullCount()),
                                   QByteArray::number(row.layout.grid.unitCount()),
                                   number(row.layout.sparsity()),
                                   QByteArray::number(row.windowTokens),
                                   QByteArray::number(row.sinkTokens),
                                   number(row.nll),
                                   number(row.perplexity()),
                                   number(row.deltaNll),
                                   number(row.deltaStandardError),
                                   row.hasGain ? number(row.gainOverInterleaved) : QByteArray(),
                                   row.hasGain ? number(row.gainStandardError) : QByteArray(),
                                   number(row.shareOfRuleGap),
                                   number(row.shareOfSlidingGap),
                                   row.recallTokens > 0 ? number(row.recallDeltaNll) : QByteArray(),
                                   QByteArray::number(static_cast<qint64>(row.tokens)),
                                   QByteArray::number(row.documents)};
        text += cells.join(separator) + '\n';
    }
    return text;
}

}  // namespace consa
