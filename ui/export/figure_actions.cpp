// Clipboard and file dialog of figures.
#include "ui/export/figure_actions.h"

#include "core/base/error.h"
#include "ui/export/export_dialog.h"
#include "ui/export/run_figures.h"
#include "ui/models/comparison_model.h"
#include "ui/models/gate_grid_model.h"
#include "ui/models/run_history.h"
#include "ui/session/learn_command_line.h"
#include "ui/session/session_controller.h"
#include "ui/style/icons.h"
#include "ui/views/gate_heatmap.h"

#include <QAction>
#include <QClipboard>
#include <QDir>
#include <QFileDialog>
#include <QFileInfo>
#include <QGuiApplication>
#include <QMimeData>
#include <QSettings>

namespace consa {

FigureActions::FigureActions(const Sources& sources, QWidget* window)
    : QObject(window),
      m_from(sources),
      m_window(window),
      m_copy(new QAction(lineIcon(QStringLiteral("copy")), tr("Copy heatmap"), this)),
      m_save(new QAction(lineIcon(QStringLiteral("export")), tr("Save figure…"), this)),
      m_report(new QAction(lineIcon(QStringLiteral("save")), tr("Save report…"), this)) {
    m_copy->setIconText(tr("Copy"));
    m_save->setIconText(tr("Save…"));
    m_copy->setShortcut(QKeySequence(QStringLiteral("Ctrl+Shift+C")));
    m_copy->setToolTip(tr("Copy the heatmap as picture and table (Ctrl+Shift+C)"));
    m_save->setShortcut(QKeySequence(QStringLiteral("Ctrl+Shift+E")));
    m_save->setToolTip(tr("Save heatmap, curves or comparison as PNG, SVG, PDF or numbers (Ctrl+Shift+E)"));
    connect(m_copy, &QAction::triggered, this, &FigureActions::copy);
    connect(m_save, &QAction::triggered, this, &FigureActions::save);
    m_report->setToolTip(tr("Write a folder with every figure, the comparison, layout and config"));
    connect(m_report, &QAction::triggered, this, &FigureActions::report);
    connect(&m_writing, &QTimer::timeout, this, &FigureActions::writeSome);
}

FigureActions::~FigureActions() {
    while (!m_figures.empty()) {
        try {
            while (m_figures.front().writeNext()) continue;
        } catch (const std::exception& error) {
            qWarning("%s", error.what());
        }
        m_figures.pop_front();
    }
}

HeatmapFigure FigureActions::currentFigure() const {
    return {m_from.heatmap.content(), m_from.gates.shown()};
}

std::vector<std::shared_ptr<const Figure>> FigureActions::otherFigures() const {
    std::vector<std::shared_ptr<const Figure>> figures;
    const RunFacts facts = runFactsOf(m_from.controller.snapshot());
    if (!m_from.history.points().empty())
        figures.push_back(curvesFigure(facts, m_from.history.points().toVector(), m_from.history.events()));
    if (!m_from.comparison.comparison().rows.empty())
        figures.push_back(positionsFigure(facts, m_from.comparison.comparison()));
    if (!m_from.frontier.points().empty()) figures.push_back(frontierFigure(facts.model, m_from.frontier.points()));
    return figures;
}

void FigureActions::writeReportInto(const QString& path) {
    const SessionSnapshot& snapshot = m_from.controller.snapshot();
    ReportContent content;
    content.figures = otherFigures();
    content.figures.insert(content.figures.begin(), makeFigure(currentFigure()));
    content.layout = m_from.gates.shown();
    content.config = snapshot.config;
    if (!m_from.comparison.comparison().rows.empty()) content.comparison = m_from.comparison.comparison();
    content.command =
        learnCommandLine(snapshot.config, defaultTrainingConfig(snapshot.modelPath, snapshot.device.isGpu));
    if (m_writer) return emit problemOccurred(tr("Another report is still being written; save this one after it."));
    try {
        m_writer = std::make_unique<ReportWriter>(path, std::move(content));
        m_reportPath = path;
        m_writing.start(0);
    } catch (const Error& error) {
        emit problemOccurred(QString::fromUtf8(error.what()));
    }
}

void FigureActions::saveFigureInto(std::shared_ptr<const Figure> figure, const FigureOptions& options,
                                   FigureFormat format, const QString& path) {
    m_figures.emplace_back(std::move(figure), options, format, path);
    m_writing.start(0);
}

void FigureActions::writeSome() {
    if (!m_figures.empty()) {
        writeSomeOfAFigure();
    } else if (m_writer) {
        writeSomeOfTheReport();
    } else {
        m_writing.stop();
    }
}

void FigureActions::writeSomeOfAFigure() {
    try {
        if (m_figures.front().writeNext()) return;
        emit noteOccurred(tr("Saved %1").arg(m_figures.front().path()));
    } catch (const Error& error) {
        emit problemOccurred(QString::fromUtf8(error.what()));
    }
    m_figures.pop_front();
}

void FigureActions::writeSomeOfTheReport() {
    try {
        if (m_writer->writeNext()) return;
        emit noteOccurred(tr("Wrote the report %1").arg(m_reportPath));
    } catch (const Error& error) {
        emit problemOccurred(QString::fromUtf8(error.what()));
    }
    m_writer.reset();
}

void FigureActions::report() {
    const QString path = QFileDialog::getSaveFileName(m_window, tr("New folder for the report"), QString(), QString(),
                                                      nullptr, QFileDialog::ShowDirsOnly);
    if (!path.isEmpty()) writeReportInto(path);
}

void FigureActions::copy() {
    const HeatmapFigure figure = currentFigure();
    const QImage image = renderImage(figure, {});
    auto* content = new QMimeData;
    content->setImageData(image);
    content->setText(QString::fromUtf8(renderTsv(figure)));
    QGuiApplication::clipboard()->setMimeData(content);
    emit noteOccurred(tr("Copied %1 × %2 px and the table").arg(image.width()).arg(image.height()));
}

void FigureActions::save() {
    ExportDialog dialog(currentFigure(), otherFigures(), m_window);
    if (dialog.exec() != QDialog::Accepted) return;
    QSettings settings;
    const QString folder = settings.value(QStringLiteral("export/folder"), QDir::homePath()).toString();
    const QString suggestion = QDir(folder).filePath(dialog.figure()->name() + QLatin1Char('.') + dialog.suffix());
    QString path = QFileDialog::getSaveFileName(m_window, tr("Save figure"), suggestion,
                                                tr("%1 files (*.%2)").arg(dialog.suffix().toUpper(), dialog.suffix()));
    if (path.isEmpty()) return;
    if (QFileInfo(path).suffix().isEmpty()) path += QLatin1Char('.') + dialog.suffix();
    settings.setValue(QStringLiteral("export/folder"), QFileInfo(path).absolutePath());
    saveFigureInto(dialog.figure(), dialog.options(), dialog.format(), path);
}

}  // namespace consa
