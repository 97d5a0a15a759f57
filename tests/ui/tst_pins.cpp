// Pins: by key and menu, with undo, before and during a run; refused ones go back; figures carry their mark.
#include "tests/support/window_fixture.h"
#include "ui/export/figure_export.h"
#include "ui/models/gate_grid_model.h"
#include "ui/session/pin_edits.h"
#include "ui/views/gate_heatmap.h"
#include "ui/views/heatmap_panel.h"
#include "ui/views/message_bar.h"
#include "ui/views/run_settings_dialog.h"
#include "ui/views/sparsity_slider.h"

#include <QComboBox>
#include <QMenu>
#include <QPushButton>
#include <QUndoStack>

using namespace consa;

namespace {

using Pins = std::vector<Pin>;

/// Works on the open context menu.
template <typename Work>
void whenMenuOpens(Work work) {
    QTimer::singleShot(0, qApp, [work] {
        auto* menu = qobject_cast<QMenu*>(QApplication::activePopupWidget());
        QVERIFY(menu);
        work(*menu);
        menu->close();
    });
}

QAction* entry(const QMenu& menu, const QString& text) {
    for (QAction* one : menu.actions())
        if (one->text() == text) return one;
    return nullptr;
}

int countOf(const QByteArray& text, const QByteArray& part) {
    return static_cast<int>(text.count(part));
}

}  // namespace

class TestPins : public QObject {
    Q_OBJECT

private slots:
    void initTestCase() { QVERIFY(m_fixture.prepare()); }
    void cleanup() { m_fixture.close(); }

