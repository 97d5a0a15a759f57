// The hands-free run behind --screenshot.
#include "app/desktop/window_picture.h"

#include "ui/main_window.h"

#include <QAction>
#include <QApplication>
#include <QTabBar>
#include <cstdio>

namespace consa {

namespace {
constexpr QSize kSize{1440, 900};
constexpr int kBeatMs = 5;
constexpr int kLookMs = 50;
constexpr int kCurveMs = 90000;  // for the losses of cuts under the slider
constexpr int kSettleMs = 400;   // for the last replot
}  // namespace

WindowPicture::WindowPicture(MainWindow& window, WindowOptions options)
    : QObject(&window), m_window(window), m_options(std::move(options)) {
    m_window.resize(kSize);
    m_beat.setTimerType(Qt::PreciseTimer);
    connect(&m_beat, &QTimer::timeout, this, &WindowPicture::beat);
    connect(&m_look, &QTimer::timeout, this, &WindowPicture::look);
    m_look.start(kLookMs);
}

void WindowPicture::beat() {
    if (m_sinceBeat.isValid()) m_longestGapMs = std::max(m_longestGapMs, m_sinceBeat.elapsed());
    m_sinceBeat.start();
}

void WindowPicture::look() {
    const SessionSnapshot& snapshot = m_window.controller().snapshot();
    if (snapshot.messageIsError) return giveUp(QString::fromStdString(snapshot.message));
    switch (m_stage) {
        case Stage::Opening:
            if (snapshot.state != SessionState::Ready) return;
            m_stage = Stage::Training;
            m_runBefore = snapshot.run;
            m_beat.start(kBeatMs);
            return trigger(QKeySequence(Qt::Key_Space));
        case Stage::Training:
            if (snapshot.run == m_runBefore) return;
            if (m_options.atStep > 0 && snapshot.step >= m_options.atStep) return take();
            if (snapshot.state != SessionState::Finished) return;
            m_stage = Stage::Evaluating;
            return trigger(QKeySequence(QStringLiteral("Ctrl+E")));
        case Stage::Evaluating:
            if (snapshot.state != SessionState::Finished || !snapshot.comparison) return;
            if (!m_sinceComparison.isValid()) m_sinceComparison.start();
            if (snapshot.cutCurve.isComplete || m_sinceComparison.hasExpired(kCurveMs)) take();
            return;
        case Stage::Done:
            return;
    }
}

void WindowPicture::trigger(const QKeySequence& keys) {
    for (QAction* action : m_window.findChildren<QAction*>()) {
        if (action->shortcut() == keys) return action->trigger();
    }
}

void WindowPicture::showTab() {
    for (QTabBar* tabs : m_window.findChildren<QTabBar*>())
        for (int tab = 0; tab < tabs->count(); ++tab)
            if (tabs->tabText(tab) == m_options.tab) tabs->setCurrentIndex(tab);
}

void WindowPicture::take() {
    m_stage = Stage::Done;
    showTab();
    QTimer::singleShot(m_options.atStep > 0 ? 0 : kSettleMs, this, [this] {
        m_beat.stop();
        if (!m_window.grab().save(m_options.screenshot))
            return giveUp(tr("Cannot write %1.").arg(m_options.screenshot));
        std::printf("{\"event\":\"done\",\"screenshot\":\"%s\",\"longestGapMs\":%lld}\n",
                    qPrintable(m_options.screenshot), static_cast<long long>(m_longestGapMs));
        m_window.controller().post(StopCommand{});
        QApplication::exit(kExitDone);
    });
}

void WindowPicture::giveUp(const QString& reason) {
    m_stage = Stage::Done;
    std::fprintf(stderr, "%s\n", qPrintable(reason));
    QApplication::exit(kExitFailed);
}

}  // namespace consa
