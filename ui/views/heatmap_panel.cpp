// Frame of the heatmap.
#include "ui/views/heatmap_panel.h"

#include "ui/models/gate_grid_model.h"
#include "ui/models/preset_list_model.h"
#include "ui/style/application_style.h"
#include "ui/style/icons.h"
#include "ui/views/gate_heatmap.h"

#include <QAction>
#include <QButtonGroup>
#include <QHBoxLayout>
#include <QLabel>
#include <QStackedLayout>
#include <QToolButton>
#include <algorithm>
#include <cmath>

namespace consa {

HeatmapPanel::HeatmapPanel(GateGridModel& model, QWidget* parent)
    : QWidget(parent), m_model(model), m_heatmap(new GateHeatmap(model)) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    createHeader();
    createHint();
    createEmptyState();
    m_readout = new QLabel;
    m_readout->setContentsMargins(16, 4, 16, 8);
    m_readout->setTextFormat(Qt::PlainText);
    m_readout->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    layout->addWidget(m_readout);
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    connect(m_heatmap, &GateHeatmap::currentCellChanged, this, &HeatmapPanel::updateReadout);
    connect(&model, &QAbstractItemModel::dataChanged, this, &HeatmapPanel::updateReadout);
    connect(&model, &QAbstractItemModel::modelReset, this, &HeatmapPanel::updateReadout);
    updateReadout();
}

void HeatmapPanel::createHeader() {
    m_title = new QLabel;
    auto* row = new QHBoxLayout;
    row->setContentsMargins(16, 8, 16, 4);
    row->setSpacing(4);
    row->addWidget(m_title);
    row->addStretch();
    auto* group = new QButtonGroup(this);
    const auto addView = [&](HeatmapView view, const QString& text, const QString& tip) {
        auto* button = new QToolButton;
        button->setText(text);
        button->setToolTip(tip);
        button->setCheckable(true);
        button->setAutoRaise(true);
        button->setChecked(m_heatmap->view() == view);
        group->addButton(button, static_cast<int>(view));
        row->addWidget(button);
    };
    addView(HeatmapView::Probability, tr("Probability"), tr("Colour shows P(full attention) of every gate (1)"));
    addView(HeatmapView::Mask, tr("Mask"), tr("The rounded decision, sliding hatched; reads in greyscale (2)"));
    connect(group, &QButtonGroup::idClicked, this,
            [this](int id) { m_heatmap->setView(static_cast<HeatmapView>(id)); });
    connect(m_heatmap, &GateHeatmap::viewChanged, this,
            [this, group] { group->button(static_cast<int>(m_heatmap->view()))->setChecked(true); });
    static_cast<QVBoxLayout*>(layout())->addLayout(row);
}

void HeatmapPanel::createHint() {
    const auto addStrip = [this](QWidget* strip) {
        auto* row = new QHBoxLayout(strip);
        row->setContentsMargins(16, 4, 16, 4);
        row->setSpacing(12);
        static_cast<QVBoxLayout*>(layout())->addWidget(strip);
        return row;
    };
    m_hintStrip = new QWidget;
    QHBoxLayout* hintRow = addStrip(m_hintStrip);
    m_hint = new QLabel(tr("Press Space to train the demo, then drag the slider."));
    m_openDefault = new QToolButton;
    m_openDefault->setToolButtonStyle(Qt::ToolButtonTextOnly);
    m_openDefault->setProperty("prominent", true);
    hintRow->addWidget(m_hint);
    hintRow->addStretch();
    hintRow->addWidget(m_openDefault);
    m_hintStrip->hide();

    m_shownStrip = new QWidget;
    QHBoxLayout* shownRow = addStrip(m_shownStrip);
    m_shownName = new QLabel;
    auto* back = new QToolButton;
    back->setText(tr("Back to the session"));
    back->setIcon(lineIcon(QStringLiteral("live")));
    back->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    connect(back, &QToolButton::clicked, this, &HeatmapPanel::sessionRequested);
    shownRow->addWidget(m_shownName);
    shownRow->addWidget(back);
    shownRow->addStretch();
    m_shownStrip->hide();
}

void HeatmapPanel::createEmptyState() {
    auto* empty = new QWidget;
    m_emptyText = createMutedLabel(tr("Open a model to see its gates."));
    m_emptyText->setAlignment(Qt::AlignCenter);
    m_emptyButtons = new QHBoxLayout;
    m_emptyButtons->setSpacing(8);
    m_emptyButtons->addStretch();
    m_emptyButtons->addStretch();
    auto* column = new QVBoxLayout(empty);
    column->setSpacing(12);
    column->addStretch();
    column->addWidget(m_emptyText);
    column->addLayout(m_emptyButtons);
    column->addStretch();
    m_stack = new QStackedLayout;
    m_stack->addWidget(m_heatmap);
    m_stack->addWidget(empty);
    static_cast<QVBoxLayout*>(layout())->addLayout(m_stack, 1);
}

