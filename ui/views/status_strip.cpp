// Status figures and how they are worded.
#include "ui/views/status_strip.h"

#include "ui/models/kv_cache_size.h"
#include "ui/models/loss_words.h"
#include "ui/style/application_style.h"
#include "ui/style/duration_text.h"
#include "ui/style/icons.h"
#include "ui/style/number_text.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QProgressBar>
#include <QTimer>
#include <QToolButton>
#include <cmath>

namespace consa {

namespace {

constexpr int kStepsBeforeEstimate = 5;  // the median of fewer steps says little

/// A mark beside the word, so that the state does not rest on colour.
QString stateMark(SessionState state) {
    switch (state) {
        case SessionState::Training:
            return QStringLiteral("▶");
        case SessionState::Paused:
            return QStringLiteral("❚❚");
        case SessionState::Evaluating:
            return QStringLiteral("≣");
        case SessionState::Finished:
            return QStringLiteral("✓");
        case SessionState::Failed:
            return QStringLiteral("✕");
        case SessionState::Loading:
            return QStringLiteral("…");
        default:
            return QStringLiteral("○");
    }
}

}  // namespace

QString stateWord(SessionState state) {
    switch (state) {
        case SessionState::Empty:
            return StatusStrip::tr("Empty");
        case SessionState::Loading:
            return StatusStrip::tr("Loading");
        case SessionState::Ready:
            return StatusStrip::tr("Ready");
        case SessionState::Training:
            return StatusStrip::tr("Training");
        case SessionState::Paused:
            return StatusStrip::tr("Paused");
        case SessionState::Evaluating:
            return StatusStrip::tr("Evaluating");
        case SessionState::Finished:
            return StatusStrip::tr("Finished");
        case SessionState::Failed:
            return StatusStrip::tr("Failed");
    }
    return {};
}

StatusStrip::StatusStrip(QWidget* parent)
    : QWidget(parent),
      m_state(new QLabel),
      m_progress(new QProgressBar),
      m_step(new QLabel),
      m_time(createMutedLabel(QString())),
      m_note(createMutedLabel(QString())),
      m_problems(new QToolButton),
      m_device(createMutedLabel(QString())) {
    QFont bold = font();
    bold.setBold(true);
    m_state->setFont(bold);
    m_progress->setTextVisible(false);
    m_progress->setRange(0, 1000);
    m_progress->setFixedSize(160, 8);
    m_progress->setAccessibleName(tr("Progress"));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 2, 12, 2);
    layout->setSpacing(16);
    layout->addWidget(m_state);
    layout->addWidget(m_progress);
    layout->addWidget(m_step);
    layout->addWidget(m_time);
    layout->addStretch();
    layout->addWidget(m_note);
    layout->addWidget(m_problems);
    m_problems->setAutoRaise(true);
    m_problems->setIcon(lineIcon(QStringLiteral("warning")));
    m_problems->setIconSize(QSize(14, 14));
    m_problems->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_problems->setAccessibleName(tr("Warnings and errors"));
    m_problems->setToolTip(tr("Show warnings and errors in the log"));
    m_problems->hide();
    connect(m_problems, &QToolButton::clicked, this, &StatusStrip::problemsRequested);
    layout->addWidget(m_device);
    setSnapshot({});
}

QString StatusStrip::stateText() const {
    return m_state->text();
}

void StatusStrip::showNote(const QString& note) {
    m_note->setText(note);
    QTimer::singleShot(6000, m_note, [label = m_note, note] {
        if (label->text() == note) label->clear();
    });
}

void StatusStrip::setProblemCount(int count) {
    m_problems->setVisible(count > 0);
    m_problems->setText(count == 1 ? tr("1 problem") : tr("%1 problems").arg(count));
}

void StatusStrip::setSnapshot(const SessionSnapshot& snapshot) {
    m_state->setText(QStringLiteral("%1 %2").arg(stateMark(snapshot.state), stateWord(snapshot.state)));
    const bool isWaiting = snapshot.state == SessionState::Loading || snapshot.state == SessionState::Evaluating;
    const bool hasRun = snapshot.stepCount > 0 && snapshot.run > 0;
    const double share = isWaiting ? snapshot.progress : hasRun ? double(snapshot.step) / snapshot.stepCount : 0;
    m_progress->setVisible(isWaiting || hasRun);
    m_progress->setValue(static_cast<int>(std::lround(share * 1000)));
    QString step = hasRun ? tr("step %1 of %2").arg(snapshot.step).arg(snapshot.stepCount) : QString();
    if (hasRun && snapshot.loss != 0)
        step += tr("   %1 %2").arg(lossWord(snapshot.config.loss)).arg(numberText(snapshot.loss, 3));
    if (hasRun && snapshot.isFrozen) step += QStringLiteral("   ") + tr("gates frozen");
    if (hasRun && snapshot.areMultipliersHeld) step += QStringLiteral("   ") + tr("multipliers held");
    m_step->setText(step);
    QStringList times;
    if (isWaiting && !snapshot.message.empty()) times << QString::fromStdString(snapshot.message);
    if (snapshot.state == SessionState::Training && snapshot.step >= kStepsBeforeEstimate &&
        snapshot.secondsPerStep > 0) {
        times << tr("%1 left").arg(durationText((snapshot.stepCount - snapshot.step) * snapshot.secondsPerStep));
    }
    if (hasRun && snapshot.secondsPerStep > 0) {
        times << tr("%1 s/step").arg(snapshot.secondsPerStep, 0, 'g', 3);
    }
    m_time->setText(times.join(QStringLiteral("   ")));
    QString device = QString::fromStdString(snapshot.device.name);
    if (snapshot.device.memoryTotalBytes > 0) {
        device += QStringLiteral("   %1 of %2")
                      .arg(formatBytes(double(snapshot.device.memoryUsedBytes)),
                           formatBytes(double(snapshot.device.memoryTotalBytes)));
    }
    m_device->setText(device);
}

}  // namespace consa
