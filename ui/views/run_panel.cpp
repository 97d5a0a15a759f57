// The Runs tab.
#include "ui/views/run_panel.h"

#include "core/base/error.h"
#include "ui/models/run_list_model.h"
#include "ui/style/icons.h"
#include "ui/views/empty_state_table.h"

#include <QAction>
#include <QHBoxLayout>
#include <QMessageBox>
#include <QPushButton>
#include <QToolButton>
#include <chrono>

namespace consa {

namespace {
constexpr std::chrono::seconds kRefresh{2};
}

RunPanel::RunPanel(RunListModel& model, QWidget* parent)
    : QWidget(parent),
      m_model(model),
      m_table(new EmptyStateTable(tr("Finished and recovered runs appear here."))),
      m_open(new QAction(lineIcon(QStringLiteral("open")), tr("Look at run"), this)),
      m_resume(new QAction(lineIcon(QStringLiteral("start")), tr("Resume run"), this)),
      m_delete(new QAction(lineIcon(QStringLiteral("delete")), tr("Delete run…"), this)) {
    m_open->setToolTip(tr("Show the selected run's curves and layout; one that goes on elsewhere is followed"));
    m_resume->setToolTip(tr("Go on with the selected run from its last checkpoint"));
    m_delete->setToolTip(tr("Delete the selected run's folder for good"));
    m_table->setAccessibleName(tr("Runs"));
    m_table->setModelWithStretch(&model, RunListModel::Device);
    auto* buttons = new QHBoxLayout;
    buttons->setContentsMargins(12, 4, 12, 4);
    buttons->setSpacing(8);
    for (QAction* action : {m_open, m_resume, m_delete}) {
        auto* button = new QToolButton;
        button->setDefaultAction(action);
        button->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
        buttons->addWidget(button);
    }
    buttons->addStretch();
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    layout->addLayout(buttons);
    layout->addWidget(m_table, 1);
    connect(m_open, &QAction::triggered, this, [this] { emit openRequested(m_model.run(selectedRow()).folder); });
    connect(m_resume, &QAction::triggered, this, [this] { emit resumeRequested(m_model.run(selectedRow()).folder); });
    connect(m_delete, &QAction::triggered, this, [this] { askAndDelete(m_model.run(selectedRow()).folder); });
    connect(m_table, &QTableView::activated, m_open, &QAction::trigger);
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, &RunPanel::updateActions);
    connect(&model, &QAbstractItemModel::modelReset, this, &RunPanel::updateActions);
    connect(&model, &QAbstractItemModel::dataChanged, this, &RunPanel::updateActions);
    m_refresh.setInterval(kRefresh);
    connect(&m_refresh, &QTimer::timeout, &model, &RunListModel::reload);
    updateActions();
}

void RunPanel::selectRow(int row) {
    m_table->selectRow(row);
}

int RunPanel::selectedRow() const {
    const QModelIndexList rows = m_table->selectionModel()->selectedRows();
    return rows.isEmpty() ? -1 : rows.front().row();
}

void RunPanel::askAndDelete(const QString& folder) {
    const int asked = m_model.rowOf(folder);
    if (asked < 0) return;
    const QString name = m_model.run(asked).name;
    QMessageBox box(QMessageBox::Question, tr("Delete run"),
                    tr("Delete the run %1 with its curves and checkpoints? This can't be undone.").arg(name),
                    QMessageBox::Cancel, this);
    const QPushButton* confirm = box.addButton(tr("Delete"), QMessageBox::DestructiveRole);
    box.exec();
    const int row = m_model.rowOf(folder);  // the list may have changed meanwhile
    if (box.clickedButton() != confirm || row < 0) return;
    try {
        m_model.remove(row);
        emit noteOccurred(tr("Deleted run %1").arg(name));
    } catch (const Error& error) {
        emit problemOccurred(QString::fromUtf8(error.what()));
    }
}

void RunPanel::updateActions() {
    const int row = selectedRow();
    const bool goesOn = row >= 0 && m_model.run(row).fate == RunFate::GoingOn;
    m_open->setEnabled(row >= 0);
    m_resume->setEnabled(row >= 0 && !goesOn);
    m_delete->setEnabled(row >= 0 && !goesOn);
}

void RunPanel::showEvent(QShowEvent* event) {
    QWidget::showEvent(event);
    m_model.reload();
    m_refresh.start();
}

void RunPanel::hideEvent(QHideEvent* event) {
    QWidget::hideEvent(event);
    m_refresh.stop();
}

}  // namespace consa
