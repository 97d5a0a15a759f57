// The first page of the run settings.
#include "ui/views/run_basics_page.h"

#include "ui/views/form_fields.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QLineEdit>
#include <QRegularExpressionValidator>
#include <QSpinBox>

namespace consa {

RunBasicsPage::RunBasicsPage(std::vector<LayoutChoice> layouts, QWidget* parent)
    : QWidget(parent), m_layouts(std::move(layouts)) {
    auto* columns = new QHBoxLayout(this);
    columns->setContentsMargins(16, 16, 16, 16);
    columns->setSpacing(32);
    createChoices(*addColumn(*columns));
    QFormLayout* right = addColumn(*columns);
    createAttention(*right);
    createText(*right);
    connectFields();
}

void RunBasicsPage::createChoices(QFormLayout& form) {
    const auto number = [](auto value) { return static_cast<int>(value); };
    m_mode = createChoice({tr("Mode"), tr("Gates: the weights stay as they are.\nGates and weights: both move, jointly "
                                          "(ConSA's first stage).\nRecover a layout: it is fixed and the weights train "
                                          "around it (ConSA's second stage).")},
                          {{tr("Gates"), number(LearningMode::Gates)},
                           {tr("Gates and weights"), number(LearningMode::GatesAndWeights)},
                           {tr("Recover a layout"), number(LearningMode::Recover)}});
    m_layout = createChoice({tr("Layout"), tr("The preset that is held; it brings its own window and sinks")}, {});
    for (const LayoutChoice& one : m_layouts) m_layout->addItem(one.name, m_layout->count());
    m_granularity = createChoice(
        {tr("Granularity"), tr("What one gate decides: a KV head with its queries, or a layer")},
        {{tr("One per KV head"), number(Granularity::KvHead)}, {tr("One per layer"), number(Granularity::Layer)}});
    m_scope = createChoice(
        {tr("Scope"), tr("Where the sparsity holds: over all units together, or inside every layer")},
        {{tr("Over all units"), number(Scope::Global)}, {tr("Inside every layer"), number(Scope::PerLayer)}});
    m_loss = createChoice({tr("Loss"), tr("What is minimised beside the constraint.\nNext token: cross-entropy, nats "
                                          "(ConSA, PruLong).\nKL to the full model: of the logits, nats.\nHidden "
                                          "states: squared error of the last ones, relative (DuoAttention).")},
                          {{tr("Next token"), number(TrainingLoss::NextToken)},
                           {tr("KL to the full model"), number(TrainingLoss::DistillKl)},
                           {tr("Hidden states of the full model"), number(TrainingLoss::DistillHidden)}});
    m_method = createChoice({tr("Method"), tr("ConSA: L0 gates under an augmented Lagrangian.\nRanked: plain gates by "
                                              "the loss alone, ranked and cut (LoZA).\nL1: with a price on every gate "
                                              "(DuoAttention).\nGradient: units rank by the loss's slope, nothing is "
                                              "learned.\nRandom: the best of one random layout a step.")},
                            {{tr("ConSA"), number(GateMethod::Consa)},
                             {tr("Ranked"), number(GateMethod::Ranked)},
                             {tr("L1"), number(GateMethod::L1)},
                             {tr("Gradient"), number(GateMethod::Gradient)},
                             {tr("Random"), number(GateMethod::Random)}});
    addHeading(form, tr("What is learned"));
    for (QComboBox* box : {m_mode, m_layout, m_granularity, m_scope, m_loss, m_method}) addField(form, box);
}

void RunBasicsPage::createAttention(QFormLayout& form) {
    const QString tokens = tr(" tokens");
    m_window =
        createCountBox(1, 1 << 20, {tr("Window"), tr("Tokens that a sliding head sees, the query counted"), tokens});
    m_sinks = createCountBox(0, 1 << 16, {tr("Sinks"), tr("First tokens of the text that stay visible"), tokens});
    addHeading(form, tr("Sliding attention"));
    addField(form, m_window);
    addField(form, m_sinks);
}

void RunBasicsPage::createText(QFormLayout& form) {
    m_context = createCountBox(2, 1 << 20, {tr("Context"), tr("Tokens of one training window"), tr(" tokens")});
    m_batch = createCountBox(1, 4096, {tr("Batch"), tr("Training windows a step"), tr(" windows")});
    m_steps = createCountBox(1, 1000000, {tr("Steps"), tr("Training steps of the run, each over one batch"), {}});
    m_seed = new QLineEdit;
    m_seed->setValidator(new QRegularExpressionValidator(QRegularExpression(QStringLiteral("[0-9]{1,18}")), m_seed));
    m_seed->setAlignment(Qt::AlignRight);
    m_seed->setAccessibleName(tr("Seed"));
    m_seed->setToolTip(tr("Draws the gates' noise and the order of the texts; the same seed gives the same run"));
    m_device = new QComboBox;
    m_device->addItem(tr("Automatic"), QStringLiteral("auto"));
    m_device->addItem(tr("CPU"), QStringLiteral("cpu"));
    m_device->addItem(tr("GPU"), QStringLiteral("cuda"));
    m_device->setAccessibleName(tr("Device"));
    m_device->setToolTip(tr("What computes; automatic takes a GPU where there is one"));
    addHeading(form, tr("Text and steps"));
    for (QWidget* field :
         {static_cast<QWidget*>(m_context), static_cast<QWidget*>(m_batch), static_cast<QWidget*>(m_steps),
          static_cast<QWidget*>(m_seed), static_cast<QWidget*>(m_device)})
        addField(form, field);
}

void RunBasicsPage::connectFields() {
    connect(m_layout, &QComboBox::activated, this, &RunBasicsPage::adoptLayout);
    connect(m_mode, &QComboBox::activated, this, &RunBasicsPage::adoptLayout);
    for (QComboBox* box : {m_mode, m_layout, m_granularity, m_scope, m_loss, m_method, m_device})
        connect(box, &QComboBox::currentIndexChanged, this, &RunBasicsPage::changed);
    for (QSpinBox* box : {m_window, m_sinks, m_context, m_batch, m_steps})
        connect(box, &QSpinBox::valueChanged, this, &RunBasicsPage::changed);
    connect(m_seed, &QLineEdit::textChanged, this, &RunBasicsPage::changed);
}

void RunBasicsPage::adoptLayout() {
    const LayoutChoice* chosen = chosenLayout();
    if (!chosen) return;
    if (chosen->file.windowTokens > 0) m_window->setValue(chosen->file.windowTokens);
    m_sinks->setValue(chosen->file.sinkTokens);
    setChoice(*m_granularity, static_cast<int>(chosen->file.layout.grid.granularity));
}

const LayoutChoice* RunBasicsPage::chosenLayout() const {
    const auto index = static_cast<std::size_t>(m_layout->currentIndex());
    const bool isHeld = choiceOf(*m_mode) == static_cast<int>(LearningMode::Recover);
    return isHeld && index < m_layouts.size() ? &m_layouts[index] : nullptr;
}

std::optional<AttentionLayout> RunBasicsPage::heldLayout() const {
    const LayoutChoice* chosen = chosenLayout();
    return chosen ? std::optional(chosen->file.layout) : std::nullopt;
}

void RunBasicsPage::showConfig(const TrainingConfig& config) {
    setChoice(*m_mode, static_cast<int>(config.mode));
    for (std::size_t index = 0; index < m_layouts.size(); ++index)
        if (m_layouts[index].path.toStdString() == config.layout) m_layout->setCurrentIndex(static_cast<int>(index));
    setChoice(*m_granularity, static_cast<int>(config.granularity));
    setChoice(*m_scope, static_cast<int>(config.scope));
    setChoice(*m_loss, static_cast<int>(config.loss));
    setChoice(*m_method, static_cast<int>(config.method));
    m_window->setValue(config.windowTokens);
    m_sinks->setValue(config.sinkTokens);
    m_context->setValue(config.contextTokens);
    m_batch->setValue(config.batchSize);
    m_steps->setValue(config.stepCount);
    m_seed->setText(QString::number(config.seed));
    m_device->setCurrentIndex(std::max(m_device->findData(QString::fromStdString(config.device)), 0));
}

void RunBasicsPage::readInto(TrainingConfig& config) const {
    config.mode = static_cast<LearningMode>(choiceOf(*m_mode));
    config.granularity = static_cast<Granularity>(choiceOf(*m_granularity));
    config.scope = static_cast<Scope>(choiceOf(*m_scope));
    config.loss = static_cast<TrainingLoss>(choiceOf(*m_loss));
    config.method = static_cast<GateMethod>(choiceOf(*m_method));
    config.windowTokens = m_window->value();
    config.sinkTokens = m_sinks->value();
    config.contextTokens = m_context->value();
    config.batchSize = m_batch->value();
    config.stepCount = m_steps->value();
    config.seed = m_seed->text().toULongLong();
    config.device = m_device->currentData().toString().toStdString();
    const LayoutChoice* held = chosenLayout();
    config.layout = held ? held->path.toStdString() : std::string();
    if (config.mode != LearningMode::Recover) return;
    // A held layout leaves nothing to choose about gates.
    if (held) config.granularity = held->file.layout.grid.granularity;
    config.scope = Scope::Global;
    config.method = GateMethod::Consa;
    config.pins.clear();
}

void RunBasicsPage::applyRules(const TrainingConfig& config) {
    const bool isHeld = config.mode == LearningMode::Recover;
    const QString held = tr("The layout is held: no gate is learned");
    setItemUsable(*m_mode, static_cast<int>(LearningMode::Recover), !m_layouts.empty(),
                  tr("Save or import a preset of this model's shape first"));
    setUsable(*m_layout, isHeld, tr("Only Recover a layout holds one"));
    setUsable(*m_granularity, !isHeld, held);
    setUsable(*m_scope, !isHeld, held);
    setUsable(*m_method, !isHeld, held);
    setItemUsable(*m_scope, static_cast<int>(Scope::PerLayer), config.granularity == Granularity::KvHead,
                  tr("A layer of one gate has no budget of its own"));
    const QString whyNot = config.mode != LearningMode::Gates ? tr("Learns gates alone: choose the mode Gates")
                           : config.scope != Scope::Global    ? tr("Knows one budget over all units only")
                                                              : tr("Knows no pins: unpin all units first");
    const bool isPlain = config.mode == LearningMode::Gates && config.scope == Scope::Global && config.pins.empty();
    for (const GateMethod method : {GateMethod::Ranked, GateMethod::L1, GateMethod::Gradient, GateMethod::Random})
        setItemUsable(*m_method, static_cast<int>(method), isPlain, whyNot);
}

}  // namespace consa
