// Copying and saving of figures and the report as actions of the window.
#pragma once

#include "ui/export/figure_export.h"
#include "ui/export/figure_writer.h"
#include "ui/export/report.h"

#include <QObject>
#include <QTimer>
#include <deque>
#include <memory>
#include <vector>

class QAction;

namespace consa {

class ComparisonModel;
class FrontierRecord;
class GateGridModel;
class GateHeatmap;
class RunHistory;
class SessionController;

/// All work on what is on show at that moment, training or not.
class FigureActions final : public QObject {
    Q_OBJECT

public:
    /// Where the figures' content comes from; all must outlive this.
    struct Sources {
        const GateGridModel& gates;
        const GateHeatmap& heatmap;
        const RunHistory& history;
        const ComparisonModel& comparison;
        const FrontierRecord& frontier;
        const SessionController& controller;
    };

    FigureActions(const Sources& sources, QWidget* window);
    /// Figures that are being saved are saved to their end; a report in progress leaves nothing.
    ~FigureActions() override;

    [[nodiscard]] QAction* copyAction() const { return m_copy; }
    [[nodiscard]] QAction* saveAction() const { return m_save; }
    [[nodiscard]] QAction* reportAction() const { return m_report; }
    /// Curves and comparisons, as far as there are any.
    [[nodiscard]] std::vector<std::shared_ptr<const Figure>> otherFigures() const;
    /// Saves a figure as `path`, a part whenever the window has nothing else to do; tells when it is done.
    void saveFigureInto(std::shared_ptr<const Figure> figure, const FigureOptions& options, FigureFormat format,
                        const QString& path);
    /// Writes the report into the new folder `path`, a part whenever the window has nothing else to do.
    void writeReportInto(const QString& path);
    /// The heatmap on show with its provenance.
    [[nodiscard]] HeatmapFigure currentFigure() const;

signals:
    void noteOccurred(const QString& note);
    void problemOccurred(const QString& sentence);

private:
    void copy();
    void save();
    void report();
    void writeSome();
    void writeSomeOfAFigure();
    void writeSomeOfTheReport();

    Sources m_from;
    QWidget* m_window;
    QAction* m_copy;
    QAction* m_save;
    QAction* m_report;
    std::deque<FigureWriter> m_figures;      // still to be saved, in the order asked for
    std::unique_ptr<ReportWriter> m_writer;  // while a report is being written
    QString m_reportPath;
    QTimer m_writing;
};

}  // namespace consa
