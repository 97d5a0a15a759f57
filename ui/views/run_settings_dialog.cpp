// The run settings: two pages, a check and a command.
#include "ui/views/run_settings_dialog.h"

#include "core/base/error.h"
#include "ui/session/learn_command_line.h"
#include "ui/style/application_style.h"
#include "ui/style/icons.h"
#include "ui/views/elided_label.h"
#include "ui/views/run_more_page.h"

#include <QClipboard>
#include <QDialogButtonBox>
#include <QFileInfo>
#include <QFontDatabase>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QLabel>
#include <QPlainTextEdit>
#include <QPushButton>
#include <QTabWidget>
#include <QToolButton>
#include <QVBoxLayout>

namespace consa {

namespace {

constexpr int kCommandColumns = 84;

/// A line in a colour of its own; hidden while it is empty.
void showLine(QLabel& label, const QString& text, const QColor& color) {
    QPalette palette = label.palette();
    palette.setColor(QPalette::WindowText, color);
    label.setPalette(palette);
    label.setText(text);
    label.setVisible(!text.isEmpty());
}

/// What the run is about, which is opened elsewhere: "Model: demo   Texts: a.txt, b.txt".
QString subjectOf(const TrainingConfig& config) {
    const auto nameOf = [](const std::string& path) { return QFileInfo(QString::fromStdString(path)).fileName(); };
    QStringList texts;
    for (const std::string& path : config.corpus) texts << nameOf(path);
    const QString model = RunSettingsDialog::tr("Model: %1").arg(nameOf(config.model));
    return texts.isEmpty() ? model
                           : model + RunSettingsDialog::tr("   Texts: %1").arg(texts.join(QStringLiteral(", ")));
}

}  // namespace

RunSettingsDialog::RunSettingsDialog(const TrainingConfig& config, const TrainingConfig& defaults,
                                     int modelContextTokens, std::vector<LayoutChoice> layouts, QWidget* parent)
    : QDialog(parent),
      m_config(config),
      m_defaults(defaults),
      m_modelContextTokens(modelContextTokens),
      m_basics(new RunBasicsPage(std::move(layouts))),
      m_more(new RunMorePage) {
    setWindowTitle(tr("Run settings"));
    auto* column = new QVBoxLayout(this);
    column->setContentsMargins(16, 16, 16, 16);
    column->setSpacing(8);
    auto* subject = new ElidedLabel;
    subject->setText(subjectOf(config));
    subject->setToolTip(tr("Both are opened from the tool bar or the File menu"));
    column->addWidget(subject);
    auto* pages = new QTabWidget;
    pages->setDocumentMode(true);
    pages->setAccessibleName(tr("Pages of the settings"));
    pages->addTab(m_basics, tr("Run"));
    pages->addTab(m_more, tr("More"));
    column->addWidget(pages);
    createCommand(*column);
    createButtons(*column);
    connect(m_basics, &RunBasicsPage::changed, this, &RunSettingsDialog::refresh);
    connect(m_more, &RunMorePage::changed, this, &RunSettingsDialog::refresh);
    showConfig(config);
}

void RunSettingsDialog::createCommand(QVBoxLayout& column) {
    m_command = new QPlainTextEdit;
    m_command->setReadOnly(true);
    m_command->setLineWrapMode(QPlainTextEdit::NoWrap);
    m_command->setTabChangesFocus(true);
    m_command->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
    const QFontMetrics metrics(m_command->font());
    m_command->setMinimumWidth(metrics.horizontalAdvance(QLatin1Char('0')) * (kCommandColumns + 4));
    m_command->setFixedHeight(4 * metrics.lineSpacing() + 16);
    m_command->setAccessibleName(tr("The same run without a window"));
    m_command->setToolTip(tr("The command that starts this run without a window; only what differs from the defaults"));
    auto* copy = new QToolButton;
    copy->setText(tr("Copy"));
    copy->setIcon(lineIcon(QStringLiteral("copy")));
    copy->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    copy->setToolTip(tr("Copy the command"));
    connect(copy, &QToolButton::clicked, this, [this] { QGuiApplication::clipboard()->setText(commandLine()); });
    auto* heading = new QHBoxLayout;
    heading->addWidget(createMutedLabel(tr("The same run without a window")));
    heading->addStretch();
    heading->addWidget(copy);
    column.addLayout(heading);
    column.addWidget(m_command);
}

void RunSettingsDialog::createButtons(QVBoxLayout& column) {
    m_problem = new QLabel;
    m_problem->setWordWrap(true);
    m_problem->setTextFormat(Qt::PlainText);
    auto* buttons =
        new QDialogButtonBox(QDialogButtonBox::Ok | QDialogButtonBox::Cancel | QDialogButtonBox::RestoreDefaults);
    m_accept = buttons->button(QDialogButtonBox::Ok);
    m_accept->setText(tr("Use for the next run"));
    connect(buttons, &QDialogButtonBox::accepted, this, &QDialog::accept);
    connect(buttons, &QDialogButtonBox::rejected, this, &QDialog::reject);
    connect(buttons->button(QDialogButtonBox::RestoreDefaults), &QPushButton::clicked, this,
            [this] { showConfig(m_defaults); });
    m_estimate = createMutedLabel(QString());
    m_estimate->setAccessibleName(tr("What the run takes"));
    m_estimate->setWordWrap(true);
    m_memory = new QLabel;
    m_memory->setWordWrap(true);
    m_memory->setTextFormat(Qt::PlainText);
    column.addWidget(m_estimate);
    column.addWidget(m_memory);
    column.addWidget(m_problem);
    column.addWidget(buttons);
}

void RunSettingsDialog::showConfig(const TrainingConfig& config) {
    m_basics->showConfig(config);
    m_more->showConfig(config);
    refresh();
}

TrainingConfig RunSettingsDialog::config() const {
    TrainingConfig config = m_config;
    m_more->readInto(config);
    m_basics->readInto(config);
    return config;
}

QString RunSettingsDialog::commandLine() const {
    return learnCommandLine(config(), m_defaults);
}

void RunSettingsDialog::setConditions(RunConditions conditions) {
    m_conditions = std::move(conditions);
    refresh();
}

QString RunSettingsDialog::estimate() const {
    return estimateText(m_conditions, config());
}

QString RunSettingsDialog::memoryWarning() const {
    return consa::memoryWarning(m_conditions, config());
}

QString RunSettingsDialog::problem() const {
    return m_problem->text();
}

void RunSettingsDialog::refresh() {
    const TrainingConfig config = this->config();
    m_basics->applyRules(config);
    m_more->applyRules(config);
    QString problem;
    try {
        requireValid(config, m_modelContextTokens);
        if (config.mode == LearningMode::Recover && !heldLayout()) problem = tr("Choose the layout that is recovered.");
    } catch (const Error& error) {
        problem = QString::fromUtf8(error.what());
    }
    showLine(*m_problem, problem, errorColor(palette()));
    const QString warning = problem.isEmpty() ? memoryWarning() : QString();
    showLine(*m_memory, warning.isEmpty() ? QString() : tr("Warning: %1").arg(warning), warningColor(palette()));
    m_estimate->setText(estimate());
    m_accept->setEnabled(problem.isEmpty());
    m_command->setPlainText(learnCommandLine(config, m_defaults, kCommandColumns));
    growToText();
}

void RunSettingsDialog::showEvent(QShowEvent* event) {
    QDialog::showEvent(event);
    growToText();
}

void RunSettingsDialog::growToText() {
    const int needed = layout()->totalHeightForWidth(width());
    if (isVisible() && height() < needed) resize(width(), needed);
}

}  // namespace consa
