// Filtering and triggering of commands.
#include "ui/views/command_palette.h"

#include <QAction>
#include <QKeyEvent>
#include <QKeySequence>
#include <QLineEdit>
#include <QListWidget>
#include <QMenu>
#include <QPointer>
#include <QSet>
#include <QVBoxLayout>
#include <algorithm>

namespace consa {

namespace {

QString plainText(const QAction& action) {
    return action.text().remove(QLatin1Char('&'));
}

/// Lower is better; negative when a word is missing.
int rank(const QAction& action, const QStringList& words) {
    const QString text = plainText(action);
    int result = 0;
    for (const QString& word : words) {
        const qsizetype place = text.indexOf(word, 0, Qt::CaseInsensitive);
        if (place < 0 && !action.toolTip().contains(word, Qt::CaseInsensitive)) return -1;
        result += place == 0 ? 0 : place > 0 ? 1 : 10;
    }
    return result;
}

}  // namespace

QList<QAction*> namedActions(const QWidget& window) {
    QList<QAction*> actions;
    QSet<QString> seen;
    for (QAction* action : window.findChildren<QAction*>()) {
        const QString text = plainText(*action);
        if (text.isEmpty() || action->isSeparator() || action->menu() || seen.contains(text)) continue;
        seen.insert(text);
        actions << action;
    }
    std::sort(actions.begin(), actions.end(), [](const QAction* left, const QAction* right) {
        return plainText(*left).localeAwareCompare(plainText(*right)) < 0;
    });
    return actions;
}

CommandPalette::CommandPalette(const QList<QAction*>& actions, QWidget* parent)
    : QDialog(parent), m_actions(actions), m_line(new QLineEdit), m_list(new QListWidget) {
    setWindowTitle(tr("Commands"));
    m_line->setPlaceholderText(tr("Type what you want to do"));
    m_line->setAccessibleName(tr("Words of the command"));
    m_line->installEventFilter(this);
    m_list->setAccessibleName(tr("Commands"));
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);  // for the sake of one long line
    m_list->setSpacing(1);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(8, 8, 8, 8);
    layout->addWidget(m_line);
    layout->addWidget(m_list);
    connect(m_line, &QLineEdit::textChanged, this, &CommandPalette::filter);
    connect(m_line, &QLineEdit::returnPressed, this, &CommandPalette::triggerChosen);
    connect(m_list, &QListWidget::itemClicked, this, &CommandPalette::triggerChosen);
    filter();
    resize(560, 420);
}

void CommandPalette::filter() {
    const QStringList words = m_line->text().split(QLatin1Char(' '), Qt::SkipEmptyParts);
    m_shown.clear();
    for (QAction* action : m_actions)
        if (rank(*action, words) >= 0) m_shown << action;
    std::stable_sort(m_shown.begin(), m_shown.end(), [&](const QAction* left, const QAction* right) {
        if (left->isEnabled() != right->isEnabled()) return left->isEnabled();
        return rank(*left, words) < rank(*right, words);
    });
    m_list->clear();
    for (const QAction* action : m_shown) {
        const QString keys = action->shortcut().toString(QKeySequence::NativeText);
        auto* item = new QListWidgetItem(
            keys.isEmpty() ? plainText(*action) : QStringLiteral("%1    %2").arg(plainText(*action), keys), m_list);
        item->setToolTip(action->toolTip());
        if (!action->isEnabled()) {
            item->setText(QStringLiteral("%1 – %2").arg(plainText(*action), action->toolTip()));
            item->setFlags(Qt::NoItemFlags);
        }
    }
    m_list->setCurrentRow(m_shown.isEmpty() ? -1 : 0);
}

void CommandPalette::triggerChosen() {
    const int row = m_list->currentRow();
    if (row < 0 || !m_shown[row]->isEnabled()) return;
    const QPointer<QAction> action = m_shown[row];
    accept();
    if (action) action->trigger();
}

bool CommandPalette::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::KeyPress) {
        const int key = static_cast<QKeyEvent*>(event)->key();
        const int step = key == Qt::Key_Down ? 1 : key == Qt::Key_Up ? -1 : 0;
        if (step != 0 && !m_shown.isEmpty()) {
            m_list->setCurrentRow(std::clamp(m_list->currentRow() + step, 0, static_cast<int>(m_shown.size()) - 1));
            return true;
        }
    }
    return QDialog::eventFilter(watched, event);
}

}  // namespace consa
