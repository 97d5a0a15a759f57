// Input and repainting of the heatmap widget.
#include "ui/views/gate_heatmap.h"

#include "ui/models/gate_grid_model.h"

#include <qcustomplot.h>
#include <QAction>
#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QMouseEvent>
#include <algorithm>

namespace consa {

GateHeatmap::GateHeatmap(GateGridModel& model, QWidget* parent)
    : QWidget(parent), m_model(model), m_plot(new QCustomPlot(this)), m_scene(std::make_unique<HeatmapScene>(*m_plot)) {
    m_plot->setAttribute(Qt::WA_TransparentForMouseEvents);
    m_plot->setFocusPolicy(Qt::NoFocus);
    setFocusPolicy(Qt::StrongFocus);
    setMouseTracking(true);
    setAccessibleName(tr("Heatmap of the gates"));
    setAccessibleDescription(
        tr("Layers down, KV heads across; cursor keys move from cell to cell, P and W pin it to full and sliding, U "
           "frees it; 4 shows the same as a table."));
    m_scene->setTheme(PlotTheme::fromPalette(palette()));
    connect(&model, &QAbstractItemModel::dataChanged, this, &GateHeatmap::updateContent);
    connect(&model, &QAbstractItemModel::modelReset, this, [this] {
        m_hovered.reset();
        m_selected.reset();
        updateContent();
        emit currentCellChanged();
    });
    updateContent();
}

GateHeatmap::~GateHeatmap() = default;

void GateHeatmap::setView(HeatmapView view) {
    if (m_view == view) return;
    m_view = view;
    updateContent();
    emit viewChanged();
}

void GateHeatmap::setTransposed(bool isTransposed) {
    if (m_isTransposed == isTransposed) return;
    m_isTransposed = isTransposed;
    updateContent();
    emit viewChanged();
}

std::optional<UnitIndex> GateHeatmap::currentCell() const {
    return m_hovered ? m_hovered : m_selected;
}

void GateHeatmap::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    m_scene->arrange(size());  // before the plot, which redraws itself at once in its new size
    m_plot->resize(size());
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void GateHeatmap::changeEvent(QEvent* event) {
    QWidget::changeEvent(event);
    if (event->type() != QEvent::PaletteChange) return;
    m_scene->setTheme(PlotTheme::fromPalette(palette()));
    m_plot->replot(QCustomPlot::rpQueuedReplot);
}

void GateHeatmap::mouseMoveEvent(QMouseEvent* event) {
    setHovered(m_scene->cellAt(event->position()), m_scene->scaleValueAt(event->position()));
}

void GateHeatmap::mousePressEvent(QMouseEvent* event) {
    const auto cell = m_scene->cellAt(event->position());
    if (event->button() == Qt::LeftButton && cell) select(*cell);
}

void GateHeatmap::contextMenuEvent(QContextMenuEvent* event) {
    const bool isByMouse = event->reason() == QContextMenuEvent::Mouse;
    const auto cell = isByMouse ? m_scene->cellAt(event->pos()) : m_selected;
    if (!cell || !m_model.isShowingSession()) return;
    select(*cell);
    const QVariant pin = m_model.index(cell->layer, cell->unit).data(GateGridModel::PinRole);
    QMenu menu(this);
    const auto add = [&](const QString& text, int key, std::optional<bool> isFull) {
        QAction* action = menu.addAction(text, this, [this, cell, isFull] { requestPin(*cell, isFull); });
        action->setShortcut(QKeySequence(key));
        action->setEnabled(isFull ? pin != QVariant(*isFull) : pin.isValid());
    };
    add(tr("Pin full"), Qt::Key_P, true);
    add(tr("Pin sliding (window)"), Qt::Key_W, false);
    add(tr("Unpin"), Qt::Key_U, std::nullopt);
    menu.addSeparator();
    menu.addAction(tr("Unpin all"), this, &GateHeatmap::unpinAllRequested)->setEnabled(!m_model.pins().empty());
    menu.exec(isByMouse ? event->globalPos() : mapToGlobal(cellRect(*cell).center().toPoint()));
}

void GateHeatmap::leaveEvent(QEvent*) {
    setHovered(std::nullopt);
}

void GateHeatmap::keyPressEvent(QKeyEvent* event) {
    const UnitGrid& grid = m_model.grid();
    if (grid.unitCount() == 0) return QWidget::keyPressEvent(event);
    if (event->matches(QKeySequence::Copy)) {
        emit copyRequested();
        return;
    }
    if (event->modifiers() == Qt::NoModifier && pinByKey(event->key())) return;
    const int lastLayer = grid.layerCount - 1;
    const int lastUnit = grid.unitsPerLayer() - 1;
    UnitIndex cell = m_selected.value_or(UnitIndex{});
    int& across = m_isTransposed ? cell.layer : cell.unit;
    int& down = m_isTransposed ? cell.unit : cell.layer;
    const int lastAcross = m_isTransposed ? lastLayer : lastUnit;
    const int lastDown = m_isTransposed ? lastUnit : lastLayer;
    switch (event->key()) {
        case Qt::Key_Left:
            --across;
            break;
        case Qt::Key_Right:
            ++across;
            break;
        case Qt::Key_Up:
            --down;
            break;
        case Qt::Key_Down:
            ++down;
            break;
        case Qt::Key_Home:
            across = 0;
            break;
        case Qt::Key_End:
            across = lastAcross;
            break;
        case Qt::Key_PageUp:
            down = 0;
            break;
        case Qt::Key_PageDown:
            down = lastDown;
            break;
        case Qt::Key_1:
            return setView(HeatmapView::Probability);
        case Qt::Key_2:
            return setView(HeatmapView::Mask);
        case Qt::Key_3:
            return setView(HeatmapView::Change);
        case Qt::Key_4:
            emit tableRequested();
            return;
        case Qt::Key_T:
            return setTransposed(!m_isTransposed);
        default:
            return QWidget::keyPressEvent(event);
    }
    select({std::clamp(cell.layer, 0, lastLayer), std::clamp(cell.unit, 0, lastUnit)});
}

bool GateHeatmap::pinByKey(int key) {
    const auto cell = m_selected ? m_selected : m_hovered;
    if (!cell || (key != Qt::Key_P && key != Qt::Key_W && key != Qt::Key_U)) return false;
    requestPin(*cell, key == Qt::Key_U ? std::nullopt : std::optional<bool>(key == Qt::Key_P));
    return true;
}

void GateHeatmap::requestPin(UnitIndex cell, std::optional<bool> isFull) {
    if (m_model.isShowingSession()) emit pinRequested(cell, isFull);
}

void GateHeatmap::focusInEvent(QFocusEvent* event) {
    QWidget::focusInEvent(event);
    const bool isByKey = event->reason() == Qt::TabFocusReason || event->reason() == Qt::BacktabFocusReason;
    if (isByKey && !m_selected && m_model.grid().unitCount() > 0) select({});
}

void GateHeatmap::updateContent() {
    HeatmapContent content{m_model.layout(),  m_model.probability(),
                           m_model.flipped(), m_model.pins(),
                           m_model.isHeld(),  m_view,
                           m_selected,        m_hovered};
    if (m_model.hasReference()) {
        content.reference = m_model.reference().probability;
        content.referenceName = m_model.reference().name;
    }
    content.threshold = m_model.threshold();
    content.isTransposed = m_isTransposed;
    content.scaleValue = m_scaleValue;
    m_scene->setContent(std::move(content));
    m_plot->replot(QCustomPlot::rpQueuedReplot);
    if (currentCell()) emit currentCellChanged();
}

void GateHeatmap::setHovered(std::optional<UnitIndex> cell, std::optional<double> scaleValue) {
    if (m_hovered == cell && m_scaleValue == scaleValue) return;
    m_hovered = cell;
    m_scaleValue = scaleValue;
    updateContent();
    emit currentCellChanged();
}

void GateHeatmap::select(UnitIndex cell) {
    m_hovered.reset();
    m_scaleValue.reset();
    m_selected = cell;
    updateContent();
    emit currentCellChanged();
}

}  // namespace consa
