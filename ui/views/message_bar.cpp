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
    : QFrame(parent), m_icon(new QLabel), m_text(new QLabel), m_buttons(new QHBoxLayout) {
    m_text->setWordWrap(true);
    m_text->setTextFormat(Qt::PlainText);
    m_text->setTextInteractionFlags(Qt::TextSelectableByMouse);
    m_buttons->setSpacing(8);
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
    layout->addLayout(m_buttons);
    layout->addWidget(closeButton);
    connect(closeButton, &QToolButton::clicked, this, &QWidget::hide);
    hide();
}

void MessageBar::showMessage(Severity severity, const QString& text) {
    showMessage(severity, text, std::vector<Action>());
}

void MessageBar::showMessage(Severity severity, const QString& text, std::vector<Action> actions) {
    emit messageShown(severity, text);
    if (!isHidden() && m_severity == Severity::Error && severity != Severity::Error) return;
    m_severity = severity;
    const QString word = severity == Severity::Error     ? tr("Error: ")
                         : severity == Severity::Warning ? tr("Warning: ")
                                                         : QString();
    m_text->setText(word + text);
    showButtons(std::move(actions));
    updateIcon();
    show();
    update();
}

/// The old buttons go when the event that may have come from one of them is over.
void MessageBar::showButtons(std::vector<Action> actions) {
    while (QLayoutItem* item = m_buttons->takeAt(0)) {
        item->widget()->hide();
        item->widget()->deleteLater();
        delete item;
    }
    for (Action& action : actions) {
        auto* button = new QToolButton;
        button->setToolButtonStyle(Qt::ToolButtonTextOnly);
        button->setText(action.text);
        button->setAccessibleName(action.text);
        button->setToolTip(tr("What can be done about it"));
        connect(button, &QToolButton::clicked, this, [this, run = std::move(action.run)] {
            const auto held = run;  // the next message may take this button away
            hide();
            if (held) held();
        });
        m_buttons->addWidget(button);
    }
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
