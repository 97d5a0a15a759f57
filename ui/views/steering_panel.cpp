// Slider, boxes and figures of steering, kept in step with the session.
#include "ui/views/steering_panel.h"

#include "ui/models/gate_grid_model.h"
#include "ui/models/kv_cache_size.h"
#include "ui/style/application_style.h"
#include "ui/style/number_text.h"
#include "ui/views/cut_curve_view.h"
#include "ui/views/fact_label.h"
#include "ui/views/sparsity_slider.h"

#include <QComboBox>
#include <QDoubleSpinBox>
#include <QGridLayout>
#include <QHBoxLayout>
#include <QLabel>
#include <QLineEdit>
#include <QSettings>
#include <QSignalBlocker>
#include <QSpinBox>
#include <QToolButton>
#include <algorithm>
#include <cmath>

namespace consa {

namespace {

const QString kContextKey = QStringLiteral("steering/cacheContext");

QString percent(double share) {
    return QStringLiteral("%1 %").arg(share * 100, 0, 'f', 1);
}

}  // namespace

SteeringPanel::SteeringPanel(GateGridModel& gates, QWidget* parent) : QWidget(parent), m_gates(gates) {
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(12, 6, 12, 6);
    layout->setSpacing(4);
    createControls();
    createFacts();
    connectControls();
    updateFacts();
}

void SteeringPanel::createControls() {
    m_slider = new SparsitySlider;
    m_title = new QLabel(tr("Sliding heads"));
    m_title->setToolTip(tr("Sparsity: the share of units on sliding-window attention"));
    m_cutCurve = new CutCurveView(*m_slider);
    m_cutCurve->hide();
    auto* grid = new QGridLayout;
    grid->setHorizontalSpacing(8);
    grid->setVerticalSpacing(0);
    grid->setColumnStretch(1, 1);
    grid->addWidget(m_title, 0, 0);
    grid->addWidget(m_slider, 0, 1);
    grid->addLayout(createBoxes(), 0, 2);
    grid->addWidget(m_cutCurve, 1, 0, 1, 3);
    static_cast<QVBoxLayout*>(layout())->addLayout(grid);
}

QHBoxLayout* SteeringPanel::createBoxes() {
    m_targetBox = new QDoubleSpinBox;
    m_targetBox->setRange(0, 100);
    m_targetBox->setDecimals(1);
    m_targetBox->setSingleStep(1);
    m_targetBox->setSuffix(QStringLiteral(" %"));
    m_targetBox->setAlignment(Qt::AlignRight);
    m_targetBox->setKeyboardTracking(false);
    m_targetBox->setFocusPolicy(Qt::StrongFocus);
    m_targetBox->setAccessibleName(tr("Target sparsity in percent"));
    m_targetBox->setToolTip(tr("The target sparsity (Ctrl+T)"));
    m_targetBox->setValue(50);
    m_rampBox = new QSpinBox;
    m_rampBox->setRange(0, 9999);
    m_rampBox->setValue(20);
    m_rampBox->setSuffix(tr(" steps"));
    m_rampBox->setAlignment(Qt::AlignRight);
    m_rampBox->setFocusPolicy(Qt::StrongFocus);
    m_rampBox->setAccessibleName(tr("Ramp in steps"));
    m_rampBox->setToolTip(tr("A moved target is reached over this many steps; 0 jumps"));
    auto* row = new QHBoxLayout;
    row->setSpacing(8);
    row->addWidget(createMutedLabel(tr("Target")));
    row->addWidget(m_targetBox);
    row->addSpacing(8);
    row->addWidget(createMutedLabel(tr("Ramp")));
    row->addWidget(m_rampBox);
    return row;
}

void SteeringPanel::createFacts() {
    m_cutFact = new FactLabel(tr("○ Cut"), tr("The current gates are rounded at this sparsity"));
    m_targetFact = new FactLabel(tr("● Target"), tr("The sparsity that the training is asked for"));
    m_expectedFact =
        new FactLabel(tr("Expected"), tr("Mean probability of sliding over all gates, the mark on the slider"));
    m_fullFact = new FactLabel(tr("Full"),
                               tr("Units on full attention after rounding, of all units; τ is the P(full) that parts "
                                  "full from sliding, the notch at the colour bar"));
    m_undecidedFact = new FactLabel(tr("Undecided"), tr("Gates whose probability of either end is still below 0.95"));
    m_cacheFact =
        new FactLabel(tr("KV cache at"), tr("bfloat16 cache of one sequence of this length, all full and as rounded"));
    m_cacheFact->addToName(createContextBox());
    auto* row = new QHBoxLayout;
    row->setSpacing(24);
    for (FactLabel* fact : {m_cutFact, m_targetFact, m_expectedFact, m_fullFact, m_undecidedFact, m_cacheFact}) {
        row->addWidget(fact);
    }
    row->addStretch();
    m_continue = new QToolButton;
    m_continue->setToolTip(tr("The finished run trains on until the target is reached and settled"));
    m_continue->hide();
    row->addWidget(m_continue);
    static_cast<QVBoxLayout*>(layout())->addLayout(row);
}

void SteeringPanel::connectControls() {
    connect(m_continue, &QToolButton::clicked, this, [this] { emit continueRequested(m_nextTarget); });
    connect(m_slider, &SparsitySlider::targetMoved, this, [this](double target) {
        const QSignalBlocker blocker(m_targetBox);
        m_targetBox->setValue(target * 100);
    });
    connect(m_slider, &SparsitySlider::targetCommitted, this, &SteeringPanel::targetCommitted);
    connect(m_slider, &SparsitySlider::cutMoved, this, [this](std::optional<double> cut) {
        emit cutMoved(cut);
        updateFacts();
    });
    // Enter hands the keys back, so that Space reaches the run again.
    connect(m_targetBox->findChild<QLineEdit*>(), &QLineEdit::returnPressed, m_slider,
            [this] { m_slider->setFocus(); });
    connect(m_targetBox, &QDoubleSpinBox::valueChanged, this,
            [this](double value) { emit targetCommitted(value / 100); });
}

int SteeringPanel::rampSteps() const {
    return m_rampBox->value();
}

void SteeringPanel::setRampSteps(int steps) {
    m_rampBox->setValue(steps);
}

void SteeringPanel::setNextTarget(double target) {
    m_nextTarget = target;
    setSnapshot(m_snapshot);
}

bool SteeringPanel::dropPendingTarget() {
    if (!m_pendingTarget) return false;
    m_pendingTarget.reset();
    setSnapshot(m_snapshot);
    return true;
}

void SteeringPanel::setCommittedTarget(double target) {
    m_committedRamp = rampSteps();
    if (isRunning()) {
        m_pendingTarget = target;
    } else {
        m_nextTarget = target;
    }
    m_slider->setTarget(target);
    const QSignalBlocker blocker(m_targetBox);
    m_targetBox->setValue(target * 100);
    updateFacts();
}

void SteeringPanel::setSnapshot(const SessionSnapshot& snapshot) {
    const bool isNewRun = snapshot.run != m_snapshot.run;
    m_snapshot = snapshot;
    if (isNewRun || (m_pendingTarget && std::abs(snapshot.target - *m_pendingTarget) < 1e-9)) m_pendingTarget.reset();
    if (isRunning()) m_nextTarget = m_pendingTarget.value_or(snapshot.target);
    m_slider->setTarget(m_nextTarget);
    if (!m_slider->isDragging() && !m_targetBox->hasFocus()) {
        const QSignalBlocker blocker(m_targetBox);
        m_targetBox->setValue(m_slider->target() * 100);
    }
    updateFacts();
    updateEnabled();
}

void SteeringPanel::updateFacts() {
    const bool hasGates = !m_snapshot.logAlpha.empty() && !isHeld();
    m_title->setText(m_snapshot.grid.granularity == Granularity::Layer ? tr("Sliding layers") : tr("Sliding heads"));
    const double base = hasGates ? m_snapshot.target : m_nextTarget;
    m_slider->setCut(m_gates.cut(), base);
    m_slider->setExpected(hasGates ? std::optional<double>(m_snapshot.expectedSparsity) : std::nullopt);
    const QString nothing = QStringLiteral("–");
    m_cutFact->setValue(isHeld() ? nothing : m_gates.cut() ? percent(*m_gates.cut()) : tr("at target"));
    m_targetFact->setValue(targetText());
    m_expectedFact->setValue(hasGates ? percent(m_snapshot.expectedSparsity) : nothing);
    m_fullFact->setValue(fullText());
    m_undecidedFact->setValue(hasGates ? QString::number(m_snapshot.undecidedCount) : nothing);
    m_cacheFact->setValue(cacheText());
    m_continue->setVisible(m_snapshot.state == SessionState::Finished && !isHeld());
    m_continue->setText(tr("Train on to %1").arg(percent(m_nextTarget)));
    updateCurve();
}

void SteeringPanel::updateCurve() {
    m_cutCurve->setCurve(m_snapshot.cutCurve, m_snapshot.step);
    m_cutCurve->setCut(m_slider->cut(), m_gates.sessionLayout().sparsity());
    // Once shown its place stays to the end of the run, so that nothing jumps while the curve is measured anew.
    const bool hasPoints = !m_snapshot.cutCurve.points.empty() && !isHeld();
    if (hasPoints) m_curveRun = m_snapshot.run;
    m_cutCurve->setVisible(hasPoints || (m_curveRun == m_snapshot.run && !m_snapshot.logAlpha.empty()));
}

void SteeringPanel::updateEnabled() {
    const bool isFree = !isHeld() || !isRunning();
    const QString whyNot = tr("This run holds a fixed layout: it has no target to move");
    m_slider->setEnabled(isFree);
    m_targetBox->setEnabled(isFree);
    m_rampBox->setEnabled(isFree);
    m_targetBox->setToolTip(isFree ? tr("The target sparsity (Ctrl+T)") : whyNot);
}

bool SteeringPanel::isHeld() const {
    return m_snapshot.config.mode == LearningMode::Recover;
}

bool SteeringPanel::isRunning() const {
    return m_snapshot.state == SessionState::Training || m_snapshot.state == SessionState::Paused;
}

QString SteeringPanel::targetText() const {
    if (isHeld() && isRunning()) return tr("none, the layout is held");
    if (m_pendingTarget) return tr("%1, sent").arg(percent(*m_pendingTarget));
    if (!isRunning()) return tr("%1 for the next run").arg(percent(m_nextTarget));
    const int left = rampStepsLeft();
    const QString state = m_snapshot.isSettled ? tr("settled")
                          : left > 0           ? tr("moving, about %1 steps").arg(left)
                                               : tr("moving");
    return tr("%1, applied at step %2: %3")
        .arg(percent(m_snapshot.target))
        .arg(m_snapshot.targetAppliedStep)
        .arg(state);
}

int SteeringPanel::rampStepsLeft() const {
    const TrainingConfig& config = m_snapshot.config;
    const int warmup = static_cast<int>(std::lround(config.warmupShare * config.stepCount));
    const bool isMoved = m_snapshot.targetAppliedStep > 0;
    const int end = isMoved ? m_snapshot.targetAppliedStep + m_committedRamp : warmup;
    return std::max(end - m_snapshot.step, 0);
}

QString SteeringPanel::fullText() const {
    const AttentionLayout& layout = m_gates.sessionLayout();
    if (layout.grid.unitCount() == 0) return QStringLiteral("–");
    const QString count = tr("%1 of %2").arg(layout.fullCount()).arg(layout.grid.unitCount());
    const std::optional<double> threshold = m_gates.isShowingSession() ? m_gates.threshold() : std::nullopt;
    return threshold ? count + tr(", τ %1").arg(*threshold, 0, 'f', 2) : count;
}

QWidget* SteeringPanel::createContextBox() {
    m_cacheContext = new QComboBox;
    for (const int thousands : {4, 8, 16, 32, 64, 128, 256, 1024})
        m_cacheContext->addItem(thousands < 1024 ? tr("%1k").arg(thousands) : tr("1M"), thousands * 1024);
    m_cacheContext->setFrame(false);
    m_cacheContext->setFocusPolicy(Qt::StrongFocus);
    m_cacheContext->setAccessibleName(tr("Context of the KV cache in tokens"));
    m_cacheContext->setToolTip(tr("Tokens of the sequence whose cache is counted"));
    const int kept = m_cacheContext->findData(QSettings().value(kContextKey, 32768));
    m_cacheContext->setCurrentIndex(kept >= 0 ? kept : m_cacheContext->findData(32768));
    connect(m_cacheContext, &QComboBox::currentIndexChanged, this, [this] {
        QSettings().setValue(kContextKey, m_cacheContext->currentData());
        updateFacts();
    });
    return m_cacheContext;
}

QString SteeringPanel::cacheText() const {
    const AttentionLayout& layout = m_gates.sessionLayout();
    if (!m_snapshot.model || layout.grid.unitCount() == 0) return QStringLiteral("–");
    const int context = m_cacheContext->currentData().toInt();
    const int window = m_snapshot.config.windowTokens;
    const int sinks = m_snapshot.config.sinkTokens;
    const double full = kvCacheBytes(*m_snapshot.model, AttentionLayout(layout.grid, true), context, window, sinks);
    const double shown = kvCacheBytes(*m_snapshot.model, layout, context, window, sinks);
    const double change = full > 0 ? (shown / full - 1) * 100 : 0;
    return QStringLiteral("%1 → %2 (%3 %)").arg(formatBytes(full), formatBytes(shown), numberText(change, 0));
}

}  // namespace consa
