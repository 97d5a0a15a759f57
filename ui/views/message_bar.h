// One line across the window for what went wrong or is worth knowing: never modal, always closable.
#pragma once

#include <QFrame>
#include <functional>
#include <utility>
#include <vector>

class QHBoxLayout;
class QLabel;
class QToolButton;

namespace consa {

/// Shows the latest message; an error is replaced by another error or by closing it, not by a note.
class MessageBar final : public QFrame {
    Q_OBJECT

public:
    enum class Severity { Note, Warning, Error };

    /// A button of the bar; pressing it closes the bar and does the action.
    struct Action {
        QString text;
        std::function<void()> run;
    };

    explicit MessageBar(QWidget* parent = nullptr);

    void showMessage(Severity severity, const QString& text);
    void showMessage(Severity severity, const QString& text, std::vector<Action> actions);
    void showMessage(Severity severity, const QString& text, const QString& actionText, std::function<void()> action) {
        showMessage(severity, text, {{actionText, std::move(action)}});
    }
    void showError(const QString& text) { showMessage(Severity::Error, text); }

    [[nodiscard]] QString text() const;
    [[nodiscard]] Severity severity() const { return m_severity; }

signals:
    void messageShown(consa::MessageBar::Severity severity, const QString& text);

protected:
    void changeEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void updateIcon();
    void showButtons(std::vector<Action> actions);
    [[nodiscard]] QColor color() const;

    Severity m_severity = Severity::Note;
    QLabel* m_icon;
    QLabel* m_text;
    QHBoxLayout* m_buttons;
};

}  // namespace consa
