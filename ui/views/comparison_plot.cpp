// Hover, clicks and repainting of the comparison's plot.
#include "ui/views/comparison_plot.h"

#include "ui/models/comparison_model.h"
#include "ui/style/application_style.h"
#include "ui/style/number_text.h"

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

std::optional<std::size_t> ComparisonPlot::emphasised() const {
    if (m_hovered || m_picture == ComparisonPicture::Frontier) return m_hovered;
    const std::optional<int> row = m_model.selectedRow();
    return row ? std::optional(static_cast<std::size_t>(*row)) : std::nullopt;
}

void ComparisonPlot::refresh() {
    const auto count =
        m_picture == ComparisonPicture::Positions ? m_model.comparison().rows.size() : m_record.points().size();
    if (m_hovered && *m_hovered >= count) m_hovered.reset();
    if (m_picture == ComparisonPicture::Positions) {
        m_scene->showPositions(m_model.comparison(), emphasised());
    } else {
        m_scene->showFrontier(m_record.points(), emphasised());
    }
    m_plot->setVisible(!m_scene->isEmpty());
    m_plot->replot(QCustomPlot::rpQueuedReplot);
    update();
}

std::optional<std::size_t> ComparisonPlot::partAt(QPointF place) const {
    return m_picture == ComparisonPicture::Positions ? m_scene->rowAt(place) : m_scene->pointAt(place);
}

void ComparisonPlot::setHovered(std::optional<std::size_t> part) {
    setCursor(part ? Qt::PointingHandCursor : Qt::ArrowCursor);
    if (m_hovered == part) return;
    m_hovered = part;
    refresh();
}

QString ComparisonPlot::toolTipOf(std::size_t part) const {
    if (m_picture == ComparisonPicture::Positions) {
        const ComparisonRow& row = m_model.comparison().rows[part];
        return tr("%1: %2 nats over all positions\nClick to see its layout")
            .arg(QString::fromStdString(row.name), differenceText(row.deltaNll, row.deltaStandardError));
    }
    const FrontierPoint& shown = m_record.points()[part];
    return tr("%1: sparsity %2 %, %3 nats\nClick to see its layout")
        .arg(shown.name)
        .arg(shown.sparsity * 100, 0, 'f', 1)
        .arg(differenceText(shown.deltaNll, shown.standardError));
}

bool ComparisonPlot::event(QEvent* event) {
    if (event->type() != QEvent::ToolTip) return QWidget::event(event);
    const auto* help = static_cast<QHelpEvent*>(event);
    const auto part = partAt(help->pos());
    if (part) {
        QToolTip::showText(help->globalPos(), toolTipOf(*part), this);
    } else {
        QToolTip::hideText();
    }
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
    const auto part = partAt(event->position());
    if (event->button() != Qt::LeftButton || !part) return;
    if (m_picture == ComparisonPicture::Positions) {
        emit rowActivated(static_cast<int>(*part));
    } else {
        emit pointActivated(m_record.points()[*part]);
    }
}

void ComparisonPlot::mouseMoveEvent(QMouseEvent* event) {
    setHovered(partAt(event->position()));
}

void ComparisonPlot::leaveEvent(QEvent* event) {
    QWidget::leaveEvent(event);
    setHovered({});
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
