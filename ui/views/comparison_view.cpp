// The Compare tab.
#include "ui/views/comparison_view.h"

#include "ui/models/comparison_model.h"
#include "ui/style/application_style.h"
#include "ui/style/icons.h"
#include "ui/views/empty_state_table.h"
#include "ui/views/layout_delegate.h"

#include <QAction>
#include <QComboBox>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QToolButton>
#include <cmath>

namespace consa {

namespace {

QString whyNotEvaluate(SessionState state) {
    switch (state) {
        case SessionState::Loading:
            return ComparisonView::tr("The model is still loading");
        case SessionState::Evaluating:
            return ComparisonView::tr("An evaluation is running");
        default:
            return ComparisonView::tr("Open a model first (Ctrl+O)");
    }
}

}  // namespace

ComparisonView::ComparisonView(ComparisonModel& model, QWidget* parent)
    : QWidget(parent),
      m_model(model),
      m_evaluate(new QAction(lineIcon(QStringLiteral("evaluate")), tr("Evaluate"), this)),
      m_cancel(new QAction(lineIcon(QStringLiteral("close")), tr("Cancel"), this)),
      m_table(new EmptyStateTable(tr("No evaluation yet. Ctrl+E measures the learned layout, all full, all sliding and "
                                     "interleaved on held-out text."))) {
    m_evaluate->setShortcut(QKeySequence(QStringLiteral("Ctrl+E")));
    m_cancel->setShortcut(QKeySequence(Qt::Key_Escape));
    m_cancel->setToolTip(tr("Cancel the evaluation (Esc)"));
    m_table->setAccessibleName(tr("Comparison of layouts"));
    m_table->setModelWithStretch(&model, -1);
    m_table->setItemDelegateForColumn(ComparisonModel::Layout, new LayoutDelegate(m_table));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    createHeader();
    layout->addWidget(m_table, 1);
    connect(m_evaluate, &QAction::triggered, this, &ComparisonView::evaluateRequested);
    connect(m_cancel, &QAction::triggered, this, &ComparisonView::cancelRequested);
    connect(m_table, &QTableView::activated, this,
            [this](const QModelIndex& index) { emit rowActivated(index.row()); });
    setSnapshot({});
}

void ComparisonView::createHeader() {
    m_evaluateButton = new QToolButton;
    m_evaluateButton->setDefaultAction(m_evaluate);
    m_evaluateButton->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_cancelButton = new QToolButton;
    m_cancelButton->setDefaultAction(m_cancel);
    m_cancelButton->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_split = new QComboBox;
    m_split->addItem(tr("on validation text"), QStringLiteral("dev"));
    m_split->addItem(tr("on test text"), QStringLiteral("test"));
    m_split->setAccessibleName(tr("Text to evaluate on"));
    m_split->setToolTip(tr("Documents that training never sees; keep the test text for the report"));
    m_progress = new QProgressBar;
    m_progress->setRange(0, 1000);
    m_progress->setTextVisible(false);
    m_progress->setFixedSize(160, 8);
    m_progress->setAccessibleName(tr("Progress of the evaluation"));
    m_facts = createMutedLabel(QString());
    auto* row = new QHBoxLayout;
    row->setContentsMargins(12, 4, 12, 4);
    row->setSpacing(8);
    row->addWidget(m_evaluateButton);
    row->addWidget(m_split);
    row->addWidget(m_progress);
    row->addWidget(m_cancelButton);
    row->addStretch();
    row->addWidget(m_facts);
    static_cast<QVBoxLayout*>(layout())->addLayout(row);
}

QString ComparisonView::split() const {
    return m_split->currentData().toString();
}

void ComparisonView::setPresetCount(int count) {
    m_evaluate->setText(count == 0 ? tr("Evaluate") : tr("Evaluate with %1 presets").arg(count));
}

void ComparisonView::setSnapshot(const SessionSnapshot& snapshot) {
    const bool isEvaluating = snapshot.state == SessionState::Evaluating;
    const bool canEvaluate = snapshot.model.has_value() && !isEvaluating && snapshot.state != SessionState::Loading;
    m_evaluate->setEnabled(canEvaluate);
    m_evaluate->setToolTip(canEvaluate
                               ? tr("Measure all layouts on the same held-out text; a run waits meanwhile (Ctrl+E)")
                               : whyNotEvaluate(snapshot.state));
    m_cancel->setEnabled(isEvaluating);
    m_cancelButton->setVisible(isEvaluating);
    m_progress->setVisible(isEvaluating);
    m_progress->setValue(static_cast<int>(std::lround(snapshot.progress * 1000)));
    const Comparison& comparison = m_model.comparison();
    if (comparison.rows.empty()) return m_facts->clear();
    const ComparisonRow& row = comparison.rows.front();
    m_facts->setText(tr("%1 tokens of %2 documents (%3), context %4, differences paired, ± 1 standard error")
                         .arg(row.tokens)
                         .arg(row.documents)
                         .arg(QString::fromStdString(comparison.split))
                         .arg(comparison.contextTokens));
}

}  // namespace consa
