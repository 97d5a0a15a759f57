// The message bar: an icon, a word, the sentence, what can be done.
#include "ui/views/message_bar.h"

#include "ui/style/application_style.h"
#include "ui/style/icons.h"

#include <QEvent>
#include <QHBoxLayout>
#include <QLabel>
#include <QPainter>
#include <QToolButton>

namespace consa {

MessageBar::MessageBar(QWidget* parent)
    : QFrame(parent), m_icon(new QLabel), m_text(new QLabel), m_actionButton(new QToolButton) {
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_actionButton->setToolButtonStyle(Qt::ToolButtonTextOnly);
    m_actionButton->setAccessibleName(tr("Do what the message offers"));
    auto* closeButton = new QToolButton;
    closeButton->setIcon(lineIcon(QStringLiteral("close")));
    closeButton->setAutoRaise(true);
    closeButton->setToolTip(tr("Close this message"));
    closeButton->setAccessibleName(tr("Close this message"));
    auto* layout = new QHBoxLayout(this);
    layout->setContentsMargins(12, 6, 8, 6);
    layout->setSpacing(8);
    layout->addWidget(m_icon, 0, Qt::AlignTop);
    layout->addWidget(m_text, 1);
    layout->addWidget(m_actionButton);
    layout->addWidget(closeButton);
    connect(closeButton, &QToolButton::clicked, this, &QWidget::hide);
    connect(m_actionButton, &QToolButton::clicked, this, [this] {
        hide();
        if (m_action) m_action();
    });
    hide();
}

void MessageBar::showMessage(Severity severity, const QString& text) {
    showMessage(severity, text, QString(), {});
}

void MessageBar::showMessage(Severity severity, const QString& text, const QString& actionText,
                             std::function<void()> action) {
    emit messageShown(severity, text);
    if (!isHidden() && m_severity == Severity::Error && severity != Severity::Error) return;
    m_severity = severity;
    m_action = std::move(action);
    const QString word = severity == Severity::Error     ? tr("Error: ")
                         : severity == Severity::Warning ? tr("Warning: ")
                                                         : QString();
    m_text->setText(word + text);
    m_actionButton->setText(actionText);
    m_actionButton->setToolTip(actionText.isEmpty() ? QString() : tr("What can be done about it"));
    m_actionButton->setVisible(!actionText.isEmpty());
    updateIcon();
    show();
    update();
}

QString MessageBar::text() const {
    return m_text->text();
}

void MessageBar::changeEvent(QEvent* event) {
    QFrame::changeEvent(event);
    if (event->type() == QEvent::PaletteChange) updateIcon();
}

void MessageBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    QColor veil = color();
    veil.setAlphaF(0.12F);
    painter.fillRect(rect(), veil);
    painter.fillRect(QRect(0, 0, 3, height()), color());
    painter.fillRect(QRect(0, height() - 1, width(), 1), lineColor(palette()));
}

void MessageBar::updateIcon() {
    const QString name = m_severity == Severity::Error     ? QStringLiteral("error")
                         : m_severity == Severity::Warning ? QStringLiteral("warning")
                                                           : QStringLiteral("info");
    m_icon->setPixmap(lineIcon(name).pixmap(18, 18));
}

QColor MessageBar::color() const {
    switch (m_severity) {
        case Severity::Error:
            return errorColor(palette());
        case Severity::Warning:
            return warningColor(palette());
        default:
            return palette().color(QPalette::Highlight);
    }
}

}  // namespace consa
