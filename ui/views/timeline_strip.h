// The timeline: any recorded step of the run, to look at its gates as they were.
#pragma once

#include <QWidget>
#include <cstddef>
#include <optional>

class QLabel;
class QSlider;
class QToolButton;

namespace consa {

class GateRecord;

/// Hidden until there are two steps. At its right end it follows the session's run, or shows a saved one as it was
/// left.
class TimelineStrip final : public QWidget {
    Q_OBJECT

public:
    /// `record` must outlive this.
    explicit TimelineStrip(const GateRecord& record, QWidget* parent = nullptr);

    [[nodiscard]] QSlider& slider() { return *m_slider; }
    [[nodiscard]] QToolButton& forkButton() { return *m_fork; }
    /// Whether the run on show can be forked, and why not.
    void setForkable(bool isForkable, const QString& whyNot);
    [[nodiscard]] bool isLive() const { return !m_shownStep; }
    /// Back to the latest step; says nothing.
    void followRun();

public slots:
    /// Asks for a fork from the step on show.
    void requestFork();

signals:
    /// A new run shall begin at this step.
    void forkRequested(int step);
    /// The gates of this frame shall be shown.
    void frameRequested(std::size_t frame);
    /// The latest step shall be shown: the run as it is now.
    void liveRequested();

private:
    void followRecord();
    void moveTo(int frame);
    void describe();

    const GateRecord& m_record;
    std::optional<int> m_shownStep;  // empty while live
    QSlider* m_slider;
    QLabel* m_text;
    QToolButton* m_fork;
    QToolButton* m_live;
};

}  // namespace consa
