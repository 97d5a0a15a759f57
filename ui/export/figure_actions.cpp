// Clipboard and file dialog of figures.
#include "ui/export/figure_actions.h"

#include "core/base/error.h"
#include "ui/export/export_dialog.h"
#include "ui/models/gate_grid_model.h"
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

FigureActions::FigureActions(const GateGridModel& model, const GateHeatmap& heatmap, QWidget* window)
    : QObject(window),
      m_model(model),
      m_heatmap(heatmap),
      m_window(window),
      m_copy(new QAction(lineIcon(QStringLiteral("copy")), tr("Copy heatmap"), this)),
      m_save(new QAction(lineIcon(QStringLiteral("export")), tr("Save heatmap…"), this)) {
    m_copy->setIconText(tr("Copy"));
    m_save->setIconText(tr("Save…"));
    m_copy->setShortcut(QKeySequence(QStringLiteral("Ctrl+Shift+C")));
    m_copy->setToolTip(tr("Copy the heatmap as picture and table (Ctrl+Shift+C)"));
    m_save->setShortcut(QKeySequence(QStringLiteral("Ctrl+Shift+E")));
    m_save->setToolTip(tr("Save the heatmap as PNG, SVG or CSV (Ctrl+Shift+E)"));
    connect(m_copy, &QAction::triggered, this, &FigureActions::copy);
    connect(m_save, &QAction::triggered, this, &FigureActions::save);
}

HeatmapFigure FigureActions::currentFigure() const {
    return {m_heatmap.content(), m_model.shown()};
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
    ExportDialog dialog(currentFigure(), m_window);
    if (dialog.exec() != QDialog::Accepted) return;
    QSettings settings;
    const QString folder = settings.value(QStringLiteral("export/folder"), QDir::homePath()).toString();
    const QString suggestion = QDir(folder).filePath(QStringLiteral("heatmap.") + dialog.suffix());
    QString path = QFileDialog::getSaveFileName(m_window, tr("Save heatmap"), suggestion,
                                                tr("%1 files (*.%2)").arg(dialog.suffix().toUpper(), dialog.suffix()));
    if (path.isEmpty()) return;
    if (QFileInfo(path).suffix().isEmpty()) path += QLatin1Char('.') + dialog.suffix();
    settings.setValue(QStringLiteral("export/folder"), QFileInfo(path).absolutePath());
    try {
        saveFigure(dialog.figure(), dialog.options(), dialog.format(), path);
        emit noteOccurred(tr("Saved %1").arg(path));
    } catch (const Error& error) {
        emit problemOccurred(QString::fromUtf8(error.what()));
    }
}

}  // namespace consa