    void keysPinBeforeARunAndItStartsWithThem() {
        QVERIFY(m_fixture.open());
        select({3, 1});
        QTest::keyClick(&heatmap(), Qt::Key_P);
        QVERIFY(m_fixture.the<HeatmapPanel>().readout().contains(QStringLiteral("pinned full")));
        select({4, 2});
        QTest::keyClick(&heatmap(), Qt::Key_W);
        QVERIFY(m_fixture.the<HeatmapPanel>().readout().contains(QStringLiteral("pinned sliding")));
        QVERIFY(m_fixture.session->posted<PinCommand>().empty());
        QVERIFY(!gates().layout().isFull(4, 2));
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Space);
        QVERIFY(m_fixture.reaches(SessionState::Training));
        const Pins pins{{3, 1, true}, {4, 2, false}};
        QVERIFY(m_fixture.session->posted<StartCommand>().front().config.pins == pins);
        QVERIFY(m_fixture.snapshot().pins == pins);
        QVERIFY(gates().index(3, 1).data(GateGridModel::PinRole).toBool());
    }

    void runIsAskedForTheWholeListAndUndoGoesBack() {
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(10));
        select({3, 1});
        QTest::keyClick(&heatmap(), Qt::Key_P);
        select({0, 0});
        QTest::keyClick(&heatmap(), Qt::Key_W);
        const Pins both{{0, 0, false}, {3, 1, true}}, one{{3, 1, true}};
        QTRY_VERIFY(m_fixture.snapshot().pins == both);
        QVERIFY(m_fixture.session->posted<PinCommand>().back().pins == both);
        QAction* undo = m_fixture.actionFor(QStringLiteral("Ctrl+Z"));
        QCOMPARE(undo->text(), QStringLiteral("Undo Pin layer 0 head 0 sliding"));
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Z, Qt::ControlModifier);
        QTRY_VERIFY(m_fixture.snapshot().pins == one);
        QCOMPARE(undo->text(), QStringLiteral("Undo Pin layer 3 head 1 full"));
        QTest::keyClick(m_fixture.window.get(), Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        QTRY_VERIFY(m_fixture.snapshot().pins == both);
        QTest::keyClick(&heatmap(), Qt::Key_U);
        QTRY_VERIFY(m_fixture.snapshot().pins == one);
        QCOMPARE(undo->text(), QStringLiteral("Undo Unpin layer 0 head 0"));
        QTest::keyClick(&heatmap(), Qt::Key_U);  // changes nothing
        QCOMPARE(undo->text(), QStringLiteral("Undo Unpin layer 0 head 0"));
    }

    void refusedPinGoesBackAndIsExplained() {
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(10));
        RetargetCommand all;
        all.target = 1;
        m_fixture.session->post(all);
        QTRY_COMPARE(m_fixture.snapshot().target, 1.0);
        select({2, 0});
        QTest::keyClick(&heatmap(), Qt::Key_W);
        QTRY_COMPARE(m_fixture.snapshot().pins.size(), std::size_t(1));
        select({3, 1});
        QTest::keyClick(&heatmap(), Qt::Key_P);
        auto& bar = m_fixture.the<MessageBar>();
        QTRY_VERIFY(bar.isVisible());
        QVERIFY2(bar.text().contains(QStringLiteral("does not fit the pins")), qPrintable(bar.text()));
        QTRY_VERIFY(!gates().index(3, 1).data(GateGridModel::PinRole).isValid());
        QVERIFY(gates().index(2, 0).data(GateGridModel::PinRole).isValid());
        auto& stack = m_fixture.the<QUndoStack>();
        QCOMPARE(stack.count(), 1);  // what was refused cannot be redone
        QCOMPARE(stack.undoText(), QStringLiteral("Pin layer 2 head 0 sliding"));
        QTest::keyClick(&heatmap(), Qt::Key_W);
        QTRY_COMPARE(m_fixture.snapshot().pins.size(), std::size_t(2));
    }

    void refusedTargetGoesBack() {
        QVERIFY(m_fixture.open());
        QVERIFY(m_fixture.trainUntil(10));
        edits().pin(2, 0, true);
        QTRY_COMPARE(m_fixture.snapshot().pins.size(), std::size_t(1));
        auto& slider = m_fixture.the<SparsitySlider>();
        slider.nudgeTarget(0.5);
        QCOMPARE(slider.target(), 1.0);
        QTRY_VERIFY(m_fixture.the<MessageBar>().isVisible());
        QTRY_COMPARE(slider.target(), 0.5);
        QVERIFY(!m_fixture.hasLabel(QStringLiteral("sent")));
    }

    void refusedUndoIsDoneAgain() {
        QUndoStack stack;
        PinEdits edits(stack);
        SessionSnapshot snapshot;
        snapshot.run = 1;
        snapshot.grid = {4, 2, Granularity::KvHead};
        snapshot.logAlpha.assign(8, 0);
        edits.setSnapshot(snapshot);
        edits.pin(1, 1, true);
        edits.hearEvents({{1, 0, "pin", ""}});
        snapshot.pins = edits.pins();
        edits.setSnapshot(snapshot);
        stack.undo();
        QVERIFY(edits.pins().empty());
        edits.hearEvents({{1, 0, "error", "no room"}});
        QVERIFY(edits.pins() == snapshot.pins);
        QCOMPARE(stack.index(), 1);
        // Pins that come with another run are nobody's step of undo.
        snapshot.run = 2;
        snapshot.pins = {{0, 0, false}};
        edits.setSnapshot(snapshot);
        QVERIFY(edits.pins() == snapshot.pins);
        QCOMPARE(stack.count(), 0);
    }

    void menuOffersWhatHolds() {
        QVERIFY(m_fixture.open());
        const auto openMenu = [this] {
            const QPoint place = heatmap().cellRect({5, 3}).center().toPoint();
            QContextMenuEvent event(QContextMenuEvent::Mouse, place, heatmap().mapToGlobal(place));
            QCoreApplication::sendEvent(&heatmap(), &event);
        };
        whenMenuOpens([](const QMenu& menu) {
            QVERIFY(!entry(menu, QStringLiteral("Unpin"))->isEnabled());
            entry(menu, QStringLiteral("Pin full"))->trigger();
        });
        openMenu();
        QVERIFY(edits().pins() == (Pins{{5, 3, true}}));
        whenMenuOpens([](const QMenu& menu) {
            QVERIFY(!entry(menu, QStringLiteral("Pin full"))->isEnabled());
            QVERIFY(entry(menu, QStringLiteral("Unpin"))->isEnabled());
            entry(menu, QStringLiteral("Unpin all"))->trigger();
        });
        openMenu();
        QVERIFY(edits().pins().empty());
    }

    void anotherShapeDropsThem() {
        QVERIFY(m_fixture.open());
        edits().pin(3, 1, true);
        m_fixture.window->openPath(QStringLiteral("default"));  // of the same shape
        QTRY_COMPARE(m_fixture.snapshot().modelPath, std::string("default"));
        QVERIFY(m_fixture.reaches(SessionState::Ready));
        QCOMPARE(edits().pins().size(), std::size_t(1));
        QTimer::singleShot(0, this, [] {
            auto* dialog = qobject_cast<RunSettingsDialog*>(QApplication::activeModalWidget());
            QVERIFY(dialog);
            for (auto* box : dialog->findChildren<QComboBox*>())
                if (box->accessibleName() == QLatin1String("Granularity")) box->setCurrentIndex(1);
            dialog->accept();
        });
        m_fixture.actionFor(QStringLiteral("Ctrl+,"))->trigger();
        QVERIFY(edits().pins().empty());
        QCOMPARE(gates().columnCount(), 1);  // the heatmap shows the gates of the next run
        edits().pin(7, 0, false);
        QCOMPARE(m_fixture.the<QUndoStack>().undoText(), QStringLiteral("Pin layer 7 sliding"));
    }

    void figuresCarryTheMark() {
        for (const HeatmapView view : {HeatmapView::Probability, HeatmapView::Mask}) {
            HeatmapFigure figure;
            const UnitGrid grid{8, 4, Granularity::KvHead};
            figure.content.layout = AttentionLayout(grid, true);
            figure.content.probability.assign(32, 0.7);
            figure.content.view = view;
            const QByteArray bare = renderSvg(figure, {});
            QCOMPARE(countOf(bare, "pinned"), 0);
            figure.content.pins = unitPins({{2, 1, true}, {6, 3, false}}, grid);
            const QByteArray marked = renderSvg(figure, {});
            QCOMPARE(countOf(marked, ">pinned<"), 1);
            QVERIFY(marked.contains("2 pinned"));  // the caption
            QVERIFY(!marked.contains("<image"));
            // Heads of the two pins and of the one in the legend.
            QCOMPARE(countOf(marked, "<circle") + countOf(marked, "<ellipse"), 3);
        }
    }

    void presetsShowNoPins() {
        QVERIFY(m_fixture.open());
        edits().pin(3, 1, true);
        QVERIFY(!heatmap().content().pins.empty());
        LayoutFile file;
        file.layout = AttentionLayout({8, 4, Granularity::KvHead}, true);
        gates().showLayout(file);
        QVERIFY(heatmap().content().pins.empty());
        select({0, 0});
        QTest::keyClick(&heatmap(), Qt::Key_W);
        QCOMPARE(edits().pins().size(), std::size_t(1));
    }

private:
    GateHeatmap& heatmap() { return m_fixture.the<GateHeatmap>(); }
    GateGridModel& gates() { return m_fixture.the<GateGridModel>(); }
    PinEdits& edits() { return m_fixture.the<PinEdits>(); }
    void select(UnitIndex cell) {
        QTest::mouseClick(&heatmap(), Qt::LeftButton, {}, heatmap().cellRect(cell).center().toPoint());
    }

    WindowFixture m_fixture;
};

QTEST_MAIN(TestPins)
#include "tst_pins.moc"
