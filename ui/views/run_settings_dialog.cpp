// The run settings form.
#include "ui/views/run_settings_dialog.h"

#include "core/base/error.h"
#include "ui/style/application_style.h"

#include <QComboBox>
#include <QDialogButtonBox>
#include <QFormLayout>
#include <QLabel>
#include <QLineEdit>
#include <QPushButton>
#include <QRegularExpressionValidator>
#include <QSpinBox>

namespace consa {

RunSettingsDialog::RunSettingsDialog(const TrainingConfig& config, const TrainingConfig& defaults,
                                     int modelContextTokens, QWidget* parent)
    : QDialog(parent), m_config(config), m_defaults(defaults), m_modelContextTokens(modelContextTokens) {
    setWindowTitle(tr("Run settings"));
    createFields();
    showConfig(config);
    validate();
}

QSpinBox* RunSettingsDialog::createBox(int lowest, int highest, const QString& suffix, const QString& name) {
    auto* box = new QSpinBox;
    box->setRange(lowest, highest);
    box->setSuffix(suffix);
    box->setGroupSeparatorShown(true);
    box->setAlignment(Qt::AlignRight);
    box->setAccessibleName(name);
    connect(box, &QSpinBox::valueChanged, this, &RunSettingsDialog::validate);
    return box;
}

void RunSettingsDialog::createFields() {
    m_granularity = new QComboBox;
    m_granularity->addItem(tr("One gate per KV head"), QVariant::fromValue(static_cast<int>(Granularity::KvHead)));
    m_granularity->addItem(tr("One gate per layer"), QVariant::fromValue(static_cast<int>(Granularity::Layer)));
    const QString tokens = tr(" tokens");
    m_window = createBox(1, 1 << 20, tokens, tr("Window"));
    m_sinks = createBox(0, 1 << 16, tokens, tr("Sinks"));
    m_context = createBox(2, 1 << 20, tokens, tr("Context"));
    m_batch = createBox(1, 4096, tr(" sequences"), tr("Batch"));
    m_steps = createBox(1, 1000000, QString(), tr("Steps"));
    m_seed = new QLineEdit;
    m_seed->setValidator(new QRegularExpressionValidator(QRegularExpression(QStringLiteral("[0-9]{1,18}")), m_seed));
    m_seed->setAlignment(Qt::AlignRight);
    m_device = new QComboBox;
    m_device->addItem(tr("Automatic"), QStringLiteral("auto"));
    m_device->addItem(tr("CPU"), QStringLiteral("cpu"));
    m_device->addItem(tr("GPU"), QStringLiteral("cuda"));
    m_problem = new QLabel;
    m_problem->setWordWrap(true);
    auto* buttons =
        new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel | QDialogButtonBox::RestoreDefaults);
    m_accept = buttons->button(QDialogButtonBox::Ok);
    m_accept->setText(tr("Use for the next run"));

    auto* form = new QFormLayout(this);
    form->setHorizontalSpacing(16);
    form->setVerticalSpacing(8);
    form->setContentsMargins(16, 16, 16, 16);
    form->addRow(tr("Gates"), m_granularity);
    form->addRow(tr("Window, the query counted"), m_window);
    form->addRow(tr("Sinks, always visible"), m_sinks);
    form->addRow(tr("Context"), m_context);
    form->addRow(tr("Batch"), m_batch);
    form->addRow(tr("Steps"), m_steps);
    form->addRow(tr("Seed"), m_seed);
    form->addRow(tr("Device"), m_device);
    form->addRow(m_problem);
    form->addRow(buttons);
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons->button(QDialogButtonBox::RestoreDefaults), &QPushButton::clicked, this,
            [this] { showConfig(m_defaults); });
}

void RunSettingsDialog::showConfig(const TrainingConfig& config) {
    m_granularity->setCurrentIndex(m_granularity->findData(static_cast<int>(config.granularity)));
    m_window->setValue(config.windowTokens);
    m_sinks->setValue(config.sinkTokens);
    m_context->setValue(config.contextTokens);
    m_batch->setValue(config.batchSize);
    m_steps->setValue(config.stepCount);
    m_seed->setText(QString::number(config.seed));
    m_device->setCurrentIndex(std::max(m_device->findData(QString::fromStdString(config.device)), 0));
}

TrainingConfig RunSettingsDialog::config() const {
    TrainingConfig config = m_config;
    config.granularity = static_cast<Granularity>(m_granularity->currentData().toInt());
    config.windowTokens = m_window->value();
    config.sinkTokens = m_sinks->value();
    config.contextTokens = m_context->value();
    config.batchSize = m_batch->value();
    config.stepCount = m_steps->value();
    config.seed = m_seed->text().toULongLong();
    config.device = m_device->currentData().toString().toStdString();
    return config;
}

void RunSettingsDialog::validate() {
    if (!m_accept) return;
    QString problem;
    try {
        requireValid(config(), m_modelContextTokens);
    } catch (const Error& error) {
        problem = QString::fromUtf8(error.what());
    }
    QPalette warning = palette();
    warning.setColor(QPalette::WindowText, errorColor(palette()));
    m_problem->setPalette(warning);
    m_problem->setText(problem);
    m_accept->setEnabled(problem.isEmpty());
}

}  // namespace consa
