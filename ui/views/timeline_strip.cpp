// Slider over the recorded steps.
#include "ui/views/timeline_strip.h"

#include "ui/models/gate_record.h"
#include "ui/style/application_style.h"
#include "ui/style/icons.h"

#include <QHBoxLayout>
#include <QLabel>
#include <QMouseEvent>
#include <QSignalBlocker>
#include <QSlider>
#include <QStyle>
#include <QToolButton>
#include <QWheelEvent>

namespace consa {

namespace {

/// A click goes to where it was made; the wheel turns only what has the focus.
class JumpingSlider final : public QSlider {
public:
    JumpingSlider() : QSlider(Qt::Horizontal) { setFocusPolicy(Qt::StrongFocus); }

protected:
    void mousePressEvent(QMouseEvent* event) override {
        if (event->button() == Qt::LeftButton) {
            const int place = static_cast<int>(event->position().x());
            setValue(QStyle::sliderValueFromPosition(minimum(), maximum(), place, width()));
        }
        QSlider::mousePressEvent(event);
    }
    void wheelEvent(QWheelEvent* event) override {
        if (hasFocus()) return QSlider::wheelEvent(event);
        event->ignore();
    }
};

}  // namespace

TimelineStrip::TimelineStrip(const GateRecord& record, QWidget* parent)
    : QWidget(parent),
      m_record(record),
      m_slider(new JumpingSlider),
      m_text(new QLabel),
      m_fork(new QToolButton),
      m_live(new QToolButton) {
    m_slider->setAccessibleName(tr("Timeline"));
    m_slider->setToolTip(tr("The gates at any recorded step; arrows move one step, End returns to the latest"));
    m_slider->setPageStep(10);
    m_live->setIcon(lineIcon(QStringLiteral("live")));
    m_live->setToolButtonStyle(Qt::ToolButtonTextBesideIcon);
    m_live->setAutoRaise(true);
    m_fork->setText(tr("Fork from here"));
    m_fork->setAutoRaise(true);
    auto* row = new QHBoxLayout(this);
    row->setContentsMargins(16, 0, 16, 6);
    row->setSpacing(8);
    row->addWidget(createMutedLabel(tr("Timeline")));
    row->addWidget(m_slider, 1);
    row->addWidget(m_text);
    row->addWidget(m_fork);
    row->addWidget(m_live);
    connect(&record, &GateRecord::changed, this, &TimelineStrip::followRecord);
    connect(m_slider, &QSlider::valueChanged, this, &TimelineStrip::moveTo);
    connect(m_live, &QToolButton::clicked, this, [this] { m_slider->setValue(m_slider->maximum()); });
    connect(m_fork, &QToolButton::clicked, this, &TimelineStrip::requestFork);
    setForkable(false, {});
    hide();
}

void TimelineStrip::setForkable(bool isForkable, const QString& whyNot) {
    m_fork->setEnabled(isForkable);
    m_fork->setToolTip(isForkable ? tr("Begin a new run at this step and train on from there") : whyNot);
}

void TimelineStrip::requestFork() {
    if (!m_record.frames().empty()) emit forkRequested(m_shownStep.value_or(m_record.frames().back().step));
}

void TimelineStrip::followRun() {
    m_shownStep.reset();
    followRecord();
}

void TimelineStrip::followRecord() {
    const auto& frames = m_record.frames();
    setVisible(frames.size() >= 2);
    if (frames.empty()) m_shownStep.reset();
    const QSignalBlocker silence(m_slider);
    const int last = std::max(static_cast<int>(frames.size()) - 1, 0);
    m_slider->setRange(0, last);
    m_slider->setValue(m_shownStep ? static_cast<int>(m_record.indexAt(*m_shownStep)) : last);
    describe();
}

void TimelineStrip::moveTo(int frame) {
    const auto& frames = m_record.frames();
    if (frame < 0 || static_cast<std::size_t>(frame) >= frames.size()) return;
    const bool isLast = static_cast<std::size_t>(frame) + 1 == frames.size();
    m_shownStep = isLast ? std::nullopt : std::optional(frames[static_cast<std::size_t>(frame)].step);
    describe();
    if (isLast) {
        emit liveRequested();
    } else {
        emit frameRequested(static_cast<std::size_t>(frame));
    }
}

void TimelineStrip::describe() {
    const auto& frames = m_record.frames();
    const bool isSaved = m_record.isShowingSaved();
    m_live->setEnabled(!isLive());
    m_live->setText(isSaved ? tr("Latest") : tr("Now"));
    m_live->setToolTip(isSaved ? tr("Show the gates as the run left them") : tr("Show the gates as they are now"));
    if (frames.empty()) return m_text->clear();
    const int last = frames.back().step;
    m_text->setText(!isLive() ? tr("step %1 of %2").arg(*m_shownStep).arg(last)
                    : isSaved ? tr("step %1, latest").arg(last)
                              : tr("step %1, now").arg(last));
    m_text->setMinimumWidth(std::max(m_text->minimumWidth(), m_text->sizeHint().width()));
}

}  // namespace consa