void HeatmapPanel::setEmptyActions(const QList<QAction*>& actions) {
    for (QAction* action : actions) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setToolButtonStyle(Qt::ToolButtonTextOnly);
        m_emptyButtons->insertWidget(m_emptyButtons->count() - 1, button);
    }
}

QString HeatmapPanel::readout() const {
    return m_readout->text();
}

void HeatmapPanel::setShownName(const QString& name) {
    m_shownStrip->setVisible(!name.isEmpty());
    m_shownName->setText(tr("Showing %1").arg(name));
    if (!name.isEmpty()) m_hintStrip->hide();
}

void HeatmapPanel::setOpenDefaultAction(QAction* action) {
    m_openDefault->setDefaultAction(action);
}

void HeatmapPanel::setSnapshot(const SessionSnapshot& snapshot) {
    const bool isLoading = snapshot.state == SessionState::Loading;
    m_emptyText->setText(isLoading ? QString::fromStdString(snapshot.message) : tr("Open a model to see its gates."));
    for (int index = 0; index < m_emptyButtons->count(); ++index) {
        if (QWidget* button = m_emptyButtons->itemAt(index)->widget()) button->setVisible(!isLoading);
    }
    const bool isDemo = snapshot.modelPath == "demo";
    const bool isFirstView = snapshot.state == SessionState::Ready && snapshot.run == 0;
    m_hintStrip->setVisible(isDemo && !isLoading && m_model.isShowingSession());
    m_hint->setText(isFirstView ? tr("Press Space to train the demo, then drag the slider.")
                                : tr("This is the small demo model."));
    updateReadout();
}

void HeatmapPanel::updateReadout() {
    const UnitGrid& grid = m_model.grid();
    m_stack->setCurrentIndex(grid.unitCount() > 0 ? 0 : 1);
    m_title->setText(grid.unitCount() == 0 ? tr("Gates")
                     : m_model.isHeld()    ? tr("Held layout: %1").arg(shapeText(grid))
                                           : tr("Gates: %1").arg(shapeText(grid)));
    const auto cell = m_heatmap->currentCell();
    if (!cell || cell->layer >= m_model.rowCount() || cell->unit >= m_model.columnCount()) {
        m_readout->setText(summary());
    } else {
        m_readout->setText(factsOf(m_model.index(cell->layer, cell->unit)));
    }
}

QString HeatmapPanel::factsOf(const QModelIndex& index) const {
    QStringList parts;
    parts << (m_model.grid().granularity == Granularity::Layer
                  ? tr("Layer %1").arg(index.row())
                  : tr("Layer %1 · KV head %2").arg(index.row()).arg(index.column()));
    if (const QVariant probability = index.data(GateGridModel::ProbabilityRole); probability.isValid()) {
        const double value = probability.toDouble();
        parts << (std::isnan(value) ? tr("P(full) is not a number") : tr("P(full) %1").arg(value, 0, 'f', 4));
    }
    if (const QVariant logAlpha = index.data(GateGridModel::LogAlphaRole); logAlpha.isValid()) {
        parts << tr("log alpha %1").arg(logAlpha.toDouble(), 0, 'f', 2);
    }
    const bool isFull = index.data(GateGridModel::FullRole).toBool();
    if (const QVariant pin = index.data(GateGridModel::PinRole); pin.isValid()) {
        parts << (pin.toBool() ? tr("pinned full") : tr("pinned sliding"));
    } else {
        parts << (isFull ? tr("full") : tr("sliding"));
    }
    if (index.data(GateGridModel::FlippedRole).toBool()) parts << tr("changed by the cut");
    return parts.join(QStringLiteral("    "));
}

QString HeatmapPanel::summary() const {
    const AttentionLayout& layout = m_model.layout();
    if (layout.grid.unitCount() == 0) return {};
    const QString text = tr("%1 of %2 units full, sparsity %3 %")
                             .arg(layout.fullCount())
                             .arg(layout.grid.unitCount())
                             .arg(layout.sparsity() * 100, 0, 'f', 1);
    const UnitPins& pins = m_model.pins();
    const auto pinned = std::count_if(pins.begin(), pins.end(), [](const auto& pin) { return pin.has_value(); });
    return pinned > 0 ? text + tr("    %1 pinned").arg(pinned) : text;
}

}  // namespace consa
