// Palette, recent files, preferences, panels, log, drops: what surrounds the work.
#include "core/base/file_io.h"
#include "core/layout/layout_file.h"
#include "tests/support/window_fixture.h"
#include "ui/dock_area.h"
#include "ui/models/built_in_presets.h"
#include "ui/models/gate_grid_model.h"
#include "ui/models/log_model.h"
#include "ui/models/preset_list_model.h"
#include "ui/session/recent_files.h"
#include "ui/style/plot_theme.h"
#include "ui/views/command_palette.h"
#include "ui/views/gate_heatmap.h"
#include "ui/views/history_chart.h"
#include "ui/views/log_panel.h"
#include "ui/views/message_bar.h"
#include "ui/views/preferences_dialog.h"
#include "ui/views/status_strip.h"

#include <QAbstractItemModelTester>
#include <QComboBox>
#include <QDockWidget>
#include <QHash>
#include <QLineEdit>
#include <QMimeData>
#include <QToolButton>
#include <QtTest>
#include <memory>

using namespace consa;

namespace {

/// How often the application's objects were sent an event of each type.
class CountedEvents : public QObject {
public:
    [[nodiscard]] int of(QEvent::Type type) const { return m_counts.value(type); }

protected:
    bool eventFilter(QObject*, QEvent* event) override {
        ++m_counts[event->type()];
        return false;
    }

private:
    QHash<QEvent::Type, int> m_counts;
};

}  // namespace

