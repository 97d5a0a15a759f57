// Buttons of the heatmap's views.
#include "ui/views/heatmap_header.h"

#include <QAction>
#include <QActionGroup>
#include <QHBoxLayout>
#include <QLabel>
#include <QMenu>
#include <QToolButton>
#include <array>

namespace consa {

HeatmapHeader::HeatmapHeader(QWidget* parent) : QWidget(parent), m_title(new QLabel), m_reference(new QToolButton) {
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(16, 8, 16, 4);
    row->setSpacing(4);
    row->addWidget(m_title);
    row->addStretch();
    m_reference->setPopupMode(QToolButton::InstantPopup);
    m_reference->setAutoRaise(true);
    m_reference->setToolTip(tr("What the change is measured against"));
    m_reference->hide();
    row->addWidget(m_reference);
    const std::array<std::pair<QString, QString>, 4> views{
        {{tr("Probability"), tr("Colour shows P(full attention) of every gate (1)")},
         {tr("Mask"), tr("The rounded decision, sliding hatched; reads in greyscale (2)")},
         {tr("Change"), tr("Colour shows how P(full) changed against a step or a preset (3)")},
         {tr("Table"), tr("Every gate's values as a table to sort and copy (4)")}}};
    auto* group = new QActionGroup(this);
    for (std::size_t page = 0; page < views.size(); ++page) {
        auto* action = new QAction(views[page].first, group);
        action->setToolTip(views[page].second);
        action->setCheckable(true);
        connect(action, &QAction::triggered, this, [this, page] { emit pageRequested(static_cast<GatePage>(page)); });
        row->addWidget(addButton(action));
    }
    auto* transpose = new QAction(tr("Turn"), this);
    transpose->setToolTip(tr("Layers across and heads down, or back (T)"));
    transpose->setCheckable(true);
    connect(transpose, &QAction::triggered, this, &HeatmapHeader::transposeRequested);
    row->addSpacing(8);
    m_transposeButton = addButton(transpose);
    row->addWidget(m_transposeButton);
    setPage(GatePage::Probability);
}

QToolButton* HeatmapHeader::addButton(QAction* action) {
    auto* button = new QToolButton;
    button->setDefaultAction(action);
    button->setAutoRaise(true);
    m_actions << action;
    return button;
}

void HeatmapHeader::setTitle(const QString& title) {
    m_title->setText(title);
}

void HeatmapHeader::setPage(GatePage page) {
    m_actions[static_cast<int>(page)]->setChecked(true);
    m_reference->setVisible(page == GatePage::Change && m_reference->menu());
    m_transposeButton->setEnabled(page != GatePage::Table);
}

void HeatmapHeader::setTransposed(bool isTransposed) {
    m_actions.back()->setChecked(isTransposed);
}

void HeatmapHeader::setReferenceMenu(QMenu* menu) {
    m_reference->setMenu(menu);
}

void HeatmapHeader::setReferenceName(const QString& name) {
    m_reference->setText(tr("since %1").arg(name));
    m_reference->setAccessibleName(tr("Change since %1").arg(name));
}

}  // namespace consa
