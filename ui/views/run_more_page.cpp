// The second page of the run settings.
#include "ui/views/run_more_page.h"

#include "ui/views/form_fields.h"

#include <QComboBox>
#include <QFormLayout>
#include <QHBoxLayout>
#include <QSpinBox>

namespace consa {

namespace {

constexpr double kLargest = 1e6;

}  // namespace

RunMorePage::RunMorePage(QWidget* parent) : QWidget(parent) {
    auto* columns = new QHBoxLayout(this);
    columns->setContentsMargins(16, 16, 16, 16);
    columns->setSpacing(32);
    createGates(*addColumn(*columns));
    createWeights(*addColumn(*columns));
    connect(m_estimate, &QComboBox::currentIndexChanged, this, &RunMorePage::changed);
    connect(m_loraRank, &QSpinBox::valueChanged, this, &RunMorePage::changed);
    for (NumberBox* box : {m_gateRate, m_warmup, m_multiplierRate, m_quadraticWeight, m_holdShare, m_weightRate,
                           m_weightDecay, m_clip, m_loraAlpha})
        connect(box, &QDoubleSpinBox::valueChanged, this, &RunMorePage::changed);
}

void RunMorePage::createGates(QFormLayout& form) {
    m_estimate = createChoice({tr("Sparsity estimate"), tr("What the constraint holds to the target.\nExpected: mean "
                                                           "P(z = 0) in closed form.\nSampled: mean 1 − z of the "
                                                           "step's sample (PruLong).")},
                              {{tr("Expected"), static_cast<int>(SparsityEstimate::Expected)},
                               {tr("Sampled"), static_cast<int>(SparsityEstimate::Sampled)}});
    m_gateRate =
        new NumberBox(0, kLargest, {tr("Learning rate"), tr("Of the gates' Adam, log alpha a step (measured)")});
    m_warmup = new NumberBox(
        0, 1, {tr("Warm-up share"), tr("Share of the steps, 0 to 1, over which the target rises from 0 (measured)")});
    m_multiplierRate = new NumberBox(
        0, kLargest,
        {tr("Multiplier rate"), tr("Ascent of the multiplier on the constraint's error, a step (measured)")});
    m_quadraticWeight = new NumberBox(
        0, kLargest, {tr("Quadratic weight"), tr("Fixed weight of the constraint's squared error, nats (measured)")});
    m_holdShare = new NumberBox(
        0, 1,
        {tr("Hold share"), tr("Share of the constraint's error, 0 to 1, that one shift of all gates takes back a step; "
                              "0 leaves it to the multiplier (measured)")});
    addHeading(form, tr("Gates"));
    for (QWidget* field : {static_cast<QWidget*>(m_estimate), static_cast<QWidget*>(m_gateRate),
                           static_cast<QWidget*>(m_warmup), static_cast<QWidget*>(m_multiplierRate),
                           static_cast<QWidget*>(m_quadraticWeight), static_cast<QWidget*>(m_holdShare)})
        addField(form, field);
}

void RunMorePage::createWeights(QFormLayout& form) {
    m_weightRate =
        new NumberBox(0, kLargest,
                      {tr("Learning rate of weights"), tr("Peak of AdamW's rate, with the gates' own warm-up "
                                                          "and decay (PruLong)")});
    m_weightDecay = new NumberBox(0, kLargest, {tr("Weight decay"), tr("Of matrices, a step (PruLong)")});
    m_clip = new NumberBox(0, kLargest, {tr("Gradient clip"), tr("Largest norm of the whole gradient (PruLong)")});
    m_loraRank =
        createCountBox(0, 4096, {tr("LoRA rank"), tr("Rank of the linear layers' updates; 0 trains all weights"), {}});
    m_loraAlpha = new NumberBox(0, kLargest, {tr("LoRA alpha"), tr("Updates are scaled by alpha / rank (usual)")});
    addHeading(form, tr("Weights"));
    for (QWidget* field :
         {static_cast<QWidget*>(m_weightRate), static_cast<QWidget*>(m_weightDecay), static_cast<QWidget*>(m_clip),
          static_cast<QWidget*>(m_loraRank), static_cast<QWidget*>(m_loraAlpha)})
        addField(form, field);
}

void RunMorePage::showConfig(const TrainingConfig& config) {
    setChoice(*m_estimate, static_cast<int>(config.sparsityEstimate));
    m_gateRate->setValue(config.gateLearningRate);
    m_warmup->setValue(config.warmupShare);
    m_multiplierRate->setValue(config.multiplierRate);
    m_quadraticWeight->setValue(config.quadraticWeight);
    m_holdShare->setValue(config.holdShare);
    m_weightRate->setValue(config.weightLearningRate);
    m_weightDecay->setValue(config.weightDecay);
    m_clip->setValue(config.gradientClip);
    m_loraRank->setValue(config.loraRank);
    m_loraAlpha->setValue(config.loraAlpha);
}

void RunMorePage::readInto(TrainingConfig& config) const {
    config.sparsityEstimate = static_cast<SparsityEstimate>(choiceOf(*m_estimate));
    config.gateLearningRate = m_gateRate->value();
    config.warmupShare = m_warmup->value();
    config.multiplierRate = m_multiplierRate->value();
    config.quadraticWeight = m_quadraticWeight->value();
    config.holdShare = m_holdShare->value();
    config.weightLearningRate = m_weightRate->value();
    config.weightDecay = m_weightDecay->value();
    config.gradientClip = m_clip->value();
    config.loraRank = m_loraRank->value();
    config.loraAlpha = m_loraAlpha->value();
}

void RunMorePage::applyRules(const TrainingConfig& config) {
    const bool isConstrained = config.mode != LearningMode::Recover && config.method == GateMethod::Consa;
    const QString unconstrained = tr("Only ConSA's constraint uses it");
    for (QWidget* field :
         {static_cast<QWidget*>(m_estimate), static_cast<QWidget*>(m_warmup), static_cast<QWidget*>(m_multiplierRate),
          static_cast<QWidget*>(m_quadraticWeight), static_cast<QWidget*>(m_holdShare)})
        setUsable(*field, isConstrained, unconstrained);
    setUsable(*m_gateRate, config.mode != LearningMode::Recover, tr("The layout is held: no gate is learned"));
    const bool movesWeights = config.mode != LearningMode::Gates;
    const QString frozen = tr("The weights stay as they are in the mode Gates");
    for (NumberBox* box : {m_weightRate, m_weightDecay, m_clip}) setUsable(*box, movesWeights, frozen);
    setUsable(*m_loraRank, movesWeights, frozen);
    setUsable(*m_loraAlpha, movesWeights && config.loraRank > 0,
              movesWeights ? tr("Scales low-rank updates: give a LoRA rank first") : frozen);
}

}  // namespace consa
