// A window over a session without a model, in a home of its own, for tests.
#pragma once

#include "tests/support/fake_session.h"
#include "tests/support/test_home.h"
#include "ui/main_window.h"
#include "ui/style/application_style.h"

#include <QAbstractButton>
#include <QAction>
#include <QLabel>
#include <QtTest>
#include <memory>

namespace consa {

/// Settings, presets and runs go into a folder that ends with this.
class WindowFixture {
public:
    /// Once, before any window.
    bool prepare() {
        useTestHome(m_home);
        return m_home.isValid();
    }

    /// True when the window is on screen and the demo is open.
    bool open(FakeSession::Options options = {}) {
        return show(std::move(options), {}) && reaches(SessionState::Ready);
    }
    /// True when the window is on screen, asked to open `path`.
    bool show(FakeSession::Options options, const QString& path) {
        close();
        session = std::make_unique<FakeSession>(std::move(options));
        window = std::make_unique<MainWindow>(*session);
        window->resize(1440, 900);
        window->show();
        if (!QTest::qWaitForWindowExposed(window.get())) return false;
        window->openAtStart(path);
        return true;
    }
    void close() {
        window.reset();
        session.reset();
    }

    [[nodiscard]] const SessionSnapshot& snapshot() const { return window->controller().snapshot(); }
    [[nodiscard]] bool reaches(SessionState state) const {
        return QTest::qWaitFor([&] { return snapshot().state == state; }, 10000);
    }
    /// Starts a run and pauses it after `steps` steps.
    bool trainUntil(int steps) const {
        QTest::keyClick(window.get(), Qt::Key_Space);
        if (!QTest::qWaitFor([&] { return snapshot().step >= steps; }, 10000)) return false;
        QTest::keyClick(window.get(), Qt::Key_Space);
        return reaches(SessionState::Paused);
    }

    [[nodiscard]] QAction* actionFor(const QString& keys) const {
        for (QAction* one : window->findChildren<QAction*>())
            if (one->shortcuts().contains(QKeySequence(keys))) return one;
        return nullptr;
    }
    [[nodiscard]] QAction* action(const QString& text) const {
        for (QAction* one : window->findChildren<QAction*>())
            if (one->text() == text) return one;
        return nullptr;
    }
    /// Clicks the button on screen that says so; false where there is none.
    [[nodiscard]] bool click(const QString& text) const {
        for (auto* button : window->findChildren<QAbstractButton*>()) {
            if (!button->isVisible() || button->text() != text) continue;
            button->click();
            return true;
        }
        return false;
    }
    [[nodiscard]] bool hasLabel(const QString& text) const {
        for (const QLabel* label : window->findChildren<QLabel*>())
            if (label->isVisible() && label->text().contains(text)) return true;
        return false;
    }
    template <typename Widget>
    [[nodiscard]] Widget& the() const {
        return *window->findChild<Widget*>();
    }

    std::unique_ptr<FakeSession> session;
    std::unique_ptr<MainWindow> window;

private:
    QTemporaryDir m_home;
};

}  // namespace consa
