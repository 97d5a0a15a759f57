// What every widget and action of the window owes to people who use it without a mouse or without seeing it well.
#include "tests/support/window_fixture.h"

#include <QAbstractButton>
#include <QAbstractSpinBox>
#include <QComboBox>
#include <QDockWidget>
#include <QLineEdit>
#include <QMenu>
#include <QSet>
#include <QTabBar>
#include <QTableView>
#include <QToolButton>
#include <QtTest>
#include <cmath>

using namespace consa;

namespace {

double luminance(const QColor& color) {
    const auto linear = [](double c) { return c <= 0.03928 ? c / 12.92 : std::pow((c + 0.055) / 1.055, 2.4); };
    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF());
}

double contrast(const QColor& one, const QColor& other) {
    const double a = luminance(one), b = luminance(other);
    return (std::max(a, b) + 0.05) / (std::min(a, b) + 0.05);
}

/// Part of one of Qt's own composed widgets, which speaks for it.
bool isInner(const QWidget* widget) {
    return widget->objectName().startsWith(QLatin1String("qt_")) ||
           qobject_cast<const QAbstractSpinBox*>(widget->parentWidget()) ||
           qobject_cast<const QComboBox*>(widget->parentWidget()) || widget->inherits("QComboBoxListView") ||
           (widget->parentWidget() && widget->parentWidget()->inherits("QAbstractItemView")) ||
           (qobject_cast<const QAbstractButton*>(widget) && qobject_cast<const QTabBar*>(widget->parentWidget()));
}

QString spokenName(const QWidget* widget) {
    if (!widget->accessibleName().isEmpty()) return widget->accessibleName();
    const auto* button = qobject_cast<const QAbstractButton*>(widget);
    return button ? button->text() : QString();
}

}  // namespace

