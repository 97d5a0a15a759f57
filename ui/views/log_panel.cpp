// The Log tab.
#include "ui/views/log_panel.h"

#include "ui/models/log_model.h"
#include "ui/style/application_style.h"

#include <QAction>
#include <QClipboard>
#include <QComboBox>
#include <QDesktopServices>
#include <QGuiApplication>
#include <QHBoxLayout>
#include <QHeaderView>
#include <QLineEdit>
#include <QPainter>
#include <QScrollBar>
#include <QSortFilterProxyModel>
#include <QTableView>
#include <QToolButton>
#include <QUrl>

namespace consa {

namespace {

/// Lines of at least a level whose text holds the words.
class LogFilter final : public QSortFilterProxyModel {
public:
    using QSortFilterProxyModel::QSortFilterProxyModel;

    void set(int level, const QString& words) {
        m_level = level;
        m_words = words;
        invalidateFilter();
    }

protected:
    [[nodiscard]] bool filterAcceptsRow(int row, const QModelIndex& parent) const override {
        const QModelIndex index = sourceModel()->index(row, LogModel::Text, parent);
        return index.data(LogModel::LevelRole).toInt() >= m_level &&
               index.data().toString().contains(m_words, Qt::CaseInsensitive);
    }

private:
    int m_level = 0;
    QString m_words;
};

}  // namespace

LogPanel::LogPanel(LogModel& model, QWidget* parent)
    : QWidget(parent), m_model(model), m_filtered(new LogFilter(this)), m_table(new QTableView) {
    m_filtered->setSourceModel(&model);
    m_table->setModel(m_filtered);
    m_table->setAccessibleName(tr("Log"));
    m_table->setSelectionBehavior(QAbstractItemView::SelectRows);
    m_table->setEditTriggers(QAbstractItemView::NoEditTriggers);
    m_table->setShowGrid(false);
    m_table->setWordWrap(false);
    m_table->setTabKeyNavigation(false);
    m_table->setFrameShape(QFrame::NoFrame);
    m_table->verticalHeader()->hide();
    m_table->verticalHeader()->setDefaultSectionSize(20);
    m_table->horizontalHeader()->setHighlightSections(false);
    m_table->horizontalHeader()->setStretchLastSection(true);
    m_table->viewport()->installEventFilter(this);
    auto* layout = new QVBoxLayout(this);
    layout->setContentsMargins(0, 0, 0, 0);
    layout->setSpacing(0);
    createHeader();
    layout->addWidget(m_table, 1);
    // Follows the end until the user scrolls away from it.
    connect(m_filtered, &QAbstractItemModel::rowsAboutToBeInserted, this, [this] {
        const QScrollBar* bar = m_table->verticalScrollBar();
        m_table->setProperty("follows", bar->value() == bar->maximum());
    });
    connect(m_filtered, &QAbstractItemModel::rowsInserted, this, [this] {
        if (m_table->property("follows").toBool()) m_table->scrollToBottom();
        m_table->viewport()->update();
    });
}

void LogPanel::createHeader() {
    m_level = new QComboBox;
    m_level->addItems({tr("all lines"), tr("warnings and errors"), tr("errors")});
    m_level->setAccessibleName(tr("Least level"));
    m_text = new QLineEdit;
    m_text->setPlaceholderText(tr("Filter by text"));
    m_text->setClearButtonEnabled(true);
    m_text->setAccessibleName(tr("Filter by text"));
    m_text->setMaximumWidth(280);
    const auto createButton = [this](const QString& text, const QString& tip, auto&& whenClicked) {
        auto* button = new QToolButton;
        button->setText(text);
        button->setToolTip(tip);
        connect(button, &QToolButton::clicked, this, whenClicked);
        return button;
    };
    auto* row = new QHBoxLayout;
    row->setContentsMargins(12, 4, 12, 4);
    row->setSpacing(8);
    row->addWidget(m_level);
    row->addWidget(m_text, 1);
    row->addWidget(createButton(tr("Clear filter"), tr("Show every line"), [this] {
        m_level->setCurrentIndex(0);
        m_text->clear();
    }));
    row->addStretch();
    row->addWidget(createButton(tr("Copy lines"), tr("Copy the lines on show"), [this] {
        QGuiApplication::clipboard()->setText(shownText());
        emit noteOccurred(tr("Copied %1 lines").arg(shownCount()));
    }));
    row->addWidget(createButton(tr("Open file"), tr("Open the file that keeps the log"), [this] { openFile(); }));
    static_cast<QVBoxLayout*>(layout())->addLayout(row);
    connect(m_level, &QComboBox::currentIndexChanged, this, &LogPanel::applyFilter);
    connect(m_text, &QLineEdit::textChanged, this, &LogPanel::applyFilter);
}

void LogPanel::applyFilter() {
    static_cast<LogFilter*>(m_filtered)->set(m_level->currentIndex(), m_text->text());
    m_table->viewport()->update();
}

void LogPanel::showProblems() {
    m_text->clear();
    m_level->setCurrentIndex(1);
}

int LogPanel::shownCount() const {
    return m_filtered->rowCount();
}

QString LogPanel::shownText() const {
    QStringList lines;
    for (int row = 0; row < m_filtered->rowCount(); ++row) {
        QStringList cells;
        for (int column = 0; column < LogModel::ColumnCount; ++column)
            cells << m_filtered->index(row, column).data().toString();
        lines << cells.join(QLatin1Char('\t'));
    }
    return lines.join(QLatin1Char('\n'));
}

void LogPanel::openFile() {
    QDesktopServices::openUrl(QUrl::fromLocalFile(QString::fromStdString(m_model.file().string())));
}

bool LogPanel::eventFilter(QObject* watched, QEvent* event) {
    if (watched == m_table->viewport() && event->type() == QEvent::Paint && shownCount() == 0) {
        QPainter painter(m_table->viewport());
        painter.setPen(mutedColor(palette()));
        const QString text = m_model.rowCount() == 0 ? tr("Nothing has happened yet.")
                             : m_text->text().isEmpty()
                                 ? tr("No line is of this level.")
                                 : tr("No line matches “%1”; Clear filter shows all.").arg(m_text->text());
        painter.drawText(m_table->viewport()->rect(), Qt::AlignCenter, text);
        return true;
    }
    return QWidget::eventFilter(watched, event);
}

}  // namespace consa
