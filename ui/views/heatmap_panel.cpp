// Frame of the heatmap.
#include "ui/views/heatmap_panel.h"

#include "ui/models/gate_grid_model.h"
#include "ui/models/preset_list_model.h"
#include "ui/style/application_style.h"
#include "ui/style/fusion_style.h"
#include "ui/style/icons.h"
#include "ui/style/number_text.h"
#include "ui/views/elided_label.h"
#include "ui/views/gate_heatmap.h"
#include "ui/views/gate_history_view.h"
#include "ui/views/gate_table.h"
#include "ui/views/reference_menu.h"
#include "ui/views/timeline_strip.h"

#include <QAction>
#include <QClipboard>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QStackedLayout>
#include <QToolButton>
#include <algorithm>
#include <cmath>

namespace consa {

HeatmapPanel::HeatmapPanel(GateGridModel& model, const GateRecord& record, QWidget* parent)
    : QWidget(parent),
      m_model(model),
      m_heatmap(new GateHeatmap(model)),
      m_header(new HeatmapHeader),
      m_table(new GateTable(model)),
      m_history(new GateHistoryView(record)),
      m_timeline(new TimelineStrip(record)) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    createHeader();
    createHint();
    createEmptyState();
    createFooter();
    setAutoFillBackground(true);
    setBackgroundRole(QPalette::Base);
    connect(m_heatmap, &GateHeatmap::currentCellChanged, this, &HeatmapPanel::updateReadout);
    connect(m_heatmap, &GateHeatmap::copyRequested, this,
            [this] { QGuiApplication::clipboard()->setText(withHyphens(m_readout->text())); });
    connect(m_table, &GateTable::currentCellChanged, this, [this] {
        if (m_page == GatePage::Table && m_table->currentCell()) m_heatmap->select(*m_table->currentCell());
    });
    connect(&model, &QAbstractItemModel::dataChanged, this, &HeatmapPanel::updateReadout);
    connect(&model, &QAbstractItemModel::modelReset, this, &HeatmapPanel::updateReadout);
    updateReadout();
}

void HeatmapPanel::createHeader() {
    static_cast<QVBoxLayout*>(layout())->addWidget(m_header);
    const auto pageOf = [](HeatmapView view) { return static_cast<GatePage>(view); };
    connect(m_header, &HeatmapHeader::pageRequested, this, &HeatmapPanel::setPage);
    connect(m_header, &HeatmapHeader::transposeRequested, m_heatmap, &GateHeatmap::setTransposed);
    connect(m_heatmap, &GateHeatmap::tableRequested, this, [this] { setPage(GatePage::Table); });
    connect(m_table, &GateTable::viewRequested, this, [this, pageOf](HeatmapView view) { setPage(pageOf(view)); });
    connect(m_heatmap, &GateHeatmap::viewChanged, this, [this, pageOf] {
        m_header->setTransposed(m_heatmap->isTransposed());
        if (m_page != GatePage::Table) setPage(pageOf(m_heatmap->view()));
    });
}

void HeatmapPanel::setPage(GatePage page) {
    const bool hadFocus = m_heatmap->hasFocus() || m_table->hasFocus();
    m_page = page;
    m_header->setPage(page);
    if (page != GatePage::Table) m_heatmap->setView(static_cast<HeatmapView>(page));
    if (page == GatePage::Table && m_heatmap->currentCell()) m_table->select(*m_heatmap->currentCell());
    updateReadout();
    if (hadFocus) m_stack->currentWidget()->setFocus();
}

void HeatmapPanel::setReferenceMenu(ReferenceMenu* menu) {
    m_header->setReferenceMenu(menu);
    connect(menu, &ReferenceMenu::nameChanged, m_header, &HeatmapHeader::setReferenceName);
    m_header->setReferenceName(tr("the start"));
}