class TestAccessibility : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QVERIFY(m_fixture.prepare()); }
    void cleanup() {
        m_fixture.close();
        applyApplicationStyle(ThemeChoice::Light);
    }

    void everyFocusableWidgetHasAName() {
        QVERIFY(m_fixture.open());
        int count = 0;
        for (const QWidget* widget : m_fixture.window->findChildren<QWidget*>()) {
            if (!(widget->focusPolicy() & Qt::TabFocus) || isInner(widget)) continue;
            QVERIFY2(!spokenName(widget).isEmpty(),
                     qPrintable(QStringLiteral("%1 in %2")
                                    .arg(QLatin1String(widget->metaObject()->className()),
                                         QLatin1String(widget->parentWidget()->metaObject()->className()))));
            ++count;
        }
        QVERIFY(count > 20);
    }

    void everyActionHasATextATipAndAPlace() {
        QVERIFY(m_fixture.open());
        for (const QAction* action : m_fixture.window->findChildren<QAction*>()) {
            if (action->isSeparator() || action->menu() || action->text().isEmpty()) continue;
            QVERIFY2(!action->toolTip().isEmpty(), qPrintable(action->text()));
        }
    }

    void noTwoActionsShareAKey() {
        QVERIFY(m_fixture.open());
        QMap<QString, QString> keys;
        for (const QAction* action : m_fixture.window->findChildren<QAction*>()) {
            for (const QKeySequence& key : action->shortcuts()) {
                const QString word = key.toString();
                QVERIFY2(!keys.contains(word) || keys[word] == action->text(),
                         qPrintable(QStringLiteral("%1: %2 and %3").arg(word, keys[word], action->text())));
                keys.insert(word, action->text());
            }
        }
    }

    void tabReachesEverything() {
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(10));
        QSet<const QWidget*> wanted;
        for (const QWidget* widget : m_fixture.window->findChildren<QWidget*>()) {
            const bool canHave = (widget->focusPolicy() & Qt::TabFocus) == Qt::TabFocus && widget->isEnabled() &&
                                 widget->isVisibleTo(m_fixture.window.get()) && !isInner(widget);
            if (canHave) wanted.insert(widget);
        }
        m_fixture.window->activateWindow();
        for (int step = 0; step < 200 && !wanted.isEmpty(); ++step) {
            QTest::keyClick(QApplication::focusWidget() ? QApplication::focusWidget() : m_fixture.window.get(),
                            Qt::Key_Tab);
            wanted.remove(QApplication::focusWidget());
        }
        QStringList missed;
        for (const QWidget* widget : wanted)
            missed << QLatin1String(widget->metaObject()->className()) + QStringLiteral(" ") + spokenName(widget);
        QVERIFY2(missed.isEmpty(), qPrintable(missed.join(QStringLiteral(", "))));
    }

    void textReadsInBothThemes() {
        for (const ThemeChoice theme : {ThemeChoice::Light, ThemeChoice::Dark}) {
            applyApplicationStyle(theme);
            QVERIFY(m_fixture.open());
            for (const QLabel* label : m_fixture.window->findChildren<QLabel*>()) {
                if (!label->isVisible() || label->text().isEmpty() || !label->isEnabled()) continue;
                const QPalette& colors = label->palette();
                const double value =
                    contrast(colors.color(label->foregroundRole()), colors.color(label->backgroundRole()));
                QVERIFY2(value >= 4.5, qPrintable(QStringLiteral("%1: %2").arg(label->text()).arg(value)));
            }
            const QPalette palette = QApplication::palette();
            for (const QColor& color :
                 {mutedColor(palette), warningColor(palette), errorColor(palette), palette.color(QPalette::Text)}) {
                QVERIFY(contrast(color, palette.color(QPalette::Base)) >= 4.5);
                QVERIFY(contrast(color, palette.color(QPalette::Window)) >= 4.5);
            }
            QVERIFY(contrast(palette.color(QPalette::HighlightedText), palette.color(QPalette::Highlight)) >= 4.5);
            m_fixture.close();
        }
    }

    void dialogsAreNamedAndRead_data() {
        QTest::addColumn<QString>("keys");
        QTest::newRow("run settings") << QStringLiteral("Ctrl+,");
        QTest::newRow("export") << QStringLiteral("Ctrl+Shift+E");
        QTest::newRow("shortcuts") << QStringLiteral("Ctrl+/");
        QTest::newRow("help") << QStringLiteral("F1");
        QTest::newRow("palette") << QStringLiteral("Ctrl+K");
    }

    void dialogsAreNamedAndRead() {
        QFETCH(QString, keys);
        for (const ThemeChoice theme : {ThemeChoice::Light, ThemeChoice::Dark}) {
            applyApplicationStyle(theme);
            QVERIFY(m_fixture.open());
            QVERIFY(m_fixture.trainUntil(5));
            bool isSeen = false;
            QTimer::singleShot(0, this, [&isSeen] {
                QWidget* dialog = QApplication::activeModalWidget();
                QVERIFY(dialog);
                const auto close = qScopeGuard([dialog] { dialog->close(); });
                for (const QWidget* widget : dialog->findChildren<QWidget*>()) {
                    if (!(widget->focusPolicy() & Qt::TabFocus) || isInner(widget)) continue;
                    QVERIFY2(!spokenName(widget).isEmpty(), widget->metaObject()->className());
                }
                for (const QLabel* label : dialog->findChildren<QLabel*>()) {
                    if (!label->isVisible() || label->text().isEmpty() || !label->isEnabled()) continue;
                    const QPalette& colors = label->palette();
                    const double value =
                        contrast(colors.color(label->foregroundRole()), colors.color(label->backgroundRole()));
                    QVERIFY2(value >= 4.5, qPrintable(QStringLiteral("%1: %2").arg(label->text()).arg(value)));
                }
                isSeen = true;
            });
            QAction* action = m_fixture.actionFor(keys);
            QVERIFY2(action, qPrintable(keys));
            action->trigger();
            QVERIFY2(isSeen, qPrintable(keys));
            m_fixture.close();
        }
    }

    void shortcutSheetHoldsEveryKey() {
        QVERIFY(m_fixture.open());
        QStringList words;
        QTimer::singleShot(0, this, [&words] {
            QWidget* sheet = QApplication::activeModalWidget();
            for (const QLabel* label : sheet->findChildren<QLabel*>()) words << label->text();
            sheet->close();
        });
        m_fixture.actionFor(QStringLiteral("Ctrl+/"))->trigger();
        int count = 0;
        for (const QAction* action : m_fixture.window->findChildren<QAction*>()) {
            if (action->shortcut().isEmpty() || action->text().isEmpty()) continue;
            QVERIFY2(words.contains(action->text().remove(QLatin1Char('&'))), qPrintable(action->text()));
            QVERIFY(words.filter(action->shortcut().toString(QKeySequence::NativeText)).size() > 0);
            ++count;
        }
        QVERIFY(count > 25);
    }

    void smallWindowHoldsEverything() {
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(20));
        m_fixture.window->resize(1024, 700);
        QTest::qWait(50);
        QVERIFY2(m_fixture.window->width() <= 1024 && m_fixture.window->height() <= 700,
                 qPrintable(QStringLiteral("%1 x %2").arg(m_fixture.window->width()).arg(m_fixture.window->height())));
        for (QDockWidget* dock : m_fixture.window->findChildren<QDockWidget*>()) {
            dock->raise();  // Qt parks what lies behind another tab outside the window
            QTest::qWait(20);
            const QRect place(dock->mapTo(m_fixture.window.get(), QPoint()), dock->size());
            QVERIFY2(m_fixture.window->rect().contains(place), qPrintable(dock->windowTitle()));
        }
    }

private:
    WindowFixture m_fixture;
};

QTEST_MAIN(TestAccessibility)
#include "tst_accessibility.moc"
