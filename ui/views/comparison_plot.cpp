// Hover, clicks and repainting of the comparison's plot.
#include "ui/views/comparison_plot.h"

#include "ui/models/comparison_model.h"
#include "ui/style/application_style.h"

#include <qcustomplot.h>
#include <QHelpEvent>
#include <QMouseEvent>
#include <QPainter>
#include <QToolTip>

namespace consa {

ComparisonPlot::ComparisonPlot(ComparisonPicture picture, const ComparisonModel& model, const FrontierRecord& record,
                               QWidget* parent)
    : QWidget(parent),
      m_picture(picture),
      m_model(model),
      m_record(record),
      m_plot(new QCustomPlot(this)),
      m_scene(std::make_unique<ComparisonScene>(*m_plot)) {
    m_plot->setAttribute(Qt::WA_TransparentForMouseEvents);
    m_plot->setFocusPolicy(Qt::NoFocus);
    setMouseTracking(true);
    setAccessibleName(picture == ComparisonPicture::Positions ? tr("Loss by position") : tr("Frontier"));
    m_scene->setTheme(PlotTheme::fromPalette(palette()));
    if (picture == ComparisonPicture::Frontier) {
        connect(&record, &FrontierRecord::changed, this, &ComparisonPlot::refresh);
    } else {
        connect(&model, &QAbstractItemModel::modelReset, this, &ComparisonPlot::refresh);
        connect(&model, &ComparisonModel::selectedRowChanged, this, &ComparisonPlot::refresh);
    }
    refresh();
}

ComparisonPlot::~ComparisonPlot() = default;

void ComparisonPlot::refresh() {
    if (m_picture == ComparisonPicture::Positions) {
        m_scene->showPositions(m_model.comparison(), m_model.selectedRow());
    } else {
        m_scene->showFrontier(m_record.points());
    }
    m_plot->setVisible(!m_scene->isEmpty());
    m_plot->replot(QCustomPlot::rpQueuedReplot);
    update();
}

bool ComparisonPlot::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const auto point = m_scene->pointAt(help->pos());
    if (!point) {
        QToolTip::hideText();
        return true;
    }
    const FrontierPoint& shown = m_record.points()[*point];
    QToolTip::showText(help->globalPos(),
                       tr("%1: sparsity %2 %, +%3 ± %4 nats\nClick to see its layout")
                           .arg(shown.name)
                           .arg(shown.layout.sparsity() * 100, 0, 'f', 1)
                           .arg(shown.deltaNll, 0, 'f', 4)
                           .arg(shown.standardError, 0, 'f', 4),
                       this);
    return true;
}

void ComparisonPlot::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    m_plot->resize(size());
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void ComparisonPlot::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() != QEvent::PaletteChange) return;
    m_scene->setTheme(PlotTheme::fromPalette(palette()));
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void ComparisonPlot::mousePressEvent(QMouseEvent* event) {
    const auto point = m_scene->pointAt(event->position());
    if (event->button() == Qt::LeftButton && point) emit pointActivated(m_record.points()[*point]);
}

void ComparisonPlot::mouseMoveEvent(QMouseEvent* event) {
    setCursor(m_scene->pointAt(event->position()) ? Qt::PointingHandCursor : Qt::ArrowCursor);
}

void ComparisonPlot::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.fillRect(rect(), palette().color(QPalette::Base));
    if (!m_scene->isEmpty()) return;
    painter.setPen(mutedColor(palette()));
    painter.drawText(rect().adjusted(16, 8, -16, -8), Qt::AlignCenter | Qt::TextWordWrap,
                     m_picture == ComparisonPicture::Positions
                         ? tr("After an evaluation (Ctrl+E): the loss at each position of the window.")
                         : tr("After an evaluation (Ctrl+E): loss over sparsity of every layout measured so far."));
}

}  // namespace consa
