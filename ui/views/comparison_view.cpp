// The Compare tab.
#include "ui/views/comparison_view.h"

#include "ui/models/comparison_model.h"
#include "ui/style/application_style.h"
#include "ui/style/icons.h"
#include "ui/views/elided_label.h"
#include "ui/views/empty_state_table.h"
#include "ui/views/layout_delegate.h"

#include <QAction>
#include <QCheckBox>
#include <QClipboard>
#include <QComboBox>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QSpinBox>
#include <QToolButton>
#include <cmath>

namespace consa {

namespace {

constexpr int kNarrow = 640;  // pixels; below it what repeats an evaluation takes a second row

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
      m_copy(new QAction(lineIcon(QStringLiteral("copy")), tr("Copy table"), this)),
      m_table(new EmptyStateTable(tr("No evaluation yet. Ctrl+E measures the learned layout, all full, all sliding and "
                                     "interleaved on held-out text."))) {
    m_evaluate->setShortcut(QKeySequence(QStringLiteral("Ctrl+E")));
    m_cancel->setShortcut(QKeySequence(Qt::Key_Escape));
    m_table->setAccessibleName(tr("Comparison of layouts"));
    m_table->setModelWithStretch(&model, -1);
    m_table->setItemDelegateForColumn(ComparisonModel::Layout, new LayoutDelegate(m_table));
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    createHeader();
    layout->addWidget(m_table, 1);
    connectTable();
    connect(m_evaluate, &QAction::triggered, this, &ComparisonView::evaluateRequested);
    connect(m_cancel, &QAction::triggered, this, &ComparisonView::cancelRequested);
    setSnapshot({});
}

void ComparisonView::connectTable() {
    connect(m_table->selectionModel(), &QItemSelectionModel::selectionChanged, this, [this] {
        const QModelIndexList rows = m_table->selectionModel()->selectedRows();
        m_model.setSelectedRow(rows.isEmpty() ? std::nullopt : std::optional(rows.front().row()));
    });
    connect(m_table, &QTableView::clicked, this, [this](const QModelIndex& index) { emit rowActivated(index.row()); });
    connect(m_table, &QTableView::activated, this,
            [this](const QModelIndex& index) { emit rowActivated(index.row()); });
    connect(m_copy, &QAction::triggered, this, &ComparisonView::copyTable);
    m_copy->setToolTip(tr("Copy the table, tab-separated, for a spreadsheet"));
}

void ComparisonView::createRepeat() {
    m_repeats = new QCheckBox(tr("again every"));
    m_repeats->setToolTip(tr("While a run trains, compare again after so many steps; the run waits meanwhile"));
    m_repeatSteps = new QSpinBox;
    m_repeatSteps->setRange(5, 100000);
    m_repeatSteps->setValue(50);
    m_repeatSteps->setSuffix(tr(" steps"));
    m_repeatSteps->setAlignment(Qt::AlignRight);
    m_repeatSteps->setAccessibleName(tr("Steps between two comparisons"));
    m_repeatSteps->setEnabled(false);
    connect(m_repeats, &QCheckBox::toggled, m_repeatSteps, &QWidget::setEnabled);
}

std::optional<int> ComparisonView::repeatSteps() const {
    return m_repeats->isChecked() ? std::optional(m_repeatSteps->value()) : std::nullopt;
}

void ComparisonView::activateRow(int row) {
    m_table->selectRow(row);
    emit rowActivated(row);
}

void ComparisonView::copyTable() {
    QGuiApplication::clipboard()->setText(m_model.toText());
    emit noteOccurred(tr("Copied %1 rows").arg(m_model.rowCount()));
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
    m_facts = new ElidedLabel;
    m_facts->setForegroundRole(QPalette::PlaceholderText);
    createRepeat();
    auto* copyButton = new QToolButton;
    copyButton->setDefaultAction(m_copy);
    copyButton->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    auto* row = new QHBoxLayout;
    row->addWidget(m_evaluateButton);
    row->addWidget(m_split);
    m_wideRepeat = new QHBoxLayout;
    row->addLayout(m_wideRepeat);
    row->addWidget(m_progress);
    row->addWidget(m_cancelButton);
    m_wideFacts = new QHBoxLayout;
    row->addLayout(m_wideFacts, 1);
    row->addStretch();
    row->addWidget(copyButton);
    m_narrowRow = new QHBoxLayout;
    for (QHBoxLayout* one : {row, m_wideRepeat, m_narrowRow}) one->setSpacing(8);
    row->setContentsMargins(12, 4, 12, 4);
    auto* column = static_cast<QVBoxLayout*>(layout());
    column->addLayout(row);
    column->addLayout(m_narrowRow);
    placeHeader(false);
}

void ComparisonView::placeHeader(bool isNarrow) {
    m_isNarrow = isNarrow;
    QHBoxLayout* repeat = isNarrow ? m_narrowRow : m_wideRepeat;
    QHBoxLayout* facts = isNarrow ? m_narrowRow : m_wideFacts;
    for (QWidget* part : {static_cast<QWidget*>(m_repeats), static_cast<QWidget*>(m_repeatSteps)}) {
        (isNarrow ? m_wideRepeat : m_narrowRow)->removeWidget(part);
        repeat->addWidget(part);
    }
    (isNarrow ? m_wideFacts : m_narrowRow)->removeWidget(m_facts);
    facts->addWidget(m_facts, 1);
    m_narrowRow->setContentsMargins(isNarrow ? QMargins(12, 0, 12, 4) : QMargins());
}

void ComparisonView::resizeEvent(QResizeEvent* event) {
    QWidget::resizeEvent(event);
    const bool isNarrow = width() < kNarrow;
    if (isNarrow != m_isNarrow) placeHeader(isNarrow);
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
    const bool isLoading = snapshot.state == SessionState::Loading;
    m_cancel->setEnabled(isEvaluating || isLoading);
    m_cancel->setToolTip(isLoading ? tr("Stop loading (Esc)") : tr("Cancel the evaluation (Esc)"));
    m_cancelButton->setVisible(isEvaluating);
    m_progress->setVisible(isEvaluating);
    m_progress->setValue(static_cast<int>(std::lround(snapshot.progress * 1000)));
    m_copy->setEnabled(m_model.rowCount() > 0);
    m_facts->setText(factsText());
    m_facts->setToolTip(factsText());
}

QString ComparisonView::factsText() const {
    const Comparison& comparison = m_model.comparison();
    if (comparison.rows.empty()) return {};
    const ComparisonRow& row = comparison.rows.front();
    QString facts = tr("%1 tokens of %2 documents (%3), context %4, differences paired, ± 1 standard error")
                        .arg(row.tokens)
                        .arg(row.documents)
                        .arg(QString::fromStdString(comparison.split))
                        .arg(comparison.contextTokens);
    if (!comparison.testOpenings) {
        facts = tr("How often the test text was opened is not known. ") + facts;
    } else if (*comparison.testOpenings > 0) {
        facts = tr("Test text opened %n time(s). ", nullptr, *comparison.testOpenings) + facts;
    }
    return facts;
}

}  // namespace consa