class TestWindowTools : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QVERIFY(m_fixture.prepare()); }
    void cleanup() {
        m_fixture.close();
        applyApplicationStyle(ThemeChoice::Light);
    }

    void paletteFindsAndTriggers() {
        QVERIFY(m_fixture.open());
        QTimer::singleShot(0, this, [] {
            auto* palette = qobject_cast<CommandPalette*>(QApplication::activeModalWidget());
            QVERIFY(palette);
            const auto all = palette->shown().size();
            QVERIFY(all > 40);
            QTest::keyClicks(&palette->line(), QStringLiteral("evaluate"));
            QVERIFY(palette->shown().size() < all);
            QCOMPARE(palette->shown().front()->text(), QStringLiteral("Evaluate"));
            QTest::keyClick(&palette->line(), Qt::Key_Return);
        });
        m_fixture.actionFor(QStringLiteral("Ctrl+K"))->trigger();
        QTRY_COMPARE(m_fixture.session->posted<EvaluateCommand>().size(), std::size_t(1));
    }

    /// Nothing is measured or placed anew: a window full of plots and tables would stand still meanwhile.
    void themeIsColoursOnly() {
        QVERIFY(m_fixture.open());
        QTest::qWait(100);
        CountedEvents counted;
        qApp->installEventFilter(&counted);
        applyApplicationStyle(ThemeChoice::Dark);
        QCoreApplication::sendPostedEvents();
        qApp->removeEventFilter(&counted);
        QVERIFY(isDark(m_fixture.window->palette()));
        QVERIFY(counted.of(QEvent::PaletteChange) > 20);
        QCOMPARE(counted.of(QEvent::StyleChange), 0);
        QCOMPARE(counted.of(QEvent::FontChange), 0);
        QCOMPARE(counted.of(QEvent::LayoutRequest), 0);
    }

    void recentFilesAreKept() {
        QTemporaryDir folder;
        QStringList paths;
        for (int index = 0; index < 11; ++index) {
            paths << folder.filePath(QStringLiteral("text%1.txt").arg(index));
            QFile file(paths.back());
            QVERIFY(file.open(QIODevice::WriteOnly));
        }
        RecentFiles recent;
        for (const QString& path : paths) recent.add(path);
        recent.add(paths[5]);
        QCOMPARE(recent.paths().size(), 9);
        QCOMPARE(recent.paths().front(), paths[5]);
        QCOMPARE(recent.paths().count(paths[5]), 1);
        QCOMPARE(RecentFiles().paths(), recent.paths());
        QVERIFY(m_fixture.open());
        m_fixture.actionFor(QStringLiteral("Ctrl+1"))->trigger();
        QTRY_COMPARE(m_fixture.session->posted<OpenCommand>().back().corpus,
                     std::vector<std::string>{paths[5].toStdString()});
        recent.clear();
        QVERIFY(RecentFiles().paths().isEmpty());
    }

    void preferencesTakeEffectAtOnce() {
        QVERIFY(m_fixture.open());
        const double before = QFontInfo(QApplication::font()).pointSizeF();
        QTimer::singleShot(0, this, [before] {
            auto* dialog = qobject_cast<PreferencesDialog*>(QApplication::activeModalWidget());
            QVERIFY(dialog);
            for (auto* box : dialog->findChildren<QComboBox*>()) {
                if (box->accessibleName() == QLatin1String("Theme")) box->setCurrentIndex(2);
                if (box->accessibleName() == QLatin1String("Size of text")) box->setCurrentIndex(box->findData(130));
            }
            QVERIFY(isDark(QApplication::palette()));
            QVERIFY(QApplication::font().pointSizeF() > before * 1.2);
            dialog->reject();
        });
        m_fixture.actionFor(QStringLiteral("Ctrl+Alt+,"))->trigger();
        QCOMPARE(QSettings().value(QStringLiteral("window/theme")).toString(), QStringLiteral("dark"));
        QCOMPARE(QSettings().value(QStringLiteral("window/scale")).toDouble(), 1.3);
        QCOMPARE(plotTickFont().pixelSize(), 14);
        m_fixture.actionFor(QStringLiteral("Ctrl+-"))->trigger();
        QCOMPARE(uiScale(), 1.15);
        QSettings().remove(QStringLiteral("window"));
    }

    void layoutOfThePanelsIsKept() {
        QVERIFY(m_fixture.open());
        QDockWidget* dock = m_fixture.the<DockArea>().docks().front();
        const QString name = dock->objectName();
        QVERIFY(!name.isEmpty());
        dock->hide();
        m_fixture.window->close();
        QVERIFY(m_fixture.open());
        for (QDockWidget* one : m_fixture.the<DockArea>().docks()) QCOMPARE(one->isHidden(), one->objectName() == name);
        m_fixture.actionFor(QStringLiteral("Ctrl+Alt+0"))->trigger();
        m_fixture.window->close();
        QVERIFY(m_fixture.open());
        for (QDockWidget* one : m_fixture.the<DockArea>().docks()) QVERIFY(!one->isHidden());
    }

    void onePanelAloneAndBack() {
        QVERIFY(m_fixture.open());
        auto& docks = m_fixture.the<DockArea>();
        m_fixture.the<HistoryChart>().setFocus();
        m_fixture.actionFor(QStringLiteral("F11"))->trigger();
        QVERIFY(docks.isMaximised());
        QVERIFY(m_fixture.the<HistoryChart>().isVisible());
        QVERIFY(!m_fixture.the<GateHeatmap>().isVisible());
        m_fixture.actionFor(QStringLiteral("F11"))->trigger();
        QVERIFY(m_fixture.the<GateHeatmap>().isVisible());
        for (QDockWidget* dock : docks.docks()) QVERIFY(dock->isVisible());
        docks.docks().front()->hide();
        m_fixture.actionFor(QStringLiteral("Ctrl+Alt+0"))->trigger();
        QVERIFY(docks.docks().front()->isVisible());
    }

    void keysLeadToThePanels() {
        QVERIFY(m_fixture.open());
        m_fixture.actionFor(QStringLiteral("Alt+2"))->trigger();
        QVERIFY(m_fixture.the<HistoryChart>().hasFocus());
        m_fixture.actionFor(QStringLiteral("Alt+1"))->trigger();
        QVERIFY(m_fixture.the<GateHeatmap>().hasFocus());
        m_fixture.actionFor(QStringLiteral("Alt+7"))->trigger();
        QVERIFY(m_fixture.the<LogPanel>().isVisible());
    }

    void loadingCanBeCancelled() {
        FakeSession::Options options;
        options.loadTime = std::chrono::milliseconds(400);
        QVERIFY(m_fixture.open(options));
        QAction* cancel = m_fixture.actionFor(QStringLiteral("Esc"));
        QVERIFY(!cancel->isEnabled());
        m_fixture.window->openPath(QStringLiteral("default"));
        QVERIFY(m_fixture.reaches(SessionState::Loading));
        QVERIFY(cancel->isEnabled());
        QVERIFY(m_fixture.hasLabel(QStringLiteral("Opening default")));
        bool isClicked = false;
        for (auto* button : m_fixture.window->findChildren<QToolButton*>()) {
            if (button->defaultAction() != cancel || !button->isVisible()) continue;
            button->click();
            isClicked = true;
            break;
        }
        QVERIFY(isClicked);
        QCOMPARE(m_fixture.session->posted<CancelEvaluationCommand>().size(), std::size_t(1));
    }

    void logKeepsLinesAndFilters() {
        QTemporaryDir folder;
        const std::filesystem::path file = (folder.path() + QStringLiteral("/log.txt")).toStdString();
        LogModel model(file);
        auto tester = std::make_unique<QAbstractItemModelTester>(&model);
        LogPanel panel(model);
        model.add(LogLevel::Note, QStringLiteral("Training started"), 0);
        model.add(LogLevel::Warning, QStringLiteral("Texts are short"));
        model.add(LogLevel::Problem, QStringLiteral("No space"), 7);
        QCOMPARE(model.problemCount(), 2);
        QCOMPARE(panel.shownCount(), 3);
        panel.showProblems();
        QCOMPARE(panel.shownCount(), 2);
        panel.findChild<QLineEdit*>()->setText(QStringLiteral("SPACE"));
        QCOMPARE(panel.shownCount(), 1);
        QVERIFY(panel.shownText().endsWith(QStringLiteral("error\t7\tNo space")));
        const QString kept = QString::fromStdString(readFile(file));
        QCOMPARE(kept.count(QLatin1Char('\n')), 3);
        QVERIFY(kept.contains(QStringLiteral("\twarning\t-\tTexts are short\n")));
        tester.reset();  // it looks at every row after each change
        for (int line = 0; line < 5100; ++line) model.add(LogLevel::Note, QStringLiteral("line"));
        QCOMPARE(model.rowCount(), 5000);
    }

    void logFileIsSetAside() {
        QTemporaryDir folder;
        const std::filesystem::path file = (folder.path() + QStringLiteral("/log.txt")).toStdString();
        writeFileAtomically(file, std::string(1'100'000, 'x'));
        LogModel model(file);
        model.add(LogLevel::Note, QStringLiteral("new"));
        QVERIFY(std::filesystem::file_size(file) < 200);
        QVERIFY(std::filesystem::file_size(file.string() + ".1") > 1'000'000);
    }

    void warningsLeadToTheLog() {
        QVERIFY(m_fixture.open());
        m_fixture.window->openPath(QStringLiteral("/no/such/file"));
        for (auto* button : m_fixture.the<StatusStrip>().findChildren<QToolButton*>()) button->click();
        QVERIFY(m_fixture.the<LogPanel>().isVisible());
        QCOMPARE(m_fixture.the<LogPanel>().shownCount(), 1);
    }

    void severalDroppedTextsAreOpenedTogether() {
        QVERIFY(m_fixture.open());
        QMimeData content;
        content.setUrls(
            {QUrl::fromLocalFile(QStringLiteral("/texts/a.txt")), QUrl::fromLocalFile(QStringLiteral("/texts/b.md"))});
        drop(content);
        QTRY_COMPARE(m_fixture.session->posted<OpenCommand>().back().corpus,
                     (std::vector<std::string>{"/texts/a.txt", "/texts/b.md"}));
    }

    void badDropComesIntoTheBar_data() {
        QTest::addColumn<QString>("dropped");  // of it the bar speaks
        QTest::addColumn<QString>("file");
        QTest::addColumn<QByteArray>("bytes");
        const auto row = [](const char* name, const char* dropped, const char* file, const QByteArray& bytes) {
            QTest::newRow(name) << QString::fromLatin1(dropped) << QString::fromLatin1(file) << bytes;
        };
        row("cut short", "broken.json", "broken.json", "{\"format\": \"consa-layout\", \"version\": 1");
        row("another format", "other.json", "other.json", "{\"format\": \"a-shopping-list\", \"version\": 1}");
        row("no JSON", "noise.json", "noise.json", QByteArray(4096, '\xff'));
        row("empty", "empty.json", "empty.json", "");
        row("words in a table", "full_attention_heads.tsv", "full_attention_heads.tsv", "one\ttwo\nthree\tfour\n");
        row("damaged run", "run", "run/config.json", "{");
    }

    void badDropComesIntoTheBar() {
        QFETCH(QString, dropped);
        QFETCH(QString, file);
        QFETCH(QByteArray, bytes);
        QVERIFY(m_fixture.open());
        QTemporaryDir folder;
        const QString path = folder.filePath(dropped);
        writeFileAtomically(folder.filePath(file).toStdString(), bytes.toStdString());
        if (dropped != file)
            writeFileAtomically(folder.filePath(QStringLiteral("run/events.jsonl")).toStdString(), "{\n");
        const int layersBefore = m_fixture.the<GateGridModel>().rowCount();
        QMimeData content;
        content.setUrls({QUrl::fromLocalFile(path)});
        drop(content);
        auto& bar = m_fixture.the<MessageBar>();
        QVERIFY(bar.isVisible() && bar.severity() == MessageBar::Severity::Error);
        QVERIFY2(bar.text().contains(dropped), qPrintable(bar.text()));
        QVERIFY(m_fixture.the<GateGridModel>().isShowingSession());  // nothing else has changed
        QCOMPARE(m_fixture.the<GateGridModel>().rowCount(), layersBefore);
        QVERIFY(m_fixture.snapshot().state == SessionState::Ready);
    }

    void rulesFitTheOpenModel() {
        const AttentionLayout gemma = repeatedLayers({13, 2, Granularity::KvHead}, 5);
        for (int layer = 0; layer < 13; ++layer) QCOMPARE(gemma.isFull(layer, 0), layer == 5 || layer == 11);
        QVERIFY(m_fixture.open());
        auto& presets = m_fixture.the<PresetListModel>();
        const QAbstractItemModelTester tester(&presets);
        QCOMPARE(presets.rowCount(), 3);
        for (int row = 0; row < 3; ++row) {
            QVERIFY(presets.isBuiltIn(row) && presets.fits(row));
            QVERIFY(!presets.flags(presets.index(row, 0)).testFlag(Qt::ItemIsEditable));
        }
        QCOMPARE(presets.preset(0).layout.sparsity(), 0.5);
        QVERIFY(presets.setData(presets.index(1, 0), Qt::Checked, Qt::CheckStateRole));
        m_fixture.actionFor(QStringLiteral("Ctrl+E"))->trigger();
        QTRY_COMPARE(m_fixture.session->posted<EvaluateCommand>().size(), std::size_t(1));
        QCOMPARE(m_fixture.session->posted<EvaluateCommand>().front().layouts.front().name,
                 std::string("3:1, as Command R7B"));
    }

    void learnedLayoutsComeWithTheirModel() {
        FakeSession::Options options;
        options.layerCount = 30;
        options.kvHeadCount = 3;
        QVERIFY(m_fixture.open(options));
        auto& presets = m_fixture.the<PresetListModel>();
        QCOMPARE(presets.rowCount(), 3);
        m_fixture.window->openPath(QStringLiteral("default"));
        QTRY_COMPARE(presets.rowCount(), 9);
        QCOMPARE(presets.preset(0).layout.fullCount(), 45);
        QVERIFY(presets.fits(0));
    }

private:
    void drop(const QMimeData& content) {
        QDragEnterEvent enter(QPoint(100, 100), Qt::CopyAction, &content, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(m_fixture.window.get(), &enter);
        QVERIFY(enter.isAccepted());
        QDropEvent event(QPointF(100, 100), Qt::CopyAction, &content, Qt::LeftButton, Qt::NoModifier);
        QCoreApplication::sendEvent(m_fixture.window.get(), &event);
    }

    WindowFixture m_fixture;
};

QTEST_MAIN(TestWindowTools)
#include "tst_window_tools.moc"
