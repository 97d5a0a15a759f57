// One line across the window for what went wrong or is worth knowing: never modal, always closable.
#pragma once

#include <QFrame>
#include <functional>

class QLabel;
class QToolButton;

namespace consa {

/// Shows the latest message; an error is replaced by another error or by closing it, not by a note.
class MessageBar final : public QFrame {
    Q_OBJECT

public:
    enum class Severity { Note, Warning, Error };

    explicit MessageBar(QWidget* parent = nullptr);

    void showMessage(Severity severity, const QString& text);
    /// With a button that does `action` and closes the bar.
    void showMessage(Severity severity, const QString& text, const QString& actionText, std::function<void()> action);
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
    [[nodiscard]] QColor color() const;

    Severity m_severity = Severity::Note;
    std::function<void()> m_action;
    QLabel* m_icon;
    QLabel* m_text;
    QToolButton* m_actionButton;
};

}  // namespace consa