/// Exact values in a fixed place, the gate's history beside them, the timeline below.
void HeatmapPanel::createFooter() {
    m_readout = new ElidedLabel;
    m_readout->setSizePolicy(QSizePolicy::Ignored, QSizePolicy::Fixed);
    auto* row = new QHBoxLayout;
    row->setContentsMargins(16, 0, 16, 0);
    row->setSpacing(8);
    row->addWidget(m_readout, 1);
    row->addWidget(m_history);
    static_cast<QVBoxLayout*>(layout())->addLayout(row);
    static_cast<QVBoxLayout*>(layout())->addWidget(m_timeline);
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
    setProminent(*m_openDefault);
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
    m_stack->addWidget(m_table);
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

void HeatmapPanel::setCancelAction(QAction* action) {
    m_cancel = new QToolButton;
    m_cancel->setDefaultAction(action);
    m_cancel->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_cancel->hide();
    m_emptyButtons->insertWidget(m_emptyButtons->count() - 1, m_cancel);
}

QString HeatmapPanel::readout() const {
    return m_readout->text();
}

void HeatmapPanel::setShownName(const QString& name) {
    m_shownStrip->setVisible(!name.isEmpty());
    m_shownName->setText(tr("Showing %1").arg(name));
    if (!name.isEmpty()) m_hintStrip->hide();
    if (name.isEmpty()) m_timeline->followRun();
}

void HeatmapPanel::setOpenDefaultAction(QAction* action) {
    m_openDefault->setDefaultAction(action);
}

void HeatmapPanel::setSnapshot(const SessionSnapshot& snapshot) {
    const bool isLoading = snapshot.state == SessionState::Loading;
    const QString done =
        snapshot.progress > 0 ? QStringLiteral(", %1 %").arg(snapshot.progress * 100, 0, 'f', 0) : QString();
    m_emptyText->setText(isLoading ? QString::fromStdString(snapshot.message) + done
                                   : tr("Open a model to see its gates."));
    for (int index = 0; index < m_emptyButtons->count(); ++index) {
        if (QWidget* button = m_emptyButtons->itemAt(index)->widget())
            button->setVisible((button == m_cancel) == isLoading);
    }
    const bool isDemo = snapshot.modelPath == "demo";
    const bool isFirstView = snapshot.state == SessionState::Ready && snapshot.run == 0;
    m_hintStrip->setVisible(isDemo && !isLoading && m_model.isShowingSession());
    m_hint->setText(isFirstView ? tr("Press Space to train the demo, then drag the slider.")
                                : tr("This is the small demo model."));
    updateReadout();
}

void HeatmapPanel::showTitle() {
    const UnitGrid& grid = m_model.grid();
    m_header->setTitle(grid.unitCount() == 0 ? tr("Gates")
                       : m_model.isHeld()    ? tr("Held layout: %1").arg(shapeText(grid))
                                             : tr("Gates: %1").arg(shapeText(grid)));
}

void HeatmapPanel::updateReadout() {
    constexpr int kHeatmapPage = 0, kTablePage = 1, kEmptyPage = 2;
    const int filled = m_page == GatePage::Table ? kTablePage : kHeatmapPage;
    m_stack->setCurrentIndex(m_model.grid().unitCount() > 0 ? filled : kEmptyPage);
    showTitle();
    const auto cell = m_heatmap->currentCell();
    if (m_heatmap->scaleValue() && m_page != GatePage::Table) {
        m_readout->setText(scaleFacts(*m_heatmap->scaleValue()));
        m_history->setUnit(std::nullopt);
    } else if (!cell || cell->layer >= m_model.rowCount() || cell->unit >= m_model.columnCount()) {
        m_readout->setText(summary());
        m_history->setUnit(std::nullopt);
    } else {
        m_readout->setText(factsOf(m_model.index(cell->layer, cell->unit)));
        m_history->setUnit(static_cast<std::size_t>(cell->layer * m_model.grid().unitsPerLayer() + cell->unit));
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
    const QVariant change = index.data(GateGridModel::ChangeRole);
    const bool showsChange = m_page == GatePage::Change && change.isValid();
    if (showsChange) {
        parts << tr("%1 since %2").arg(signedNumberText(change.toDouble(), 4), m_model.reference().name);
    }
    if (const QVariant logAlpha = index.data(GateGridModel::LogAlphaRole); logAlpha.isValid() && !showsChange) {
        parts << tr("log alpha %1").arg(numberText(logAlpha.toDouble(), 2));
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

QString HeatmapPanel::scaleFacts(double value) const {
    const HeatmapContent& content = m_heatmap->content();
    int nearCount = 0;
    for (std::size_t unit = 0; unit < content.layout.full.size(); ++unit) nearCount += content.isNearScaleValue(unit);
    const bool isChange = content.effectiveView() == HeatmapView::Change;
    return tr("%1 %2    %3 of %4 units within %5")
        .arg(isChange ? tr("Change of P(full)") : tr("P(full)"),
             isChange ? signedNumberText(value, 3) : numberText(value, 3))
        .arg(nearCount)
        .arg(content.layout.full.size())
        .arg(content.scaleReach());
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
